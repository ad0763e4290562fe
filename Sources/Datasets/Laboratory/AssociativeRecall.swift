import Requirements

/// Associative recall: keys and values, then the keys again in another order, each to be answered with its value.
///
/// A sample has `pairs` different keys out of 52 letters, each followed by a value out of ten digits, which may occur
/// several times; then every key once more. The target is the value at each of these, and is ignored before. Without
/// memory the digits are equally likely: ln 10. Solved at an accuracy of 0.99.
///
/// Papers: J. Ba et al., Using fast weights to attend to the recent past, NIPS 2016; S. Arora et al., Zoology: measuring
/// and improving recall in efficient language models, ICLR 2024, which asks for several keys.
public struct AssociativeRecall: GeneratedTask {
  /// The number of keys.
  public let pairs: Int

  /// The task with a number of keys.
  ///
  /// - Precondition: `pairs` is from 1 to 52.
  public init(pairs: Int = 8) {
    require(1...Self.keys ~= pairs, "expected 1 to \(Self.keys) pairs, found \(pairs)")
    self.pairs = pairs
  }

  private static let symbols = Vocabulary(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789".map(String.init))
  private static let digits = Vocabulary("0123456789".map(String.init))
  private static let (keys, values) = (52, 10)

  /// `recall`.
  public var name: String { "recall" }
  /// The letters and the digits.
  public var input: ValueKind { .symbols(Self.symbols) }
  /// The digits.
  public var target: ValueKind { .symbols(Self.digits) }
  /// ln 10; solved at an accuracy of 0.99.
  public var levels: TaskLevels {
    TaskLevels(baseline: logarithm(Double(Self.values)), solved: Goal(.accuracy, 0.99))
  }

  /// Samples the keys, then their values, then the order in which they are asked for.
  public func sample(using generator: inout some RandomNumberGenerator) -> Sample {
    let keys = generator.permutation(Self.keys).prefix(pairs)
    let values = keys.map { _ in generator.draw(below: Self.values) }
    let order = generator.permutation(pairs)
    let told = zip(keys, values).flatMap { [Int32($0), Int32(Self.keys + $1)] }
    return Sample(
      .tokens(told + order.map { Int32(keys[$0]) }),
      .tokens(
        [Int32](repeating: SampleValue.ignored, count: told.count) + order.map { Int32(values[$0]) }
      ))
  }
}
