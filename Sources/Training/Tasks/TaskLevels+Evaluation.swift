import Datasets
import Models

extension Evaluation {
  /// The value of a goal's metric, if it was measured.
  public func value(of measure: Goal.Measure) -> Double? {
    switch measure {
    case .squaredError, .crossEntropy: loss
    case .accuracy: self["accuracy"]
    case .exactMatch: self["exact match"]
    case .legalShare: self["legal share"]
    }
  }
}

extension TaskLevels {
  /// Whether an evaluation solves the task.
  public func isReached(by evaluation: Evaluation) -> Bool {
    evaluation.value(of: solved.measure).map(solved.isReached) ?? false
  }

  /// One line: `solved: squared error 0.0041, where 0.0100 is asked for; guessing has a loss of 0.1667`.
  public func line(for evaluation: Evaluation) -> String {
    guard let value = evaluation.value(of: solved.measure) else {
      return "not measured: \(solved.measure.title)"
    }
    let verdict = solved.isReached(by: value) ? "solved" : "not solved yet"
    let asked = "where \(solved.bound.significant) is asked for"
    let guessing =
      "guessing has a loss of \(baseline.significant), the model \(evaluation.loss.significant)"
    return "\(verdict): \(solved.measure.title) \(value.significant), \(asked); \(guessing)"
  }
}

extension Goal.Measure {
  /// The measure in words.
  var title: String {
    switch self {
    case .squaredError: "squared error"
    case .crossEntropy: "cross-entropy"
    case .accuracy: "accuracy"
    case .exactMatch: "exact match"
    case .legalShare: "legal share"
    }
  }
}
