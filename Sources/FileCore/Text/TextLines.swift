/// Reads the lines of a text file in constant memory: one block and one line at a time.
///
/// A line ends with LF, with CR LF or with CR alone.
package final class TextLines {
  /// The longest line that is read, in bytes: 1 MiB.
  package static let longestLine = 1 << 20

  package let source: TextSource
  /// The offset of the next line.
  package private(set) var offset: Int
  /// The number of lines before the next one.
  package private(set) var number: Int

  private var block: ArraySlice<UInt8> = []
  /// The offset of the block's end in the file.
  private var blockEnd: Int
  private static let blockSize = 1 << 17

  /// The lines of a source; by default from its beginning.
  package init(_ source: TextSource, from offset: Int = 0, number: Int = 0) {
    self.source = source
    self.offset = max(offset, source.start)
    self.number = number
    blockEnd = self.offset
  }

  /// The file's path.
  package var path: String { source.path }

  /// Seeks to the beginning of a line.
  package func seek(to offset: Int, number: Int) {
    self.offset = max(offset, source.start)
    self.number = number
    block = []
    blockEnd = self.offset
  }

  /// The next line with its line ending; nil after the last one.
  ///
  /// - Throws: ``FileError`` if a line is too long, which is then skipped, or if the file can't be read.
  package func next() throws(FileError) -> [UInt8]? {
    var line: [UInt8] = []
    var length = 0
    while true {
      if block.isEmpty {
        try fill()
        if block.isEmpty { break }
      }
      let end = block.firstIndex { $0 == 0x0A || $0 == 0x0D }.map { $0 + 1 } ?? block.endIndex
      length += end - block.startIndex
      if length <= Self.longestLine { line += block[..<end] }
      let last = block[end - 1]
      block = block[end...]
      if last == 0x0D, try startsWithLineFeed() {
        length += 1
        line.append(0x0A)
        block = block.dropFirst()
      }
      if last == 0x0A || last == 0x0D { break }
    }
    guard length > 0 else { return nil }
    offset += length
    number += 1
    guard length <= Self.longestLine else {
      throw FileError(
        file: path, line: number, column: Self.longestLine + 1, expected: "the end of the line",
        found: "more than \(Self.longestLine.counted("bytes"))")
    }
    return line
  }

  private func startsWithLineFeed() throws(FileError) -> Bool {
    if block.isEmpty { try fill() }
    return block.first == 0x0A
  }

  private func fill() throws(FileError) {
    block = try source.read(at: blockEnd, atMost: Self.blockSize)
    blockEnd += block.count
  }
}

extension [UInt8] {
  /// The line without its line ending.
  package var withoutLineEnd: ArraySlice<UInt8> {
    var line = self[...]
    if line.last == 0x0A { line = line.dropLast() }
    return line.last == 0x0D ? line.dropLast() : line
  }
}
