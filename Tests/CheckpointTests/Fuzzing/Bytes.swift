import FileCore

/// A small random generator with a fixed sequence, so that a failing case can be repeated.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64
  init(_ seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

/// A number's bytes, the lowest first.
func little(_ number: some FixedWidthInteger) -> [UInt8] {
  withUnsafeBytes(of: number.littleEndian) { Array($0) }
}

extension [UInt8] {
  /// Overwrites bytes from `offset` on.
  mutating func put(_ number: some FixedWidthInteger, at offset: Int) {
    Swift.withUnsafeBytes(of: number.littleEndian) { bytes in
      for index in bytes.indices { self[offset + index] = bytes[index] }
    }
  }

  /// The little-endian number at `offset`.
  func number<Number: FixedWidthInteger>(_ type: Number.Type, at offset: Int) -> Number {
    withUnsafeBytes { Number(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: type)) }
  }
}

/// CRC-32 as defined in the format's document, byte by byte; shares no code with the library.
func checksum(_ bytes: [UInt8]) -> UInt32 { checksum(bytes, 0..<bytes.count) }

/// CRC-32 of a part of an array.
func checksum(_ bytes: [UInt8], _ range: Range<Int>) -> UInt32 {
  checksumTable.withUnsafeBufferPointer { table in
    bytes.withUnsafeBufferPointer { bytes in
      var state = UInt32.max
      for index in range {
        state = state >> 8 ^ table[Int(UInt8(truncatingIfNeeded: state) ^ bytes[index])]
      }
      return ~state
    }
  }
}

private let checksumTable: [UInt32] = (0..<256).map { byte in
  (0..<8).reduce(UInt32(byte)) { state, _ in state >> 1 ^ (state & 1) &* 0xEDB8_8320 }
}
