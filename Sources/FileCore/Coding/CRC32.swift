/// The CRC-32 of gzip, zip, PNG and Ethernet: polynomial 0xEDB88320, reflected; of `123456789` it is
/// 0xCBF43926.
///
/// It takes eight bytes at a time by eight tables. A kernel with carry-less multiplication is many times faster:
/// `Checkpoint` uses TensorCore's for most bytes and this type for the rest.
package struct CRC32: Sendable {
  private var remainder: UInt32

  /// Starts from the checksum of the preceding bytes, by default of none.
  package init(after value: UInt32 = 0) { remainder = ~value }

  /// The checksum of all bytes so far.
  package var value: UInt32 { ~remainder }

  /// Takes in more bytes.
  package mutating func update(_ bytes: some Sequence<UInt8>) {
    let isDone: Void? = bytes.withContiguousStorageIfAvailable {
      update(UnsafeRawBufferPointer($0))
    }
    if isDone == nil { Array(bytes).withUnsafeBytes { update($0) } }
  }

  /// Takes in more bytes.
  package mutating func update(_ bytes: UnsafeRawBufferPointer) {
    Self.tables.withUnsafeBufferPointer { tables in
      var (sum, place) = (remainder, 0)
      while place + 8 <= bytes.count {
        let word = bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self)
        let eight = UInt64(littleEndian: word) ^ UInt64(sum)
        sum = 0
        for index in 0..<8 {
          let byte = Int(truncatingIfNeeded: eight >> UInt64(8 * index)) & 0xFF
          sum ^= tables[(7 - index) * 256 + byte]
        }
        place += 8
      }
      while place < bytes.count {
        let index = Int(truncatingIfNeeded: sum ^ UInt32(bytes[place])) & 0xFF
        sum = tables[index] ^ (sum >> 8)
        place += 1
      }
      remainder = sum
    }
  }

  /// The remainder of each byte followed by 0 to 7 zero bytes.
  private static let tables: [UInt32] = {
    var tables: [UInt32] = (0..<256).map { (index: UInt32) -> UInt32 in
      var value = index
      for _ in 0..<8 {
        let half = value >> 1
        value = value & 1 == 1 ? 0xEDB8_8320 ^ half : half
      }
      return value
    }
    for index in 256..<8 * 256 {
      let value = tables[index - 256]
      tables.append(tables[Int(value & 0xFF)] ^ (value >> 8))
    }
    return tables
  }()
}
