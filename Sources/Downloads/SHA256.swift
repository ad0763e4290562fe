/// The checksum SHA-256 (FIPS 180-4), computed incrementally.
///
/// ```swift
/// var sum = SHA256()
/// sum.update(Array("abc".utf8))
/// sum.hexadecimal  // ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad
/// ```
package struct SHA256 {
  private var state: [UInt32] = [
    0x6A09_E667, 0xBB67_AE85, 0x3C6E_F372, 0xA54F_F53A,
    0x510E_527F, 0x9B05_688C, 0x1F83_D9AB, 0x5BE0_CD19,
  ]
  private var pending: [UInt8] = []
  private var size: UInt64 = 0

  /// The first 32 bits of the fractional parts of the cube roots of the first 64 primes.
  private static let constants: [UInt32] = {
    let primes = (2...311).filter { number in
      !(2..<number).contains { number.isMultiple(of: $0) && $0 * $0 <= number }
    }
    return primes.prefix(64).map { fractionOfCubeRoot(of: UInt64($0)) }
  }()

  /// The first 32 bits of the fractional part of a number's cube root, by integer arithmetic.
  private static func fractionOfCubeRoot(of number: UInt64) -> UInt32 {
    // The largest r with r^3 <= number * 2^96.
    var root: UInt64 = 0
    for bit in stride(from: 35, through: 0, by: -1) {
      let candidate = root | 1 << UInt64(bit)
      let (squareHigh, squareLow) = candidate.multipliedFullWidth(by: candidate)
      let square = UInt128(squareHigh) << 64 | UInt128(squareLow)
      if square * UInt128(candidate) <= UInt128(number) << 96 { root = candidate }
    }
    return UInt32(truncatingIfNeeded: root)
  }

  /// The checksum of no bytes.
  package init() {}

  /// Adds more bytes.
  package mutating func update(_ bytes: some Collection<UInt8>) {
    size += UInt64(bytes.count)
    pending += bytes
    var start = 0
    while pending.count - start >= 64 {
      take(pending[start..<start + 64])
      start += 64
    }
    pending.removeFirst(start)
  }

  /// The checksum of all bytes so far, as 64 digits.
  package var hexadecimal: String {
    var last = self
    let bits = size * 8
    last.update([0x80])
    last.update([UInt8](repeating: 0, count: (120 - last.pending.count) % 64))
    last.update((0..<8).reversed().map { UInt8(truncatingIfNeeded: bits >> (8 * UInt64($0))) })
    return last.state.map { word in
      let digits = String(word, radix: 16)
      return String(repeating: "0", count: 8 - digits.count) + digits
    }.joined()
  }

  private mutating func take(_ block: ArraySlice<UInt8>) {
    func rotated(_ word: UInt32, _ count: UInt32) -> UInt32 {
      word >> count | word << (32 - count)
    }
    var words = stride(from: block.startIndex, to: block.endIndex, by: 4).map { index in
      block[index..<index + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    }
    for index in 16..<64 {
      let (first, second) = (words[index - 15], words[index - 2])
      let small = rotated(first, 7) ^ rotated(first, 18) ^ first >> 3
      let large = rotated(second, 17) ^ rotated(second, 19) ^ second >> 10
      words.append(words[index - 16] &+ small &+ words[index - 7] &+ large)
    }
    var s = state
    for index in 0..<64 {
      let choice = (s[4] & s[5]) ^ (~s[4] & s[6])
      let majority = (s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2])
      let large = rotated(s[4], 6) ^ rotated(s[4], 11) ^ rotated(s[4], 25)
      let small = rotated(s[0], 2) ^ rotated(s[0], 13) ^ rotated(s[0], 22)
      let first = s[7] &+ large &+ choice &+ Self.constants[index] &+ words[index]
      s = [first &+ small &+ majority, s[0], s[1], s[2], s[3] &+ first, s[4], s[5], s[6]]
    }
    for index in 0..<8 { state[index] &+= s[index] }
  }
}
