import Requirements

/// The mean absolute error and the root of the mean square error of numbers, gathered bit by bit.
public struct RegressionErrors: Sendable, Hashable {
  /// How many numbers were compared.
  public private(set) var count = 0
  private var absolute = 0.0
  private var squares = 0.0

  /// Nothing compared yet.
  public init() {}

  /// Compares answers with targets: as many as there are targets.
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

  /// MAE: `Σ |y - ŷ| / n`.
  public var meanAbsolute: Double { count == 0 ? 0 : absolute / Double(count) }

  /// MSE: `Σ (y - ŷ)² / n`.
  public var meanSquare: Double { count == 0 ? 0 : squares / Double(count) }

  /// RMSE: the root of ``meanSquare``.
  public var rootMeanSquare: Double { meanSquare.squareRoot() }
}
