/// Retention: a matrix that each head forgets at a rate of its own.
///
///     S' = g_j S + k vᵀ      g_j = 1 - 2^(-5-j) for head j = 0, 1, …
///     y = W_o (rms(S'ᵀ q / √K) γ ∘ silu(W_g x))
///
/// The rotation of queries and keys by position is left out. State: matrix S `[heads, K, V]`. Parameters as in
/// flash-linear-attention: `q_proj.weight` and `k_proj.weight [heads K, I]`, `v_proj.weight` and `g_proj.weight
/// [heads V, I]`, `o_proj.weight [H, heads V]`, `g_norm_swish_gate.weight [V]`.
public struct RetNet: NormalizedHeadsCell, Codable, Hashable {
  /// The number of heads; nil for as many as have at least 64 units each.
  public var heads: Int?
  /// The width of a head's key, K; nil for H / heads.
  public var keyWidth: Int?
  /// The width of a head's value, V; nil for H / heads.
  public var valueWidth: Int?
  /// What the norm by head adds to the mean square; nil for 1e-5. Models of flash-linear-attention have 1e-6.
  public var epsilon: Double?

  /// A cell with the given options.
  public init(
    heads: Int? = nil, keyWidth: Int? = nil, valueWidth: Int? = nil, epsilon: Double? = nil
  ) {
    self.heads = heads
    self.keyWidth = keyWidth
    self.valueWidth = valueWidth
    self.epsilon = epsilon
  }

  public func equations(_ cell: inout CellBuilder) {
    let (x, width) = (cell.input, cell.hiddenSize)
    let size = Heads(heads, key: keyWidth, value: valueWidth, sharing: width)
    let (query, key) = (
      cell.attentionProjection("q_proj", to: size.keys),
      cell.attentionProjection("k_proj", to: size.keys)
    )
    let (value, gate) = (
      cell.attentionProjection("v_proj", to: size.values),
      cell.attentionProjection("g_proj", to: size.values)
    )
    let output = cell.attentionProjection("o_proj", from: size.values, to: width)
    let gain = cell.parameter(
      "g_norm_swish_gate.weight", [size.value], initially: .constant(1))

    let s = cell.state("matrix", shape: size.matrices)
    let q = query(x).shaped(size.count, size.key) / Double(size.key).squareRoot()
    let k = key(x).shaped(size.count, size.key)
    let v = value(x).shaped(size.count, size.value)
    let decays = (0..<size.count).map { 1 - 1 / Double(32 << min($0, 40)) }
    let matrix = cell.constants(decays).shaped(size.count, 1, 1) * s + outer(k, v)
    cell.update(s, to: matrix)
    let o = matrix.read(by: q).rootMeanSquareNormalized(epsilon: epsilon ?? 1e-5) * gain
    cell.output(output(o.flat * silu(gate(x))))
  }
}

extension RetNet {
  /// The entries of ``CellRegistry/standard`` for this type.
  static let entries: [CellRegistry.Entry] = [
    .init(
      name: "retnet", cell: RetNet(),
      summary: "retention: a matrix with a fixed decay for each head",
      paper:
        "Y. Sun, L. Dong, S. Huang, S. Ma, Y. Xia, J. Xue, J. Wang and F. Wei, Retentive"
        + " network: a successor to transformer for large language models, 2023")
  ]
}
