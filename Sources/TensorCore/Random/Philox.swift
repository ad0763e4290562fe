/// A counter-based random number generator: Philox4x32-10.
///
/// Number `n` of a stream is a function of the seed, the stream and n alone. So the numbers are the
/// same on every platform, a generator can be saved and read back in its exact state, and any number
/// of streams with the same seed are independent of one another.
///
///     var generator = Philox(seed: 7)
///     let weight = Tensor(normal: [3, 4], using: &generator)
///
/// It is made for simulation, not for secrets. J. Salmon, M. Moraes, R. Dror and D. Shaw, "Parallel
/// random numbers: as easy as 1, 2, 3", 2011.
public struct Philox: RandomNumberGenerator, Sendable {
  /// The seed: the cipher's key.
  public let seed: UInt64
  /// The number of the stream: the upper half of the cipher's counter.
  public let stream: UInt64
  /// The number of 64-bit numbers generated so far.
  public private(set) var position: UInt64 = 0
  /// If `position` is odd, the number that comes next: the second half of the last block.
  private var pending: UInt64 = 0

  /// The start of a stream.
  public init(seed: UInt64, stream: UInt64 = 0) {
    self.seed = seed
    self.stream = stream
  }

  /// The next 64 random bits.
  public mutating func next() -> UInt64 {
    guard position & 1 == 0 else {
      let number = pending
      position &+= 1
      return number
    }
    let (first, second) = block(position &>> 1)
    pending = second
    position &+= 1
    return first
  }

  /// Moves to any position of the stream, in constant time.
  public mutating func skip(to position: UInt64) {
    self.position = position
    pending = block(position / 2).second
  }

  private func block(_ index: UInt64) -> (first: UInt64, second: UInt64) {
    let counter = SIMD4(index.low, index.high, stream.low, stream.high)
    let words = Self.cipher(counter, key: SIMD2(seed.low, seed.high))
    return (UInt64(words[0], words[1]), UInt64(words[2], words[3]))
  }

  /// Ten rounds of the cipher.
  package static func cipher(_ counter: SIMD4<UInt32>, key: SIMD2<UInt32>) -> SIMD4<UInt32> {
    var (c0, c1, c2, c3) = (counter[0], counter[1], counter[2], counter[3])
    var (k0, k1) = (key[0], key[1])
    for _ in 0..<10 {
      let a = UInt64(c0) &* 0xD251_1F53
      let b = UInt64(c2) &* 0xCD9E_8D57
      (c0, c1, c2, c3) = (b.high ^ c1 ^ k0, b.low, a.high ^ c3 ^ k1, a.low)
      k0 &+= 0x9E37_79B9
      k1 &+= 0xBB67_AE85
    }
    return SIMD4(c0, c1, c2, c3)
  }
}

extension Philox: Hashable {
  /// Whether both will give the same numbers from now on.
  public static func == (a: Philox, b: Philox) -> Bool {
    (a.seed, a.stream, a.position) == (b.seed, b.stream, b.position)
  }

  /// Feeds the seed, the stream and the position to the hasher.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(seed)
    hasher.combine(stream)
    hasher.combine(position)
  }
}

extension Philox: Codable {
  private enum CodingKeys: String, CodingKey {
    case seed, stream, position
  }

  /// Reads a generator's seed, stream and position.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      seed: try values.decode(UInt64.self, forKey: .seed),
      stream: try values.decode(UInt64.self, forKey: .stream))
    let position = try values.decode(UInt64.self, forKey: .position)
    skip(to: position)
  }

  /// Writes the seed, the stream and the position.
  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(seed, forKey: .seed)
    try values.encode(stream, forKey: .stream)
    try values.encode(position, forKey: .position)
  }
}

extension UInt64 {
  fileprivate var low: UInt32 { UInt32(truncatingIfNeeded: self) }
  fileprivate var high: UInt32 { UInt32(truncatingIfNeeded: self &>> 32) }

  fileprivate init(_ low: UInt32, _ high: UInt32) {
    self = UInt64(high) &<< 32 | UInt64(low)
  }
}
