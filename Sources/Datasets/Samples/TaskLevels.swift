/// Two numbers that a task's result is held against.
public struct TaskLevels: Codable, Hashable, Sendable {
  /// The expected loss of whoever guesses as well as one can without memory: cross-entropy in nats per
  /// target that counts, or the mean squared error of the samples' numbers.
  public var baseline: Double
  /// When the task counts as solved.
  public var solved: Goal

  /// Levels.
  public init(baseline: Double, solved: Goal) {
    self.baseline = baseline
    self.solved = solved
  }
}

/// A measure and the value that it must reach.
public struct Goal: Codable, Hashable, Sendable {
  /// What is measured on samples that were not learnt from.
  public enum Measure: String, Codable, CaseIterable, Sendable {
    /// The mean of the squared differences, over all numbers of all targets.
    case squaredError
    /// The mean of `-ln p` of the targets that count.
    case crossEntropy
    /// The share of the targets that count whose likeliest answer is right.
    case accuracy
    /// The share of whole sequences written without a fault.
    case exactMatch
    /// The share of freely written sequences that the task's language holds.
    case legalShare

    /// Whether less is better.
    public var isLoss: Bool { self == .squaredError || self == .crossEntropy }
  }

  /// What is measured.
  public var measure: Measure
  /// The value to reach: at most this for a loss, at least this for a share.
  public var bound: Double

  /// A goal.
  public init(_ measure: Measure, _ bound: Double) {
    self.measure = measure
    self.bound = bound
  }

  /// Whether a value is as good as the goal's, or better. What is not a number never is.
  public func isReached(by value: Double) -> Bool {
    measure.isLoss ? value <= bound : value >= bound
  }
}
