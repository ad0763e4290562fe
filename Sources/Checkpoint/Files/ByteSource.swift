/// Bytes that are read by position: of a file, or of an array.
struct ByteSource: Sendable {
  private enum Storage: Sendable {
    case memory([UInt8])
    case file(OpenFile)
  }

  /// What errors call it.
  let name: String
  /// All of its bytes.
  let count: Int
  private let storage: Storage

  /// The file at a path.
  init(path: String) throws(CheckpointError) {
    let file = try OpenFile(path: path)
    (name, count, storage) = (path, file.size, .file(file))
  }

  /// Bytes in memory, called `name` in errors.
  init(bytes: [UInt8], name: String) {
    (self.name, count, storage) = (name, bytes.count, .memory(bytes))
  }

  /// The bytes `offset ..< offset + count`. Traps unless they lie inside.
  func read(at offset: Int, count: Int) throws(CheckpointError) -> [UInt8] {
    precondition(
      offset >= 0 && count >= 0 && offset <= self.count - count,
      "\(count) bytes at \(offset) are not inside \(self.count) bytes")
    return switch storage {
    case .memory(let bytes): Array(bytes[offset..<offset + count])
    case .file(let file): try file.read(at: offset, count: count)
    }
  }
}
