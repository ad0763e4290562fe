import Requirements

/// Delayed echo: each bit must be repeated `delay` steps later.
///
/// The first `delay` steps have no answer. Without memory the cross-entropy is ln 2. Solved at 0.01.
public struct DelayedEcho: GeneratedTask {
  /// The number of steps between a bit and its echo.
  public let delay: Int
  /// T, the number of steps.
  public let length: Int

  /// Echoes after `delay` steps.
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
    TaskLevels(baseline: logarithm(2), solved: Goal(.crossEntropy, 0.01))
  }

  /// Samples the bits.
  public func sample(using generator: inout some RandomNumberGenerator) -> Sample {
    let bits = (0..<length).map { _ in Int32(generator.draw(below: 2)) }
    let silence = [Int32](repeating: SampleValue.ignored, count: delay)
    return Sample(.tokens(bits), .tokens(silence + bits[..<(length - delay)]))
  }
}
