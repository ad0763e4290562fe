/// The evaluation history for early stopping and the plateau schedule.
struct MeasuredProgress: Codable, Hashable, Sendable {
  /// The best loss.
  private(set) var bestLoss: Double?
  /// The number of evaluations since the best one.
  private(set) var sinceBest = 0
  /// The number of reductions of the learning rate by the plateau schedule.
  private(set) var reductions = 0
  /// The best loss for the plateau schedule, and the number of evaluations since it.
  private var plateauBest: Double?
  private var sincePlateauBest = 0
  /// The divergence that ended training; it is not saved.
  var divergence: Divergence?

  private enum CodingKeys: String, CodingKey {
    case bestLoss, sinceBest, reductions, plateauBest, sincePlateauBest
  }

  /// Adds the loss of an evaluation; returns whether it is the best so far.
  mutating func note(_ loss: Double, schedule: LearningRateSchedule) -> Bool {
    if case .plateau(_, let patience) = schedule { notePlateau(loss, patience: patience) }
    guard loss < bestLoss ?? .infinity else {
      sinceBest += 1
      return false
    }
    bestLoss = loss
    sinceBest = 0
    return true
  }

  /// A loss is better if it is smaller by a relative 1e-4, PyTorch's threshold.
  private mutating func notePlateau(_ loss: Double, patience: Int) {
    if loss < plateauBest.map({ $0 * (1 - 1e-4) }) ?? .infinity {
      plateauBest = loss
      sincePlateauBest = 0
    } else {
      sincePlateauBest += 1
    }
    if sincePlateauBest > patience {
      reductions += 1
      sincePlateauBest = 0
    }
  }

  /// Whether `patience` evaluations were without improvement.
  func isOver(patience: Int?) -> Bool { patience.map { sinceBest >= $0 } ?? false }
}
