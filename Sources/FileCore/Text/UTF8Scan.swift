/// The well-formed byte sequences of UTF-8 (The Unicode Standard, table 3-7).
package enum UTF8Scan {
  /// The byte order mark, U+FEFF.
  package static let mark: [UInt8] = [0xEF, 0xBB, 0xBF]

  /// The first byte that is not valid UTF-8; nil if all are valid.
  package static func firstFault(in bytes: some Sequence<UInt8>) -> ByteFault? {
    bytes.withContiguousStorageIfAvailable { firstFault(in: $0) }
      ?? Array(bytes).withUnsafeBufferPointer { firstFault(in: $0) }
  }

  private static func firstFault(in bytes: UnsafeBufferPointer<UInt8>) -> ByteFault? {
    var offset = 0
    while offset < bytes.count {
      let lead = bytes[offset]
      if lead < 0x80 {
        offset += 1
        continue
      }
      guard let tail = tail(after: lead) else {
        return ByteFault(
          offset: offset, expected: "the first byte of a character", found: name(of: lead))
      }
      for (index, range) in tail.enumerated() {
        let place = offset + 1 + index
        guard place < bytes.count, range.contains(bytes[place]) else {
          let bounds = "\(name(of: range.lowerBound)) to \(name(of: range.upperBound))"
          let found = place < bytes.count ? name(of: bytes[place]) : "the end"
          return ByteFault(offset: place, expected: "a byte from \(bounds)", found: found)
        }
      }
      offset += 1 + tail.count
    }
    return nil
  }

  /// The number of bytes of an incomplete character at the end, 0 to 3.
  package static func unfinishedTail(of bytes: [UInt8]) -> Int {
    for length in 1...3 where length <= bytes.count {
      let start = bytes.count - length
      guard let tail = tail(after: bytes[start]), tail.count >= length else { continue }
      let follows = bytes[(start + 1)...]
      if zip(tail, follows).allSatisfy({ $0.contains($1) }) { return length }
    }
    return 0
  }

  /// The bytes that may follow a lead byte above 0x7F; nil if it is no lead byte.
  private static func tail(after lead: UInt8) -> [ClosedRange<UInt8>]? {
    let any: ClosedRange<UInt8> = 0x80...0xBF
    return switch lead {
    case 0xC2...0xDF: [any]
    case 0xE0: [0xA0...0xBF, any]
    case 0xE1...0xEC, 0xEE...0xEF: [any, any]
    case 0xED: [0x80...0x9F, any]
    case 0xF0: [0x90...0xBF, any, any]
    case 0xF1...0xF3: [any, any, any]
    case 0xF4: [0x80...0x8F, any, any]
    default: nil
    }
  }

  /// A byte in the form `0x0A`.
  package static func name(of byte: UInt8) -> String {
    "0x" + hexadecimal(byte, digits: 2).uppercased()
  }
}
