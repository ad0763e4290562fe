/// Reads the lines of a file, a pipe or standard input, each as soon as it is available.
///
/// A file is read through ``TextSource``. A pipe is read as data arrives: a byte order mark is skipped; UTF-16 and gzip
/// are read to the end first; Latin-1 is read if it is given. A line ends with LF, CR LF or CR.
package final class TextStream {
  /// The name in messages: the path, or `standard input`.
  package let name: String
  /// The number of the last line, from 1.
  package private(set) var number = 0

  /// The encoding of a file; that given for a pipe.
  package let encoding: TextEncoding?

  /// The lines of a file; nil for a pipe.
  private var lines: TextLines?
  private let file: OpenFile
  private var buffer: [UInt8] = []
  /// The offset of the next line in the buffer.
  private var start = 0
  /// Whether the next line feed belongs to the last line ending, a CR.
  private var skipsLineFeed = false
  /// Whether the line that is read has been too long already.
  private var isTooLong = false
  private var isFirst = true

  /// Opens a file, or without a path standard input.
  ///
  /// - Throws: ``FileError`` if it can't be opened or is a directory.
  package init(_ path: String?, encoding: TextEncoding? = nil) throws(FileError) {
    name = path ?? "standard input"
    file =
      if let path { try OpenFile(pathOrPipe: path) } else { try OpenFile(standardInputAs: name) }
    if let path, Folder.exists(path) { throw FileError(file: path, .notARegularFile(.directory)) }
    guard let path, file.isSeekable else {
      self.encoding = encoding
      return
    }
    let source = try TextSource(path, encoding: encoding)
    self.encoding = source.encoding
    lines = TextLines(source)
  }

  /// Whether the next line, or the end, is there without waiting for the writer of a pipe.
  package var isReady: Bool {
    if lines != nil { return true }
    let rest = buffer[start...]
    let next = skipsLineFeed && rest.first == 0x0A ? rest.dropFirst() : rest
    return next.contains { $0 == 0x0A || $0 == 0x0D }
  }

  /// Whether some bytes, or the end, come within some milliseconds, where a line would be waited for.
  package func arrives(within milliseconds: Int) -> Bool {
    isReady || file.isReadable(within: milliseconds)
  }

  /// The bytes of the next line without its line ending; nil after the last line.
  ///
  /// - Throws: ``FileError`` if reading fails or a line is too long.
  package func next() throws(FileError) -> ArraySlice<UInt8>? {
    if let lines {
      defer { number = lines.number }
      return try lines.next()?.withoutLineEnd
    }
    var searched = start
    while true {
      if skipsLineFeed, start < buffer.count {
        if buffer[start] == 0x0A { start += 1 }
        skipsLineFeed = false
        searched = max(searched, start)
      }
      if let end = buffer[searched...].firstIndex(where: { $0 == 0x0A || $0 == 0x0D }) {
        defer { start = end + 1 }
        skipsLineFeed = buffer[end] == 0x0D
        number += 1
        if isTooLong { throw tooLong(next: end + 1) }
        return converted(buffer[start..<end])
      }
      buffer.removeSubrange(..<start)
      (start, searched) = (0, buffer.count)
      if buffer.count > TextLines.longestLine {
        // The rest of the line is passed over.
        (buffer, searched, isTooLong) = ([], 0, true)
      }
      guard try readMore() else { break }
    }
    guard !buffer.isEmpty || isTooLong else { return nil }
    defer { buffer = [] }
    number += 1
    if isTooLong { throw tooLong(next: 0) }
    return converted(buffer[...])
  }

  /// The error of a line that is too long, after which the next one is read.
  private func tooLong(next offset: Int) -> FileError {
    (start, isTooLong) = (offset, false)
    return FileError(
      file: name, line: number, column: TextLines.longestLine + 1,
      expected: "the end of the line",
      found: "more than \(TextLines.longestLine.counted("bytes"))")
  }

  /// A line of a pipe in Latin-1 as UTF-8; all others are UTF-8 already.
  private func converted(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    guard encoding == .latin1 else { return line }
    return ((try? TextEncoding.latin1.utf8(Array(line))) ?? Array(line))[...]
  }

  /// Reads the available bytes, at least one; false at the end.
  private func readMore() throws(FileError) -> Bool {
    var block = try file.next(atMost: 1 << 16)
    if isFirst {
      // The two or three bytes of a byte order mark may arrive one by one.
      while block.count < 3, let first = block.first, [0xEF, 0xFE, 0xFF, 0x1F].contains(first) {
        let more = try file.next(atMost: 1)
        if more.isEmpty { break }
        block += more
      }
      isFirst = false
      block = try beginning(block)
    }
    buffer += block
    return !block.isEmpty
  }

  /// Converts the first bytes to UTF-8; reads all bytes first if the encoding requires it.
  private func beginning(_ block: [UInt8]) throws(FileError) -> [UInt8] {
    if block.starts(with: UTF8Scan.mark) {
      let rest = Array(block[3...])
      return rest.isEmpty ? try file.next(atMost: 1 << 16) : rest
    }
    let isPacked = Gzip.begins(block)
    guard isPacked || (encoding ?? TextEncoding.detected(in: block)) == .utf16 else {
      return block
    }
    let all = block + (try FileBytes.rest(of: file, limit: TextSource.largest))
    let bytes = try FileBytes.unpacked(all, of: name, limit: TextSource.largest)
    do throws(ByteFault) {
      // Latin-1 that is given is converted line by line.
      if encoding == .latin1 { return bytes }
      return try (encoding ?? TextEncoding.detected(in: bytes) ?? .utf8).utf8(bytes)
    } catch {
      throw FileError(
        file: name, .byte(error.offset), expected: error.expected, found: error.found)
    }
  }
}
