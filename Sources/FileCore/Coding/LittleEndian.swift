extension [UInt8] {
  /// The little-endian number at `offset`.
  @inlinable
  package func littleEndian<Number: FixedWidthInteger & UnsignedInteger>(
    _ type: Number.Type, at offset: Int
  ) -> Number {
    var number: Number = 0
    for index in 0..<MemoryLayout<Number>.size {
      number |= Number(self[offset + index]) << (8 * index)
    }
    return number
  }

  /// Appends a number, lowest byte first.
  @inlinable
  package mutating func append<Number: FixedWidthInteger & UnsignedInteger>(
    littleEndian number: Number
  ) {
    for index in 0..<MemoryLayout<Number>.size {
      append(UInt8(truncatingIfNeeded: number >> (8 * index)))
    }
  }
}
