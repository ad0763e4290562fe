import Requirements

/// Copy memory: ten symbols must be repeated after many blanks.
///
/// The input has ten symbols out of eight, `delay - 1` blanks, a mark that requests the answer, and ten more blanks.
/// The target is a blank at each step up to and including the mark, then the ten symbols. Without memory the
/// cross-entropy is 10 ln 8 / (T + 20) a step. Solved at a tenth of that. Hochreiter and Schmidhuber, 1997; Arjovsky et
/// al., 2016.
public struct CopyMemory: GeneratedTask {
  /// T: a symbol's answer comes T + 10 steps after it.
  public let delay: Int

  /// The task with a delay.
  ///
  /// - Precondition: `delay` is positive.
  public init(delay: Int = 50) {
    require(delay > 0, "expected a positive delay, found \(delay)")
    self.delay = delay
  }

  private static let symbols = Vocabulary("abcdefgh_?".map(String.init))
  private static let (blank, mark, count) = (Int32(8), Int32(9), 10)

  /// `copy`.
  public var name: String { "copy" }
  /// Eight symbols, the blank and the mark.
  public var input: ValueKind { .symbols(Self.symbols) }
  /// The same.
  public var target: ValueKind { .symbols(Self.symbols) }
  /// 10 ln 8 / (T + 20); solved at a tenth of it.
  public var levels: TaskLevels {
    let baseline = Double(Self.count) * logarithm(8) / Double(delay + 2 * Self.count)
    return TaskLevels(baseline: baseline, solved: Goal(.crossEntropy, baseline / 10))
  }

  /// Samples the ten symbols.
  public func sample(using generator: inout some RandomNumberGenerator) -> Sample {
    let said = (0..<Self.count).map { _ in Int32(generator.draw(below: 8)) }
    let blanks = [Int32](repeating: Self.blank, count: delay + Self.count)
    return Sample(
      .tokens(said + blanks[..<(delay - 1)] + [Self.mark] + blanks[..<Self.count]),
      .tokens(blanks + said))
  }
}
