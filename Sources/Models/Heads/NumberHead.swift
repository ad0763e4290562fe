import Datasets
import Requirements
import TensorCore

/// Reads a model's outputs as quantiles or distributions of numbers.
///
/// Each number has P outputs side by side, o₁ ... o_P, in the samples' scale; `softplus(o) = log(1 + eᵒ)`:
///
/// | head | outputs | loss |
/// |---|---|---|
/// | quantiles | one a share q | mean over q of `max(q (y - o), (q - 1) (y - o))` |
/// | Gaussian | `μ = o₁`, `σ = softplus(o₂) + 1e-3` | `-log p(y)` |
/// | Student | the same, and `ν = 2 + softplus(o₃)` | `-log p(y)` |
/// | negative binomial | `μ = m softplus(o₁)` with the column's mean m, dispersion `softplus(o₂) + 1e-5` | `-log p(y)` |
///
/// R. Koenker and G. Bassett, Regression quantiles, Econometrica 1978; D. Salinas et al., DeepAR, 2020 (the distributions).
package struct NumberHead: Sendable {
  enum Kind {
    case quantiles([Double])
    case likelihood(Likelihood)
  }

  let kind: Kind
  let columns: [Column]

  /// A head for numbers of columns; nil for one that gives plain numbers or tags.
  package init?(_ head: OutputHead, _ columns: [Column]) {
    switch head {
    case .plain, .chain: return nil
    case .quantiles(let levels): kind = .quantiles(levels)
    case .likelihood(let likelihood): kind = .likelihood(likelihood)
    }
    self.columns = columns
  }

  /// Whether it gives distributions of counts.
  package var countsNumbers: Bool {
    if case .likelihood(.negativeBinomial) = kind { true } else { false }
  }

  /// P, the number of outputs of each number.
  private var width: Int {
    switch kind {
    case .quantiles(let levels): levels.count
    case .likelihood(.student): 3
    case .likelihood(.gaussian), .likelihood(.negativeBinomial): 2
    }
  }

  /// The size of the last layer, for all numbers.
  var outputSize: Int { columns.count * width }

  /// The mean loss over the targets that are not NaN; 0 without any. Differentiable with respect to the outputs.
  ///
  /// - Parameters:
  ///   - outputs: `[..., F P]`.
  ///   - targets: a number for each P outputs, row-major, in the samples' scale.
  package func loss(_ outputs: Tensor, _ targets: [Float]) -> Tensor {
    require(
      targets.count * width == outputs.count,
      "\(targets.count) targets do not fit outputs of shape \(outputs.shape) with \(width) each")
    let scalars = outputs.scalars
    let counted = targets.count { !$0.isNaN }
    let share = 1 / Double(max(1, counted))
    var gradient = [Float](repeating: 0, count: scalars.count)
    var total = 0.0
    var slopes = [Double](repeating: 0, count: width)
    for (index, target) in targets.enumerated() where !target.isNaN {
      let start = index * width
      total += loss(
        scalars[start..<start + width], target, columns[index % columns.count], &slopes)
      for place in 0..<width { gradient[start + place] = Float(slopes[place] * share) }
    }
    let slope = Tensor(gradient, shape: outputs.shape)
    return Tensor.record([Tensor(Float(total * share))], dependingOn: [outputs]) { cotangents in
      [cotangents[0].map { slope * $0.scalar }]
    }[0]
  }

  /// The forecast of one number, in its original unit.
  package func forecast(_ outputs: ArraySlice<Float>, _ column: Column) -> NumberForecast {
    switch kind {
    case .quantiles(let levels):
      // Quantiles that cross are put in order.
      .quantiles(
        zip(levels, outputs.map { column.number(of: $0) }.sorted()).map { .init($0, $1) })
    case .likelihood(let likelihood):
      .distribution(likelihood.distribution(outputs, column).unscaled(by: column))
    }
  }

  /// The forecasts of all numbers, in the order of the outputs.
  package func forecasts(_ outputs: Tensor) -> [NumberForecast] {
    let scalars = outputs.scalars
    return (0..<scalars.count / width).map { index in
      forecast(
        scalars[index * width..<(index + 1) * width], columns[index % columns.count])
    }
  }

  /// The single numbers that stand for the forecasts, in the samples' scale, `[..., F]`.
  package func points(_ outputs: Tensor) -> Tensor {
    let points = forecasts(outputs).enumerated().map { index, forecast in
      columns[index % columns.count].scaled(forecast.point)
    }
    return Tensor(points, shape: outputs.shape.dropLast() + [columns.count])
  }

  /// The quantiles of all numbers, rising, in the samples' scale.
  func quantiles(_ outputs: Tensor) -> [(share: Double, numbers: [Float])] {
    let all = forecasts(outputs).map(\.quantiles)
    return (all.first ?? []).indices.map { place in
      let numbers = all.enumerated().map { index, quantiles in
        columns[index % columns.count].scaled(quantiles[place].value)
      }
      return (all[0][place].share, numbers)
    }
  }

  /// The loss of one target, and its slopes with respect to the outputs.
  private func loss(
    _ outputs: ArraySlice<Float>, _ target: Float, _ column: Column, _ slopes: inout [Double]
  ) -> Double {
    switch kind {
    case .quantiles(let levels):
      var sum = 0.0
      for (place, (output, level)) in zip(outputs, levels).enumerated() {
        let error = Double(target) - Double(output)
        sum += max(level * error, (level - 1) * error)
        slopes[place] = (error > 0 ? -level : error < 0 ? 1 - level : 0) / Double(levels.count)
      }
      return sum / Double(levels.count)
    case .likelihood(let likelihood):
      return likelihood.loss(outputs, target, column, &slopes)
    }
  }
}

