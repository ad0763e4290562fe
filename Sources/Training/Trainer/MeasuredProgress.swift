/// What the measurements so far say about how to go on.
struct MeasuredProgress: Codable, Hashable, Sendable {
  /// The best loss.
  private(set) var bestLoss: Double?
  /// Measurements since the best one.
  private(set) var sinceBest = 0
  /// How often a plateau has lowered the learning rate.
  private(set) var reductions = 0
  /// The loss that a plateau compares with, and measurements since it.
  private var plateauBest: Double?
  private var sincePlateauBest = 0
  /// Why training cannot go on; it is not saved.
  var divergence: Divergence?

  private enum CodingKeys: String, CodingKey {
    case bestLoss, sinceBest, reductions, plateauBest, sincePlateauBest
  }

  /// Takes in a measured loss; whether it is the best so far.
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

  /// A loss counts as better where it is so by a ten-thousandth: PyTorch's threshold.
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

  /// Whether so many measurements have brought nothing better.
  func isOver(patience: Int?) -> Bool { patience.map { sinceBest >= $0 } ?? false }
}
