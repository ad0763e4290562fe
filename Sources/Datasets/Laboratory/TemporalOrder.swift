import Requirements

/// Temporal order: which two symbols occur in a long sequence, and in which order.
///
/// A sequence begins with `E`, ends with `B`, and has two symbols, each `X` or `Y`, one between the steps T/10 and T/5
/// and one between T/2 and 3T/5; all others are random out of `a` to `d`. The answer is one of four: ln 4 without
/// memory. Solved at an accuracy of 0.99. Hochreiter and Schmidhuber, 1997, experiment 6a.
public struct TemporalOrder: GeneratedTask {
  /// T, the number of steps.
  public let length: Int

  /// Sequences of `length` steps.
  ///
  /// - Precondition: `length` is 10 or more.
  public init(length: Int = 100) {
    require(length >= 10, "expected 10 or more steps, found \(length)")
    self.length = length
  }

  /// `temporal-order`.
  public var name: String { "temporal-order" }
  /// Eight symbols.
  public var input: ValueKind {
    .symbols(Vocabulary(["a", "b", "c", "d", "X", "Y", "E", "B"]))
  }
  /// The two symbols in their order.
  public var target: ValueKind { .label(Vocabulary(["XX", "XY", "YX", "YY"])) }
  /// ln 4; solved at an accuracy of 0.99.
  public var levels: TaskLevels {
    TaskLevels(baseline: logarithm(4), solved: Goal(.accuracy, 0.99))
  }

  /// Samples the distractors, the two positions, then the two symbols.
  public func sample(using generator: inout some RandomNumberGenerator) -> Sample {
    var ids = (0..<length).map { _ in Int32(generator.draw(below: 4)) }
    ids[0] = 6
    ids[length - 1] = 7
    let span = max(length / 10, 1)
    let places = [length / 10, length / 2].map { $0 + generator.draw(below: span) }
    let symbols = places.map { _ in Int32(generator.draw(below: 2)) }
    for (place, symbol) in zip(places, symbols) { ids[place] = 4 + symbol }
    return Sample(.tokens(ids), .label(2 * symbols[0] + symbols[1]))
  }
}
