/// Gated linear attention: a matrix whose rows are forgotten at rates that depend on the input.
///
///     log a = log σ(W₂ W₁ x + b) / 16
///     S' = diag(a) S + k vᵀ
///     y = W_o (rms(S'ᵀ q / √K) γ ∘ silu(W_g x))
///
/// State: matrix S `[heads, K, V]`. Parameters as in flash-linear-attention: `q_proj.weight` and `k_proj.weight
/// [heads K, I]`, `v_proj.weight` and `g_proj.weight [heads V, I]`, `gk_proj.0.weight [R, I]` (W₁),
/// `gk_proj.1.weight [heads K, R]` (W₂) and `gk_proj.1.bias`, `o_proj.weight [H, heads V]`,
/// `g_norm_swish_gate.weight [V]`.
public struct GLA: RecurrentCell, Codable, Hashable {
  /// The number of heads; nil for as many as have at least 64 units each.
  public var heads: Int?
  /// The width of a head's key, K; nil for H / heads.
  public var keyWidth: Int?
  /// The width of a head's value, V; nil for H / heads.
  public var valueWidth: Int?
  /// The rank of the product that makes the decays, R; nil for 16, or H where that is less.
  public var rank: Int?
  /// What the norm by head adds to the mean square; nil for 1e-5. Models of flash-linear-attention have 1e-6.
  public var epsilon: Double?

  /// A cell with the given options.
  public init(
    heads: Int? = nil, keyWidth: Int? = nil, valueWidth: Int? = nil, rank: Int? = nil,
    epsilon: Double? = nil
  ) {
    self.heads = heads
    self.keyWidth = keyWidth
    self.valueWidth = valueWidth
    self.rank = rank
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
    let rank = rank ?? min(16, width)
    let narrow = cell.attentionProjection("gk_proj.0", to: rank)
    let decay = cell.attentionProjection("gk_proj.1", from: rank, to: size.keys, hasBias: true)
    let output = cell.attentionProjection("o_proj", from: size.values, to: width)
    let gain = cell.parameter(
      "g_norm_swish_gate.weight", [size.value], initially: .constant(1))

    let s = cell.state("matrix", shape: size.matrices)
    let q = query(x).shaped(size.count, size.key) / Double(size.key).squareRoot()
    let k = key(x).shaped(size.count, size.key)
    let v = value(x).shaped(size.count, size.value)
    let a = exp(logSigmoid(decay(narrow(x))) / 16).shaped(size.count, size.key, 1)
    let matrix = a * s + outer(k, v)
    cell.update(s, to: matrix)
    let o = matrix.read(by: q).rootMeanSquareNormalized(epsilon: epsilon ?? 1e-5) * gain
    cell.output(output(o.flat * silu(gate(x))))
  }

  /// Checks that the heads share H, the rank and the norm.
  public func validate(inputSize: Int, hiddenSize: Int) throws(UnsuitableOption) {
    try Heads.check(heads, key: keyWidth, value: valueWidth, sharing: hiddenSize)
    try checkNorm(epsilon)
    if let rank { try (1...1 << 16).check(rank, "rank") }
  }
}

extension GLA {
  /// The entries of ``CellRegistry/standard`` for this type.
  static let entries: [CellRegistry.Entry] = [
    .init(
      name: "gla", cell: GLA(),
      summary: "gated linear attention: a decay for each row of the matrix",
      paper:
        "S. Yang, B. Wang, Y. Shen, R. Panda and Y. Kim, Gated linear attention"
        + " transformers with hardware-efficient training, ICML 2024")
  ]
}
