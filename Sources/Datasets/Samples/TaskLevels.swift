/// Two reference numbers for a task's result.
public struct TaskLevels: Codable, Hashable, Sendable {
  /// The expected loss of the best guess without memory: cross-entropy in nats per target that is not ignored, or the
  /// mean squared error.
  public var baseline: Double
  /// The goal at which the task counts as solved.
  public var solved: Goal

  /// Levels.
  public init(baseline: Double, solved: Goal) {
    self.baseline = baseline
    self.solved = solved
  }
}

/// A measure and the value that it must reach.
public struct Goal: Codable, Hashable, Sendable {
  /// A metric on samples that were not trained on.
  public enum Measure: String, Codable, CaseIterable, Sendable {
    /// The mean squared error over all numbers of all targets.
    case squaredError
    /// The mean of `-ln p` of the targets that are not ignored.
    case crossEntropy
    /// The share of targets that are not ignored whose likeliest answer is correct.
    case accuracy
    /// The share of whole sequences written without an error.
    case exactMatch
    /// The share of generated sequences that belong to the task's language.
    case legalShare

    /// Whether less is better.
    public var isLoss: Bool { self == .squaredError || self == .crossEntropy }
  }

  /// The metric.
  public var measure: Measure
  /// The value to reach: at most this for a loss, at least this for a share.
  public var bound: Double

  /// A goal.
  public init(_ measure: Measure, _ bound: Double) {
    self.measure = measure
    self.bound = bound
  }

  /// Whether a value reaches the goal; a NaN never does.
  public func isReached(by value: Double) -> Bool {
    measure.isLoss ? value <= bound : value >= bound
  }
}
