/// How accurately matrices are multiplied, under PyTorch's names.
///
/// ```swift
/// let (loss, gradients) = withPrecision(.high) {
///   valueAndGradient(of: model) { model in crossEntropy(model(x), targets) }
/// }
/// ```
///
/// `high` and `medium` need a matrix unit for bf16 numbers, as AMX is; a processor without one computes
/// them in float32: see ``inUse`` and ``line``. Sums are float32 always, and so is everything that is no product of
/// matrices. Results are the same to the bit for any number of threads. Products of a few rows, for which
/// converting the weights would take longer than multiplying by them, are computed in float32.
public enum Precision: String, Sendable, Hashable, Codable, CaseIterable {
  /// Float32 throughout: a relative error of about 4e-7 in a product.
  case highest
  /// Three bf16 products, of each number's nearest bf16 and of the remainder: about 4e-6.
  case high
  /// One bf16 product: about 2e-3.
  case medium

  /// The precision in force: ``highest`` outside of ``withPrecision(_:_:)``.
  public static var current: Precision { PrecisionInForce.precision }

  /// The precision that this machine uses for it: itself, or ``highest`` where there is no matrix unit.
  public var inUse: Precision { MatrixUnit(self) == nil ? .highest : self }

  /// A line for programs: the precision, and how this machine computes it.
  ///
  /// ```swift
  /// print(Precision.high.line)  // high, on amx
  ///                             // or: high, computed in float32: this machine has no matrix unit for bf16
  /// ```
  public var line: String {
    if self == .highest { return rawValue }
    guard let unit = MatrixUnit(self) else {
      return "\(rawValue), computed in float32: this machine has no matrix unit for bf16"
    }
    return "\(rawValue), on \(unit.name)"
  }
}

/// Calls a function whose products of matrices have the given precision, forward and backward.
///
/// It applies to everything that `body` calls, on all threads of the ``ThreadTeam`` and in tasks that it starts
/// (`Task`, task groups), but not on other threads and detached tasks. Of nested calls the innermost applies.
public func withPrecision<Result>(
  _ precision: Precision, _ body: () throws -> Result
) rethrows -> Result {
  try PrecisionInForce.$precision.withValue(precision, operation: body)
}

private enum PrecisionInForce {
  @TaskLocal static var precision = Precision.highest
}