/// The forecast of a number by a head of quantiles or of a distribution, in the number's own unit.
package enum NumberForecast: Hashable, Sendable {
  /// A share between 0 and 1, and the number that is not exceeded with this probability.
  package struct Quantile: Hashable, Sendable {
    package let share: Double
    package let value: Double

    init(_ share: Double, _ value: Double) { (self.share, self.value) = (share, value) }
  }

  /// Quantiles, rising.
  case quantiles([Quantile])
  /// A distribution.
  case distribution(PredictiveDistribution)

  /// The quantile nearest to the median, or the mean of a distribution.
  package var point: Double {
    switch self {
    case .quantiles(let all):
      all.min { ($0.share - 0.5).magnitude < ($1.share - 0.5).magnitude }?.value ?? .nan
    case .distribution(let distribution): distribution.mean
    }
  }

  /// The quantiles of a forecast: its own, or at 0.1, 0.5 and 0.9.
  package var quantiles: [Quantile] {
    switch self {
    case .quantiles(let all): all
    case .distribution(let distribution):
      [0.1, 0.5, 0.9].map { .init($0, distribution.quantile($0)) }
    }
  }

  /// The probability that a number lies from the first to the last of the ``quantiles``.
  package var expectedCoverage: Double {
    switch self {
    case .quantiles(let all): (all.last?.share ?? 0) - (all.first?.share ?? 0)
    case .distribution: 0.8
    }
  }

  /// Whether a number lies from the first to the last of the ``quantiles``.
  package func covers(_ y: Double) -> Bool {
    switch self {
    case .quantiles(let all):
      guard let first = all.first, let last = all.last else { return false }
      return first.value <= y && y <= last.value
    case .distribution(.negativeBinomial(let mean, let dispersion)):
      let counts = PredictiveDistribution.negativeBinomial(mean: mean, dispersion: dispersion)
      return counts.cumulative(y) >= 0.1 && counts.cumulative(y - 1) < 0.9
    case .distribution(let distribution): return (0.1...0.9).contains(distribution.cumulative(y))
    }
  }
}
