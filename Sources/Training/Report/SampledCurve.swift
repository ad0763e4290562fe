/// A curve of numbers over steps in bounded memory: each point is the mean of several consecutive values, so that there
/// are at most a thousand points.
public struct SampledCurve: Codable, Hashable, Sendable {
  /// A mean value, and the last step that is in it.
  public struct Point: Codable, Hashable, Sendable {
    /// The step.
    public let step: Int
    /// The value.
    public let value: Double
  }

  /// The most points.
  static let limit = 1000

  private var whole: [Point] = []
  /// The number of values in a point.
  private var stride = 1
  private var sum = 0.0
  private var count = 0
  private var lastStep = 0

  /// An empty curve.
  public init() {}

  /// The points; the last one may be of fewer values.
  public var points: [Point] {
    count == 0 ? whole : whole + [Point(step: lastStep, value: sum / Double(count))]
  }

  /// Adds a value.
  public mutating func add(_ value: Double, step: Int) {
    (sum, count, lastStep) = (sum + value, count + 1, step)
    guard count == stride else { return }
    whole.append(Point(step: step, value: sum / Double(count)))
    (sum, count) = (0, 0)
    guard whole.count >= Self.limit else { return }
    whole = Swift.stride(from: 1, to: whole.count, by: 2).map {
      Point(step: whole[$0].step, value: (whole[$0 - 1].value + whole[$0].value) / 2)
    }
    stride *= 2
  }

  /// Removes the values after a step, for training resumed there.
  mutating func cut(after step: Int) {
    whole.removeAll { $0.step > step }
    if lastStep > step { (sum, count) = (0, 0) }
  }

  /// The moving average of the points.
  func smoothed() -> [Point] {
    let points = points
    let values = points.map(\.value).movingAverage(overShare: 0.02)
    return zip(points, values).map { Point(step: $0.step, value: $1) }
  }
}

extension [Double] {
  /// The mean of each number and of those near it: of a share of all numbers to each side.
  func movingAverage(overShare share: Double) -> [Double] {
    let reach = Int((Double(count) * share).rounded())
    return indices.map { index in
      let near = self[Swift.max(0, index - reach)...Swift.min(count - 1, index + reach)]
      return near.reduce(0, +) / Double(near.count)
    }
  }
}
