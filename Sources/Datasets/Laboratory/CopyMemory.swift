import Requirements

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Copy memory: ten symbols must be said again after many blanks.
///
/// Ten symbols out of eight, `delay - 1` blanks, a mark that asks for the answer, ten more blanks; the
/// answer is a blank at each step up to the mark and with it, then the ten symbols. Who remembers none
/// of them has a cross-entropy of 10 ln 8 / (T + 20) a step. Solved when a tenth of that is left.
/// Hochreiter and Schmidhuber, 1997; Arjovsky et al., 2016.
public struct CopyMemory: GeneratedTask {
  /// T, the number of steps between a symbol and its answer, less ten.
  public let delay: Int

  /// The task over so many blanks.
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
    let baseline = Double(Self.count) * log(8) / Double(delay + 2 * Self.count)
    return TaskLevels(baseline: baseline, solved: Goal(.crossEntropy, baseline / 10))
  }

  /// Draws the ten symbols.
  public func sample(using generator: inout some RandomNumberGenerator) -> Sample {
    let said = (0..<Self.count).map { _ in Int32(generator.draw(below: 8)) }
    let blanks = [Int32](repeating: Self.blank, count: delay + Self.count)
    return Sample(
      .tokens(said + blanks[..<(delay - 1)] + [Self.mark] + blanks[..<Self.count]),
      .tokens(blanks + said))
  }
}

/// Delayed echo: each bit is said again so many steps later.
///
/// Steps that have nothing to echo yet don't count. Without memory each answer is one of two: ln 2.
/// Solved at a cross-entropy of 0.01.
public struct DelayedEcho: GeneratedTask {
  /// The number of steps between a bit and its echo.
  public let delay: Int
  /// T, the number of steps.
  public let length: Int

  /// Echoes after so many steps.
  ///
  /// - Precondition: `delay` is positive and below `length`.
  public init(delay: Int = 10, length: Int = 100) {
    require(
      delay > 0 && delay < length,
      "expected a delay from 1 to below the \(length) steps, found \(delay)")
    self.delay = delay
    self.length = length
  }

  /// `echo`.
  public var name: String { "echo" }
  /// A bit.
  public var input: ValueKind { .symbols(Vocabulary(["0", "1"])) }
  /// A bit.
  public var target: ValueKind { .symbols(Vocabulary(["0", "1"])) }
  /// ln 2; solved at 0.01.
  public var levels: TaskLevels {
    TaskLevels(baseline: log(2), solved: Goal(.crossEntropy, 0.01))
  }

  /// Draws the bits.
  public func sample(using generator: inout some RandomNumberGenerator) -> Sample {
    let bits = (0..<length).map { _ in Int32(generator.draw(below: 2)) }
    let silence = [Int32](repeating: SampleValue.ignored, count: delay)
    return Sample(.tokens(bits), .tokens(silence + bits[..<(length - delay)]))
  }
}

/// Parity: whether the number of ones in a sequence of bits is odd.
///
/// Sequences have 1 to `length` bits. All bits but one tell nothing: ln 2 without memory. Solved at an
/// accuracy of 0.99.
public struct Parity: GeneratedTask {
  /// The largest number of bits.
  public let length: Int

  /// Sequences of at most so many bits.
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
  /// (1 - 1/length) ln 2, a sequence of one bit being its own parity; solved at an accuracy of 0.99.
  public var levels: TaskLevels {
    TaskLevels(
      baseline: log(2) * (1 - 1 / Double(length)), solved: Goal(.accuracy, 0.99))
  }

  /// Draws the length, then the bits.
  public func sample(using generator: inout some RandomNumberGenerator) -> Sample {
    let count = 1 + generator.draw(below: length)
    let bits = (0..<count).map { _ in Int32(generator.draw(below: 2)) }
    return Sample(.tokens(bits), .label(bits.reduce(0, ^)))
  }
}

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
    TaskLevels(baseline: log(4), solved: Goal(.accuracy, 0.99))
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
