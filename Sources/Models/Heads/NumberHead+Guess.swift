import Datasets
import Requirements

extension NumberHead {
  /// What the head's outputs are for a guess: around a number of each column, as wide as numbers deviated from such a guess before.
  package struct Guess: Sendable {
    private let head: NumberHead
    private let columns: [Column]
    /// For each column, the quantiles of its deviations, or their mean and standard deviation.
    private let spreads: [[Double]]

    fileprivate init(_ head: NumberHead, _ columns: [Column], _ spreads: [[Double]]) {
      (self.head, self.columns, self.spreads) = (head, columns, spreads)
    }

    /// The P outputs of a number of a column around another one, both in the samples' scale.
    package func outputs(around number: Double, _ column: Int) -> [Float] {
      let spread = spreads[column]
      return switch head.kind {
      case .quantiles: spread.map { Float(number + $0) }
      case .likelihood(let likelihood):
        likelihood.outputs(mean: number + spread[0], deviation: spread[1], columns[column])
      }
    }
  }

  /// The guess after deviations of each column in the samples' scale; without any, they are 0.
  package func guess(from deviations: [[Double]]) -> Guess {
    let spreads = deviations.map { all -> [Double] in
      let sorted = all.isEmpty ? [0] : all.sorted()
      switch kind {
      case .quantiles(let levels):
        return levels.map { level in
          let place = level * Double(sorted.count - 1)
          let (low, high) = (Int(place), min(Int(place) + 1, sorted.count - 1))
          return sorted[low] + (place - Double(low)) * (sorted[high] - sorted[low])
        }
      case .likelihood:
        let mean = sorted.reduce(0, +) / Double(sorted.count)
        let squares = sorted.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        return [mean, (squares / Double(sorted.count)).squareRoot()]
      }
    }
    return Guess(self, columns, spreads)
  }
}

extension Likelihood {
  /// The degrees of freedom of a guessed Student distribution: nearly a normal one.
  private static let guessedFreedom = 30.0

  /// The outputs that say a mean and a standard deviation, in the samples' scale: the inverse of ``distribution(_:_:)``.
  func outputs(mean: Double, deviation: Double, _ column: Column) -> [Float] {
    switch self {
    case .gaussian: return [Float(mean), output(deviation - Self.leastDeviation)]
    case .student:
      let freedom = Self.guessedFreedom
      let scale = deviation * ((freedom - 2) / freedom).squareRoot()
      return [Float(mean), output(scale - Self.leastDeviation), output(freedom - 2)]
    case .negativeBinomial:
      let share = max(column.number(of: Float(mean)) / column.usualCount, 2 * Self.leastShare)
      let count = share * column.usualCount
      let variance = deviation * deviation * column.scale * column.scale
      let dispersion = (variance - count) / (count * count)
      return [output(share - Self.leastShare), output(dispersion - Self.leastDispersion)]
    }
  }

  /// The number whose softplus is `y`, which is above 0: `log(eʸ - 1)`.
  private func output(_ y: Double) -> Float {
    let y = max(y, 1e-6)
    return Float(y + logarithm(1 - exponential(-y)))
  }
}
