import Requirements

/// Noisy sines: a wave of unknown period and phase, to forecast from noisy values.
///
/// A sequence is `sin(ω t + φ) + noise / 10`, with noise of variance 1 and a random period between 10 and 40 steps. At
/// each step the answer is the next noisy value; the first 20 steps have no answer. No forecast has a squared error
/// below 0.01, the variance of the noise. The baseline is the best linear forecast from the current value. Solved at
/// 0.025.
public struct NoisySines: GeneratedTask {
  /// T, the number of steps.
  public let length: Int

  /// The number of steps at the beginning without an answer.
  public static let warmUp = 20
  /// The noise's standard deviation.
  public static let noise = 0.1

  /// Waves of `length` steps.
  ///
  /// - Precondition: `length` is above ``warmUp``.
  public init(length: Int = 100) {
    require(length > Self.warmUp, "expected more than \(Self.warmUp) steps, found \(length)")
    self.length = length
  }

  /// `sines`.
  public var name: String { "sines" }
  /// The value.
  public var input: ValueKind { .features([Column("x")]) }
  /// The next value.
  public var target: ValueKind { .features([Column("x")]) }
  /// 1.
  public var stepsAhead: Int? { 1 }

  /// `s - (m / 2)^2 / s` with the values' variance `s = 1/2 + 0.01` and `m` the mean of `cos ω`; solved
  /// at a squared error of 0.025.
  public var levels: TaskLevels {
    let cosine = (0..<1000).reduce(0.0) { $0 + Self.cosine((Double($1) + 0.5) / 1000) / 1000 }
    let variance = 0.5 + Self.noise * Self.noise
    return TaskLevels(
      baseline: variance - cosine * cosine / 4 / variance, solved: Goal(.squaredError, 0.025))
  }

  /// The cosine of ω, for a number in 0..<1 that determines the period.
  private static func cosine(_ choice: Double) -> Double {
    let half = halfTangent(choice)
    return (1 - half * half) / (1 + half * half)
  }

  /// tan(ω/2), between the values for periods of 40 and 10; the rest is plain arithmetic, equal on all platforms.
  private static func halfTangent(_ choice: Double) -> Double {
    0.078_701_706_8 + choice * (0.324_919_696_2 - 0.078_701_706_8)
  }

  /// Samples the period, the phase and the noise.
  public func sample(using generator: inout some RandomNumberGenerator) -> Sample {
    let half = Self.halfTangent(generator.uniform())
    let cosine = (1 - half * half) / (1 + half * half)
    let sine = 2 * half / (1 + half * half)
    // A uniform point of the circle.
    var (x, y, square) = (0.0, 0.0, 2.0)
    while square > 1 || square < 0.01 {
      (x, y) = (2 * generator.uniform() - 1, 2 * generator.uniform() - 1)
      square = x * x + y * y
    }
    (x, y) = (x / square.squareRoot(), y / square.squareRoot())
    let values = (0...length).map { _ in
      defer { (x, y) = (x * cosine - y * sine, x * sine + y * cosine) }
      return Float(y + Self.noise * generator.gauss())
    }
    let silence = [Float](repeating: .nan, count: Self.warmUp)
    return Sample(
      .features(FeatureSequence(Array(values[..<length]), width: 1)),
      .features(FeatureSequence(silence + values[(Self.warmUp + 1)...], width: 1)))
  }
}
