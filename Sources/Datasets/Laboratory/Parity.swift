import Requirements

/// Parity: whether the number of ones in a sequence of bits is odd.
///
/// Sequences have 1 to `length` bits. Without all bits nothing is known: about ln 2 without memory. Solved at an
/// accuracy of 0.99.
public struct Parity: GeneratedTask {
  /// The largest number of bits.
  public let length: Int

  /// Sequences of at most `length` bits.
  ///
  /// - Precondition: `length` is positive.
  public init(length: Int = 20) {
    require(length > 0, "expected a positive number of bits, found \(length)")
    self.length = length
  }

  /// `parity`.
  public var name: String { "parity" }
  /// A bit.
  public var input: ValueKind { .symbols(Vocabulary(["0", "1"])) }
  /// Even or odd.
  public var target: ValueKind { .label(Vocabulary(["even", "odd"])) }
  /// (1 - 1/length) ln 2, since a single bit is its own parity; solved at an accuracy of 0.99.
  public var levels: TaskLevels {
    TaskLevels(
      baseline: logarithm(2) * (1 - 1 / Double(length)), solved: Goal(.accuracy, 0.99))
  }

  /// Samples the length, then the bits.
  public func sample(using generator: inout some RandomNumberGenerator) -> Sample {
    let count = 1 + generator.draw(below: length)
    let bits = (0..<count).map { _ in Int32(generator.draw(below: 2)) }
    return Sample(.tokens(bits), .label(bits.reduce(0, ^)))
  }
}
