import Requirements

/// The Mackey-Glass series: a chaotic time series to forecast.
///
/// `dx/dt = 0.2 x(t - 17) / (1 + x(t - 17)^10) - 0.1 x(t)`, by the classical Runge-Kutta method with a step of 0.1, one
/// value for each unit of time. The past is constant, uniform in 0.5..1.3; the first 300 units are dropped. At each
/// step the answer is the value `horizon` steps later. The first 20 steps, which cover about one delay, have no
/// answer. Values are scaled to `(x - 0.93) / 0.23`.
///
/// The baseline is the squared error of persistence, which forecasts the current value. Solved at a hundredth of it.
/// Mackey and Glass, 1977.
public struct MackeyGlass: GeneratedTask {
  /// T, the number of steps.
  public let length: Int
  /// The number of steps to forecast ahead.
  public let horizon: Int

  /// The number of steps at the beginning without an answer.
  public static let warmUp = 20

  /// Series of `length` steps, forecast `horizon` steps ahead.
  ///
  /// - Precondition: `length` is above ``warmUp``, `horizon` is positive.
  public init(length: Int = 100, horizon: Int = 6) {
    require(
      length > Self.warmUp && horizon > 0,
      "expected more than \(Self.warmUp) steps and a positive horizon, found \(length) and \(horizon)"
    )
    self.length = length
    self.horizon = horizon
  }

  private static let column = Column("x", offset: 0.93, scale: 0.23)

  /// `mackey-glass`.
  public var name: String { "mackey-glass" }
  /// The value.
  public var input: ValueKind { .features([Self.column]) }
  /// The value ``horizon`` steps later.
  public var target: ValueKind { .features([Self.column]) }
  /// ``horizon``.
  public var stepsAhead: Int? { horizon }

  /// Persistence's squared error over 200 series, and a hundredth of it.
  public var levels: TaskLevels {
    var (sum, count) = (0.0, 0.0)
    for index in 0..<200 {
      var generator = SplitMix64(seed: 0x4D47, stream: UInt64(index))
      let series = Self.series(length + horizon, using: &generator)
      for step in Self.warmUp..<length {
        let error = (series[step + horizon] - series[step]) / Self.column.scale
        sum += error * error
        count += 1
      }
    }
    return TaskLevels(baseline: sum / count, solved: Goal(.squaredError, sum / count / 100))
  }

  /// Samples the constant past.
  public func sample(using generator: inout some RandomNumberGenerator) -> Sample {
    let series = Self.series(length + horizon, using: &generator).map(Self.column.scaled)
    let silence = [Float](repeating: .nan, count: Self.warmUp)
    let answers = silence + series[(Self.warmUp + horizon)..<(length + horizon)]
    return Sample(
      .features(FeatureSequence(Array(series[..<length]), width: 1)),
      .features(FeatureSequence(answers, width: 1)))
  }

  /// Solutions of the equation, one value for each unit of time.
  static func series(_ count: Int, using generator: inout some RandomNumberGenerator) -> [Double] {
    let (substeps, delay, skipped) = (10, 170, 300)
    let width = 1 / Double(substeps)
    var values = [Double](repeating: 0.5 + 0.8 * generator.uniform(), count: delay + 1)
    func slope(_ value: Double, _ delayed: Double) -> Double {
      let square = delayed * delayed
      let tenth = square * square * square * square * square
      return 0.2 * delayed / (1 + tenth) - 0.1 * value
    }
    for _ in 0..<(skipped + count) * substeps {
      let value = values[values.count - 1]
      let (past, next) = (values[values.count - 1 - delay], values[values.count - delay])
      let middle = (past + next) / 2
      let first = slope(value, past)
      let second = slope(value + width / 2 * first, middle)
      let third = slope(value + width / 2 * second, middle)
      let fourth = slope(value + width * third, next)
      values.append(value + width / 6 * (first + 2 * second + 2 * third + fourth))
    }
    let start = delay + skipped * substeps
    return (0..<count).map { values[start + $0 * substeps] }
  }
}
