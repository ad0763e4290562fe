import Models
import TensorCore

/// An average of the weights over steps, which is evaluated and saved instead of the weights.
///
///     exponential   a ← δ a + (1 - δ) p, after each step; a ← p after the first
///     stochastic    the mean of p after every step from `start` on
///
/// As PyTorch's `AveragedModel` does it. Papers: B. Polyak and A. Juditsky, Acceleration of stochastic
/// approximation by averaging, 1992; P. Izmailov et al., Averaging weights leads to wider optima, UAI 2018.
public enum WeightAveraging: Codable, Hashable, Sendable {
  /// None.
  case none
  /// An exponential moving average.
  case exponential(decay: Double)
  /// The mean of all steps from `start` on, counted from 1.
  case stochastic(start: Int)

  func validate() throws(InvalidSetting) {
    switch self {
    case .none: return
    case .exponential(let decay):
      guard decay > 0, decay < 1 else {
        throw InvalidSetting(
          "average's decay", expected: "a share above 0 and below 1", found: decay)
      }
    case .stochastic(let start):
      try InvalidSetting.check("average's first step", start, in: 1...Int.max)
    }
  }

  /// The averages after each of the given values of one parameter, as far as there is an average.
  package func averages(of path: [Tensor]) -> [Tensor] {
    var (average, result) = (AverageOfWeights(), [Tensor]())
    for (index, value) in path.enumerated() {
      average.add([value], step: index + 1, self)
      result += average.values
    }
    return result
  }

  /// The share of the new weights in the average after a step; nil before averaging starts.
  func share(step: Int, count: Int) -> Double? {
    switch self {
    case .none: nil
    case .exponential(let decay): count == 0 ? 1 : 1 - decay
    case .stochastic(let start): step < start ? nil : 1 / Double(count + 1)
    }
  }
}

extension WeightAveraging: LosslessStringConvertible {
  /// Parses `none`, `ema:DECAY` or `swa:FIRST-STEP`; nil for any other text.
  public init?(_ text: String) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    switch (parts.first, parts.count) {
    case ("none", 1): self = .none
    case ("ema", 2):
      guard let decay = Double(parts[1]) else { return nil }
      self = .exponential(decay: decay)
    case ("swa", 2):
      guard let start = Int(parts[1]) else { return nil }
      self = .stochastic(start: start)
    default: return nil
    }
  }

  /// The text that ``init(_:)`` reads.
  public var description: String {
    switch self {
    case .none: "none"
    case .exponential(let decay): "ema:\(decay)"
    case .stochastic(let start): "swa:\(start)"
    }
  }
}

/// The running average of weights over steps.
struct AverageOfWeights: Sendable {
  /// The number of steps in the average.
  var count = 0
  /// The averages, in the model's order; empty before the first.
  var values: [Tensor] = []

  /// Adds the weights after a step.
  mutating func add(
    _ weights: @autoclosure () -> [Tensor], step: Int, _ averaging: WeightAveraging
  ) {
    guard let share = averaging.share(step: step, count: count) else { return }
    let weights = weights()
    values =
      count == 0
      ? weights : zip(values, weights).map { $0 + ($1 - $0) * Float(share) }
    count += 1
  }
}

extension Module {
  /// The model with the given weights, in visiting order.
  func with(_ weights: [Tensor]) -> Self {
    var (copy, position) = (self, 0)
    copy.updateParameters { _, parameter in
      parameter = weights[position]
      position += 1
    }
    return copy
  }
}
