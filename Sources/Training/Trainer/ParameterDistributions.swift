import TensorCore

/// How the weights of each parameter and their gradients are distributed after a step.
public struct ParameterDistributions: Codable, Hashable, Sendable {
  /// One parameter.
  public struct Parameter: Codable, Hashable, Sendable {
    /// The parameter's name.
    public let name: String
    /// The parameter's shape.
    public let shape: [Int]
    /// Its weights after the step.
    public let weights: Histogram
    /// The step's gradients of them, before clipping by norm.
    public let gradients: Histogram
  }

  /// The number of completed steps.
  public let step: Int
  /// The parameters in the model's order; a tied one stands once.
  public let parameters: [Parameter]

  /// Those of a model and the gradients of its last step.
  public init(step: Int, model: some Module, gradients: Gradients) {
    self.step = step
    let weights = Dictionary(
      model.parameters.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
    parameters = zip(gradients.names, gradients.values).compactMap { name, gradient in
      weights[name].map {
        Parameter(
          name: name, shape: $0.shape, weights: Histogram($0.scalars),
          gradients: Histogram(gradient.scalars))
      }
    }
  }
}

/// The number of values in each of some equal intervals about the mean.
///
/// The intervals together span the values, but at most four standard deviations to each side of the mean; what is further
/// out counts in the first or last interval. Values that are not finite are left out.
public struct Histogram: Codable, Hashable, Sendable {
  /// The lower end of the first interval.
  public let low: Double
  /// The upper end of the last interval.
  public let high: Double
  /// The number of values in each interval.
  public let counts: [Int]
  /// The mean.
  public let mean: Double
  /// The standard deviation.
  public let deviation: Double

  /// The histogram of values.
  ///
  /// - Parameters:
  ///   - values: the values; infinities and NaN are left out.
  ///   - intervals: the number of intervals, at least 1.
  public init(_ values: some Sequence<some BinaryFloatingPoint>, intervals: Int = 40) {
    let values = values.lazy.map { Double($0) }.filter(\.isFinite)
    var (count, sum, squares, least, most) = (0.0, 0.0, 0.0, Double.infinity, -Double.infinity)
    for value in values {
      (count, sum, squares) = (count + 1, sum + value, squares + value * value)
      (least, most) = (min(least, value), max(most, value))
    }
    let mean = count > 0 ? sum / count : 0
    let deviation = count > 0 ? max(0, squares / count - mean * mean).squareRoot() : 0
    let low = max(count > 0 ? least : 0, mean - 4 * deviation)
    let high = min(count > 0 ? most : 0, mean + 4 * deviation)
    var counts = Array(repeating: 0, count: max(1, intervals))
    let scale = high > low ? Double(counts.count) / (high - low) : 0
    for value in values {
      let place = (max(low, min(high, value)) - low) * scale
      counts[min(counts.count - 1, Int(place))] += 1
    }
    (self.mean, self.deviation, self.low, self.high) = (mean, deviation, low, high)
    self.counts = counts
  }
}
