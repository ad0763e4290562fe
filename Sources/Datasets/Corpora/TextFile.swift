/// Any UTF-8 text file, as it stands.
///
/// Every character of the file is kept, line ends included; only a byte order mark at the beginning
/// is left out. The vocabulary is that of the file, by falling frequency.
public struct TextFile: Corpus {
  /// The largest file that is read, in bytes: 1 GiB.
  public static let sizeLimit = 1 << 30

  /// The file's path.
  public let path: String

  /// The file at a path.
  public init(path: String) {
    self.path = path
  }

  /// The path.
  public var name: String { path }

  /// Reads the file.
  ///
  /// - Throws: ``DatasetError``: unreadable, too large, not UTF-8, or empty.
  public func read() throws -> CorpusText {
    CorpusText(try contents())
  }

  /// Reads the file's bytes, whatever they are.
  ///
  /// - Throws: ``DatasetError``: unreadable or too large.
  public func readBytes() throws -> [UInt8] {
    try FileBytes.read(path, limit: Self.sizeLimit)
  }

  /// The file's text without a byte order mark.
  func contents() throws(DatasetError) -> String {
    var bytes = try FileBytes.read(path, limit: Self.sizeLimit)
    if let fault = UTF8Scan.firstFault(in: bytes) {
      throw .invalidUTF8(
        path: path, offset: fault.offset, expected: fault.expected, found: fault.found)
    }
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes.removeFirst(3) }
    guard !bytes.isEmpty else { throw .empty(name: path) }
    return String(decoding: bytes, as: UTF8.self)
  }
}
