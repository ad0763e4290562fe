#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The lines of a file from a place on, in constant memory: one block and one line at a time.
final class FileLines {
  /// The longest line that is read, in bytes: 1 MiB.
  static let longestLine = 1 << 20

  let path: String
  /// Where the next line begins: the bytes and the lines before it.
  private(set) var place: SamplePlace

  private let descriptor: Int32
  private var block: [UInt8] = []
  /// The next byte in the block.
  private var next = 0
  private static let blockSize = 1 << 17

  /// Opens a file; a byte order mark at its beginning is passed over.
  init(_ path: String, from place: SamplePlace = SamplePlace()) throws(DatasetError) {
    descriptor = open(path, O_RDONLY | O_CLOEXEC)
    self.path = path
    self.place = place
    guard descriptor >= 0 else { throw FileBytes.unreadable(path) }
    try seek(to: place)
    if place.offset == 0 {
      try fill()
      if block.starts(with: [0xEF, 0xBB, 0xBF]) {
        next = 3
        self.place.offset = 3
      }
    }
  }

  deinit { if descriptor >= 0 { _ = close(descriptor) } }

  /// Goes to where a line begins.
  func seek(to place: SamplePlace) throws(DatasetError) {
    guard lseek(descriptor, off_t(place.offset), SEEK_SET) >= 0 else {
      throw FileBytes.unreadable(path)
    }
    block.removeAll(keepingCapacity: true)
    next = 0
    self.place = place
  }

  /// The next line with its end, or nil behind the last one.
  ///
  /// - Throws: ``DatasetError/badRow(path:line:column:expected:found:)`` where a line is too long, which
  ///   is passed over; ``DatasetError/unreadable(path:reason:)``.
  func line() throws(DatasetError) -> [UInt8]? {
    var line: [UInt8] = []
    var length = 0
    while true {
      if next == block.count {
        try fill()
        if block.isEmpty { break }
      }
      let end = block[next...].firstIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? block.count
      length += end - next
      if length <= Self.longestLine { line += block[next..<end] }
      next = end
      if block[end - 1] == UInt8(ascii: "\n") { break }
    }
    guard length > 0 else { return nil }
    place.offset += length
    place.line += 1
    guard length <= Self.longestLine else {
      throw .badRow(
        path: path, line: place.line, column: Self.longestLine + 1,
        expected: "the end of the line", found: "more than \(Self.longestLine) bytes")
    }
    return line
  }

  private func fill() throws(DatasetError) {
    if block.count < Self.blockSize { block = [UInt8](repeating: 0, count: Self.blockSize) }
    next = 0
    while true {
      let count = block.withUnsafeMutableBytes { FileBytes.read(descriptor, into: $0) }
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw FileBytes.unreadable(path) }
      block.removeLast(block.count - count)
      return
    }
  }
}
