import FileCore

/// A fingerprint of a text in twelve bytes, so that training is not resumed on another text.
public struct CorpusIdentity: Codable, Hashable, Sendable {
  /// The number of UTF-8 bytes.
  public let byteCount: Int
  /// Their CRC-32.
  public let crc32: UInt32

  /// The identity of a text.
  public init(_ text: String) {
    self.init(bytes: text.utf8)
  }

  /// The identity of some bytes.
  public init(bytes: some Collection<UInt8>) {
    var crc = CRC32()
    crc.update(bytes)
    byteCount = bytes.count
    crc32 = crc.value
  }
}
