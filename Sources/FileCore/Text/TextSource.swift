/// A text file as UTF-8, whatever its packing and encoding; all readers of text use it.
///
/// A plain UTF-8 file is read in constant memory. A gzip file, a file in another encoding and a pipe are held in memory
/// whole, up to ``largest`` bytes.
package struct TextSource: Sendable {
  /// The most bytes of a text held in memory: 1 GiB.
  package static let largest = 1 << 30
  /// The number of bytes at the beginning of a file that are examined for its encoding.
  private static let largestSample = 1 << 26

  private enum Storage: Sendable {
    case file(OpenFile)
    case memory([UInt8])
  }

  /// The file's path.
  package let path: String
  /// The encoding of the file.
  package let encoding: TextEncoding
  /// Whether it was packed by gzip.
  package let isPacked: Bool
  /// The offset of the text, after a byte order mark.
  package let start: Int
  /// The offset of the text's end.
  package let end: Int
  private let storage: Storage

  /// Opens a file in the given or detected encoding.
  ///
  /// - Throws: ``FileError`` if it can't be read, is damaged, or is not valid in the given encoding.
  package init(_ path: String, encoding given: TextEncoding? = nil) throws(FileError) {
    let file = try OpenFile(pathOrPipe: path)
    guard !Folder.exists(path) else { throw FileError(file: path, .notARegularFile(.directory)) }
    self.path = path
    let first =
      file.isSeekable
      ? try file.read(at: 0, count: min(file.size, Self.largestSample))
      : try FileBytes.rest(of: file, limit: Self.largest)
    isPacked = Gzip.begins(first)
    var bytes = first
    if isPacked {
      let packed = file.isSeekable ? try FileBytes.read(path, limit: Self.largest) : first
      bytes = try FileBytes.unpacked(packed, of: path, limit: Self.largest)
    }
    let encoding = given ?? Self.encoding(of: bytes, isWhole: isPacked || file.size == bytes.count)
    self.encoding = encoding
    if encoding == .utf8 {
      let hasMark = bytes.starts(with: UTF8Scan.mark)
      start = hasMark ? UTF8Scan.mark.count : 0
      storage = isPacked || !file.isSeekable ? .memory(bytes) : .file(file)
      end = isPacked || !file.isSeekable ? bytes.count : file.size
      return
    }
    if !isPacked, file.isSeekable, file.size > bytes.count {
      bytes = try FileBytes.read(path, limit: Self.largest)
    }
    start = 0
    do throws(ByteFault) {
      bytes = try encoding.utf8(bytes)
    } catch {
      let likely = TextEncoding.detected(in: bytes)
      throw FileError(
        file: path,
        .encoding(
          encoding, .byte(error.offset), expected: error.expected, found: error.found,
          likely: likely == encoding ? nil : likely))
    }
    end = bytes.count
    storage = .memory(bytes)
  }

  /// A text in memory as the content of a file.
  package init(_ path: String, holding text: [UInt8]) {
    self.path = path
    encoding = .utf8
    isPacked = false
    (start, end) = (0, text.count)
    storage = .memory(text)
  }

  /// Whether a file begins as no text does, packed or not: with zero bytes, but not as UTF-16 has them.
  ///
  /// - Throws: ``FileError`` if it can't be read.
  package static func isBinary(_ path: String) throws(FileError) -> Bool {
    let file = try OpenFile(pathOrPipe: path)
    guard file.isSeekable else { return false }
    let start = try file.read(at: 0, count: min(file.size, 1 << 12))
    return !Gzip.begins(start) && start.contains(0) && TextEncoding.detected(in: start) != .utf16
  }

  /// The detected encoding; UTF-8 if none is detected, so that its reader reports the invalid byte.
  private static func encoding(of bytes: [UInt8], isWhole: Bool) -> TextEncoding {
    // The last character of a part may be incomplete.
    let whole = isWhole ? bytes : bytes.dropLast(UTF8Scan.unfinishedTail(of: bytes))
    return TextEncoding.detected(in: whole) ?? .utf8
  }

  /// The number of bytes of the text.
  package var count: Int { end - start }

  /// At most `count` bytes from `offset` on; none at the end.
  package func read(at offset: Int, atMost count: Int) throws(FileError) -> ArraySlice<UInt8> {
    switch storage {
    case .memory(let bytes):
      return bytes[min(offset, bytes.count)..<min(offset + count, bytes.count)]
    case .file(let file):
      return try file.bytes(at: offset, atMost: count)[...]
    }
  }

  /// The whole text, checked to be valid UTF-8.
  ///
  /// - Throws: ``FileError`` if it is larger than `limit` or not valid UTF-8.
  package func text(limit: Int = Self.largest) throws(FileError) -> String {
    guard count <= limit else { throw FileBytes.tooLarge(path, limit) }
    let bytes = try read(at: start, atMost: count)
    if let fault = UTF8Scan.firstFault(in: bytes) {
      throw FileError(
        file: path,
        .encoding(
          .utf8, .byte(start + fault.offset), expected: fault.expected, found: fault.found,
          likely: nil))
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
