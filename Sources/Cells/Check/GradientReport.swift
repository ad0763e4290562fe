/// The comparisons made for one cell, and their errors.
///
/// ```swift
/// let report = checkGradients(of: MyCell())
/// #expect(report.passed, "\(report)")
/// ```
public struct GradientReport: Sendable, Hashable, CustomStringConvertible {
  /// One comparison.
  public struct Check: Sendable, Hashable {
    /// The values compared.
    public let name: String
    /// The largest difference, relative to the largest number of its kind; 0 for the same bits.
    public let error: Double
    /// The largest difference that passes.
    public let tolerance: Double
    /// The place of the largest difference, a parameter, say; empty if there is none to name.
    public let place: String

    /// Whether the difference is small enough. NaN is not.
    public var passed: Bool { error <= tolerance }
  }

  /// The comparisons in the order in which they were made.
  public internal(set) var checks: [Check] = []

  /// Whether all comparisons passed.
  public var passed: Bool { checks.allSatisfy(\.passed) }

  /// A line for each comparison.
  public var description: String {
    checks.map(\.description).joined(separator: "\n")
  }
}

extension GradientReport.Check: CustomStringConvertible {
  /// A mark, the values compared, their difference and its tolerance.
  public var description: String {
    let measure = tolerance == 0 ? "" : ": \(error.brief), at most \(tolerance.brief)"
    let where_ = place.isEmpty || passed && tolerance == 0 ? "" : " (\(place))"
    return (passed ? "✓ " : "✗ ") + name + measure + where_
  }
}

extension Double {
  /// Two digits and a power of ten.
  fileprivate var brief: String {
    guard isFinite, self != 0 else { return "\(self)" }
    var (digits, exponent) = (magnitude, 0)
    while digits < 1 { (digits, exponent) = (digits * 10, exponent - 1) }
    while digits >= 10 { (digits, exponent) = (digits / 10, exponent + 1) }
    return "\((digits * 10).rounded() / 10)e\(exponent)"
  }
}
