import Requirements

/// Temporal order: which two symbols stood in a long sequence, and in which order.
///
/// A sequence begins with `E`, ends with `B`, and holds two symbols, each `X` or `Y`, one among the
/// steps from T/10 to T/5 and one among those from T/2 to 3T/5; all others are drawn from `a` to `d`.
/// The answer is one of four: ln 4 without memory. Solved at an accuracy of 0.99.
/// Hochreiter and Schmidhuber, 1997, experiment 6a.
public struct TemporalOrder: GeneratedTask {
  /// T, the number of steps.
  public let length: Int

  /// Sequences of so many steps.
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

  /// Draws the distractors, the two places, then the two symbols.
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
