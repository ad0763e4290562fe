#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// How evenly the byte values of a stretch are spread.
enum PlaneStatistics {
  /// Above this share of 8 bits, Huffman codes save less than they cost in time.
  static let incompressible = 0.97

  /// For each of `planes` equal stretches, the order-0 entropy as a share of 8 bits: 1 is noise, 0 one value.
  static func entropies(_ bytes: [UInt8], planes: Int) -> [Double] {
    let length = bytes.count / planes
    return bytes.withUnsafeBufferPointer { buffer in
      (0..<planes).map { plane in
        entropy(UnsafeBufferPointer(rebasing: buffer[plane * length..<(plane + 1) * length]))
      }
    }
  }

  private static func entropy(_ bytes: UnsafeBufferPointer<UInt8>) -> Double {
    guard !bytes.isEmpty else { return 0 }
    // Two tables by turns: equal neighbours then do not wait for each other's count.
    var counts = [Int](repeating: 0, count: 512)
    counts.withUnsafeMutableBufferPointer { counts in
      for index in 0..<bytes.count {
        counts[Int(bytes[index]) + (index & 1) << 8] &+= 1
      }
    }
    let total = Double(bytes.count)
    var bits = 0.0
    for value in 0..<256 {
      let count = Double(counts[value] + counts[value + 256])
      if count > 0 { bits -= count / total * log2(count / total) }
    }
    return bits / 8
  }
}
