import FileCore
import Requirements

/// Bytes with random access: of a file, a mapped file or an array. A ``ReadableFile`` is read from them.
public struct ByteSource: Sendable {
  private enum Storage: Sendable {
    case memory([UInt8])
    case file(OpenFile)
    case mapped(MappedFile)
  }

  /// The name in errors.
  let name: String
  /// The number of bytes.
  let count: Int
  private let storage: Storage

  /// The file at a path, mapped into memory if `isMapped`.
  init(path: String, isMapped: Bool = false) throws(CheckpointError) {
    (name, count, storage) = try CheckpointError.throwing { () throws(FileError) in
      let file = try OpenFile(path: path)
      return (path, file.size, isMapped ? .mapped(try MappedFile(file)) : .file(file))
    }
  }

  /// Bytes in memory, called `name` in errors.
  init(bytes: [UInt8], name: String) {
    (self.name, count, storage) = (name, bytes.count, .memory(bytes))
  }

  /// The folder of the file, with its slash; nil for bytes in memory.
  var folder: String? {
    if case .memory = storage { return nil }
    return name.lastIndex(of: "/").map { String(name[...$0]) } ?? ""
  }

  /// The mapped file, if there is one.
  var mapping: MappedFile? {
    if case .mapped(let file) = storage { file } else { nil }
  }

  /// The bytes `offset ..< offset + count`. Traps unless they lie inside.
  func read(at offset: Int, count: Int) throws(CheckpointError) -> [UInt8] {
    check(offset, count)
    return switch storage {
    case .memory(let bytes): Array(bytes[offset..<offset + count])
    case .file(let file): try Self.read(file, offset, count)
    case .mapped(let file): Array(file.bytes(at: offset, count: count))
    }
  }

  /// Calls `body` with the bytes `offset ..< offset + count`, without a copy if they are in memory. Traps unless
  /// they lie inside.
  func withBytes<Result>(
    at offset: Int, count: Int,
    _ body: (UnsafeRawBufferPointer) throws(CheckpointError) -> Result
  ) throws(CheckpointError) -> Result {
    check(offset, count)
    switch storage {
    case .memory(let bytes):
      return try bytes.withRawBytes { bytes throws(CheckpointError) in
        try body(UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + count]))
      }
    case .file(let file):
      return try Self.read(file, offset, count).withRawBytes(body)
    case .mapped(let file):
      return try body(file.bytes(at: offset, count: count))
    }
  }

  private static func read(
    _ file: OpenFile, _ offset: Int, _ count: Int
  ) throws(CheckpointError) -> [UInt8] {
    try CheckpointError.throwing { () throws(FileError) in
      try file.read(at: offset, count: count)
    }
  }

  private func check(_ offset: Int, _ count: Int) {
    require(
      offset >= 0 && count >= 0 && offset <= self.count - count,
      "\(count) bytes at \(offset) are not inside \(self.count) bytes")
  }
}

extension [UInt8] {
  /// `withUnsafeBytes` with the type of error that `body` throws.
  func withRawBytes<Result, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try withUnsafeBufferPointer { buffer throws(Failure) in
      try body(UnsafeRawBufferPointer(buffer))
    }
  }
}
