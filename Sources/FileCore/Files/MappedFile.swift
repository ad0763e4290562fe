/// A file's bytes as a part of memory, until nobody holds it any longer.
///
/// Bytes come from the disk when they are first looked at. A file that is cut short meanwhile ends the
/// process (`SIGBUS`), which no program can prevent: so files are mapped only where that was asked for.
package final class MappedFile: @unchecked Sendable {
  // May be shared between threads: the memory is never written.
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

  /// The bytes `offset ..< offset + count`, which must lie inside, for as long as the file is held.
  package func bytes(at offset: Int, count: Int) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + count])
  }
}
