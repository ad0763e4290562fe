import Requirements

/// A small counter-based random generator with equal numbers on every platform.
///
/// The `n`-th number is a mixing function of `seed + n * gamma`. Steele, Lea and Flood, 2014.
package struct SplitMix64: RandomNumberGenerator, Sendable {
  private var state: UInt64

  package init(seed: UInt64) {
    state = seed
  }

  /// The generator of stream `stream` of a seed; streams are practically independent.
  package init(seed: UInt64, stream: UInt64) {
    var root = SplitMix64(seed: stream)
    state = seed ^ root.next()
    state = next()
  }

  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed &>> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed &>> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed &>> 31)
  }
}

extension RandomNumberGenerator {
  /// A number in `0..<bound` from exactly one random number; its bias is below `bound / 2^64`.
  ///
  /// The standard library's own `next(upperBound:)` may change from version to version; saved
  /// positions and printed samples must not.
  package mutating func draw(below bound: Int) -> Int {
    require(bound > 0, "expected a positive bound, found \(bound)")
    return Int(next().multipliedFullWidth(by: UInt64(bound)).high)
  }

  /// A random permutation of `0..<count`.
  package mutating func permutation(_ count: Int) -> [Int] {
    var order = Array(0..<count)
    for last in stride(from: count - 1, to: 0, by: -1) {
      order.swapAt(last, draw(below: last + 1))
    }
    return order
  }
}
