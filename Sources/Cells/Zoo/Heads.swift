/// The heads of a cell with a matrix for a state: their number, and the widths of their keys and values.
package struct Heads {
  let count: Int
  /// The width of a head's key, K.
  let key: Int
  /// The width of a head's value, V.
  let value: Int

  /// The units of all keys, and of all values.
  var keys: Int { count * key }
  var values: Int { count * value }

  /// The shape of the matrices, `[heads, K, V]`.
  var matrices: [Int] { [count, key, value] }

  /// The given sizes; what is nil follows from a width that all heads share.
  ///
  /// By default there are as many heads as have at least 64 units each, as in the published models, or else one.
  package init(_ count: Int?, key: Int? = nil, value: Int? = nil, sharing width: Int) {
    self.count =
      count ?? (1...max(1, width / 64)).reversed().first { width % $0 == 0 } ?? 1
    self.key = key ?? width / max(1, self.count)
    self.value = value ?? width / max(1, self.count)
  }

  /// Throws where heads of these options don't suit a width.
  static func check(
    _ count: Int?, key: Int? = nil, value: Int? = nil, sharing width: Int
  ) throws(UnsuitableOption) {
    let most = 1 << 16
    if let key { try (1...most).check(key, "keyWidth") }
    if let value { try (1...most).check(value, "valueWidth") }
    guard let count else { return }
    try (1...most).check(count, "heads")
    guard key != nil && value != nil || width % count == 0 else {
      throw UnsuitableOption("heads", expected: "a divisor of \(width)", found: count)
    }
  }
}

/// A cell whose options are the sizes of its heads, and no others.
protocol MultiHeadCell: RecurrentCell {
  var heads: Int? { get }
  var keyWidth: Int? { get }
  var valueWidth: Int? { get }
}

extension MultiHeadCell {
  /// Checks that the heads share H.
  public func validate(inputSize: Int, hiddenSize: Int) throws(UnsuitableOption) {
    try Heads.check(heads, key: keyWidth, value: valueWidth, sharing: hiddenSize)
  }
}

/// A cell of heads whose outputs are normalised, as in flash-linear-attention.
protocol NormalizedHeadsCell: MultiHeadCell {
  /// What the norm adds to the mean square.
  var epsilon: Double? { get }
}

extension NormalizedHeadsCell {
  /// Checks that the heads share H, and the norm.
  public func validate(inputSize: Int, hiddenSize: Int) throws(UnsuitableOption) {
    try Heads.check(heads, key: keyWidth, value: valueWidth, sharing: hiddenSize)
    try checkNorm(epsilon)
  }
}

/// Throws where what a norm adds to a mean square is no positive number.
func checkNorm(_ epsilon: Double?) throws(UnsuitableOption) {
  guard let epsilon, !(epsilon > 0 && epsilon <= 1) else { return }
  throw UnsuitableOption("epsilon", expected: "a positive number up to 1", found: epsilon)
}

/// `ELU(x) + 1`, a positive feature.
func eluPlusOne(_ x: Signal) -> Signal {
  relu(x) + exp(minimum(x, x.constant(0)))
}

/// Divided by the length along the last axis, `x / sqrt(Σ x² + 1e-6)`.
func ofUnitLength(_ x: Signal) -> Signal {
  x / sqrt((x * x).sum(-1) + 1e-6).expanded(at: -1)
}

extension CellBuilder {
  /// A product with published weights, initialised as in flash-linear-attention; of the input unless `columns` is given.
  func attentionProjection(
    _ name: String, from columns: Int? = nil, to width: Int, hasBias: Bool = false
  ) -> Projection {
    projection(
      name, from: columns ?? input.width, to: width, hasBias: hasBias,
      initially: .flashLinearAttention)
  }

  /// A causal convolution over four steps without a bias, as in flash-linear-attention.
  func attentionConvolution(_ name: String, channels: Int) -> CausalConvolution {
    convolution(name, channels: channels, hasBias: false, initially: .flashLinearAttention)
  }
}

extension Initialization {
  /// As flash-linear-attention initialises products and convolutions.
  static let flashLinearAttention = Self.normal(deviation: 0.02)

  /// Uniform from ±1/sqrt(inputs), as PyTorch initialises products.
  static func pyTorch(inputs: Int, scale: Double = 1) -> Self {
    let limit = scale / Double(max(1, inputs)).squareRoot()
    return .uniform(-limit...limit)
  }

  /// The inverse softplus of steps that are uniform on a logarithmic scale from 0.001 to 0.1.
  static let stateSpaceStep = Self.softplusOfLogUniform(0.001...0.1)

  /// Numbers spread evenly over a range.
  static func spread(_ range: ClosedRange<Double>, count: Int) -> Self {
    let step = (range.upperBound - range.lowerBound) / Double(max(1, count - 1))
    return .values((0..<count).map { range.lowerBound + Double($0) * step })
  }
}
