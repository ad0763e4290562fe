/// A file mapped into memory for the lifetime of this object.
///
/// Bytes are read from the disk at first access. If the file is truncated meanwhile, access ends the process
/// (`SIGBUS`), which no program can prevent: so files are mapped only on request.
package final class MappedFile: @unchecked Sendable {
  // Sendable because the memory is never written.
  private let bytes: UnsafeRawBufferPointer

  package init(_ file: OpenFile) throws(FileError) {
    guard file.size > 0 else {
      bytes = UnsafeRawBufferPointer(start: nil, count: 0)
      return
    }
    guard let start = file.map() else {
      throw FileError.system(file.path, "mapping into memory")
    }
    bytes = UnsafeRawBufferPointer(start: start, count: file.size)
  }

  deinit {
    if let start = bytes.baseAddress {
      System.unmap(UnsafeMutableRawPointer(mutating: start), size: bytes.count)
    }
  }

  /// The bytes `offset ..< offset + count`, which must lie inside, valid as long as this object lives.
  package func bytes(at offset: Int, count: Int) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + count])
  }
}
