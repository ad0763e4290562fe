/// Which text a model was trained on, in twelve bytes: enough to refuse to resume on another one.
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

/// The checksum of zip, PNG and Ethernet: polynomial 0xEDB88320, reflected; `123456789` has
/// 0xCBF43926.
package struct CRC32: Sendable {
  private var remainder: UInt32 = 0xFFFF_FFFF

  package init() {}

  package var value: UInt32 { ~remainder }

  package mutating func update(_ bytes: some Sequence<UInt8>) {
    for byte in bytes {
      remainder = Self.table[Int((remainder ^ UInt32(byte)) & 0xFF)] ^ (remainder >> 8)
    }
  }

  private static let table: [UInt32] = (0..<256).map { index in
    (0..<8).reduce(UInt32(index)) { value, _ in
      value & 1 == 1 ? 0xEDB8_8320 ^ (value >> 1) : value >> 1
    }
  }
}
