import Requirements

/// The mean absolute error and root mean square error of numbers, computed incrementally.
public struct RegressionErrors: Sendable, Hashable, Codable {
  /// The number of compared numbers.
  public private(set) var count = 0
  @ExactNumber private var absolute = 0.0
  @ExactNumber private var squares = 0.0

  /// Errors of no numbers.
  public init() {}

  /// Compares answers with an equal number of targets.
  public mutating func add(targets: some Sequence<Double>, answers: some Sequence<Double>) {
    let (targets, answers) = (Array(targets), Array(answers))
    require(
      targets.count == answers.count,
      "expected an answer for each of \(targets.count) targets, found \(answers.count)")
    for (target, answer) in zip(targets, answers) {
      absolute += (target - answer).magnitude
      squares += (target - answer) * (target - answer)
      count += 1
    }
  }

  /// Adds the errors of further numbers.
  public mutating func add(_ other: RegressionErrors) {
    count += other.count
    absolute += other.absolute
    squares += other.squares
  }

  /// MAE: `Σ |y - ŷ| / n`.
  public var meanAbsolute: Double { count == 0 ? 0 : absolute / Double(count) }

  /// MSE: `Σ (y - ŷ)² / n`.
  public var meanSquare: Double { count == 0 ? 0 : squares / Double(count) }

  /// RMSE: the root of ``meanSquare``.
  public var rootMeanSquare: Double { meanSquare.squareRoot() }
}
