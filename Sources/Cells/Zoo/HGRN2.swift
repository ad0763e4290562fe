/// HGRN2: the forget gate of HGRN, with a matrix for a state; what is forgotten of a row is what is written to it.
///
///     a = β + (1 - β) σ(W_f x)
///     S' = diag(a) S + (1 - a) iᵀ      i = W_i x
///     y = W_o rms(S'ᵀ silu(W_q x) / √K) γ      rms: over all heads together
///
/// State: matrix S `[heads, K, V]`. Parameters as in flash-linear-attention: `q_proj.weight` and `f_proj.weight
/// [heads K, I]`, `i_proj.weight [heads V, I]`, `g_norm.weight [heads V]`, `o_proj.weight [H, heads V]`. The lower
/// bound β is an option; the published model learns a table of them, one a layer, which begins at 0.
public struct HGRN2: RecurrentCell, Codable, Hashable {
  /// The number of heads; nil for as many as have at least 64 units each.
  public var heads: Int?
  /// The width of a head's key, K; nil for H / heads.
  public var keyWidth: Int?
  /// The width of a head's value, V; nil for H / heads.
  public var valueWidth: Int?
  /// The least that a row keeps, β, from 0 to less than 1.
  public var lowerBound: Double
  /// What the norm of all heads adds to the mean square; nil for 1e-5. Models of flash-linear-attention have 1e-6.
  public var epsilon: Double?

  /// A cell with the given options.
  public init(
    heads: Int? = nil, keyWidth: Int? = nil, valueWidth: Int? = nil, lowerBound: Double = 0,
    epsilon: Double? = nil
  ) {
    self.heads = heads
    self.keyWidth = keyWidth
    self.valueWidth = valueWidth
    self.lowerBound = lowerBound
    self.epsilon = epsilon
  }

  public func equations(_ cell: inout CellBuilder) {
    let (x, width) = (cell.input, cell.hiddenSize)
    let size = Heads(heads, key: keyWidth, value: valueWidth, sharing: width)
    let (query, forget) = (
      cell.attentionProjection("q_proj", to: size.keys),
      cell.attentionProjection("f_proj", to: size.keys)
    )
    let input = cell.attentionProjection("i_proj", to: size.values)
    let gain = cell.parameter("g_norm.weight", [size.values], initially: .constant(1))
    let output = cell.attentionProjection("o_proj", from: size.values, to: width)

    let s = cell.state("matrix", shape: size.matrices)
    let q = silu(query(x)).shaped(size.count, size.key) / Double(size.key).squareRoot()
    let i = input(x).shaped(size.count, size.value)
    let a = (lowerBound + (1 - lowerBound) * sigmoid(forget(x))).shaped(size.count, size.key)
    let matrix = a.expanded(at: -1) * s + outer(1 - a, i)
    cell.update(s, to: matrix)
    let o = matrix.read(by: q).flat.rootMeanSquareNormalized(epsilon: epsilon ?? 1e-5) * gain
    cell.output(output(o))
  }

  /// Checks that the heads share H, and the lower bound.
  public func validate(inputSize: Int, hiddenSize: Int) throws(UnsuitableOption) {
    try Heads.check(heads, key: keyWidth, value: valueWidth, sharing: hiddenSize)
    try checkNorm(epsilon)
    guard lowerBound >= 0, lowerBound < 1 else {
      throw UnsuitableOption(
        "lowerBound", expected: "a number from 0 to less than 1", found: lowerBound)
    }
  }
}

extension HGRN2 {
  /// The entries of ``CellRegistry/standard`` for this type.
  static let entries: [CellRegistry.Entry] = [
    .init(
      name: "hgrn2", cell: HGRN2(),
      summary: "HGRN with a matrix for a state",
      paper:
        "Z. Qin, S. Yang, W. Sun, X. Shen, D. Li, W. Sun and Y. Zhong, HGRN2: gated"
        + " linear RNNs with state expansion, COLM 2024")
  ]
}
