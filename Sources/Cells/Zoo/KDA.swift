/// Kimi delta attention: the delta rule on a matrix whose rows are forgotten at rates of their own.
///
///     a = exp(-exp(A) softplus(W₂ W₁ x + b_dt))      b = σ(W_b x)
///     S₁ = diag(a) S      S' = S₁ + b k (v - S₁ᵀ k)ᵀ
///     y = W_o (rms(S'ᵀ q / √K) γ ∘ σ(G₂ G₁ x + b_g))
///
/// q, k and v are `silu(conv4(W x))`, q and k of unit length in each head. States: past_q, past_k and past_v, the
/// last three steps before the convolutions, and matrix S `[heads, K, V]`. Parameters as in flash-linear-attention:
/// `A_log [heads]`, `dt_bias [heads K]`, `q_proj.weight` and `k_proj.weight [heads K, I]`, `v_proj.weight
/// [heads V, I]`, `q_conv1d.weight` and `k_conv1d.weight [heads K, 1, 4]`, `v_conv1d.weight [heads V, 1, 4]`,
/// `f_proj.0.weight [V, I]` (W₁), `f_proj.1.weight [heads K, V]` (W₂), `b_proj.weight [heads, I]`,
/// `g_proj.0.weight [V, I]` (G₁), `g_proj.1.weight [heads V, V]` (G₂) and `g_proj.1.bias`, `o_norm.weight [V]`,
/// `o_proj.weight [H, heads V]`.
public struct KDA: NormalizedHeadsCell, Codable, Hashable {
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
    let rate = cell.parameter("A_log", [size.count], initially: .logUniform(1...16))
    let stepBias = cell.parameter("dt_bias", [size.keys], initially: .stateSpaceStep)
    let (query, key) = (
      cell.attentionProjection("q_proj", to: size.keys),
      cell.attentionProjection("k_proj", to: size.keys)
    )
    let value = cell.attentionProjection("v_proj", to: size.values)
    let (convolveQ, convolveK, convolveV) = (
      cell.attentionConvolution("q_conv1d", channels: size.keys),
      cell.attentionConvolution("k_conv1d", channels: size.keys),
      cell.attentionConvolution("v_conv1d", channels: size.values)
    )
    let narrowStep = cell.attentionProjection("f_proj.0", to: size.value)
    let step = cell.attentionProjection("f_proj.1", from: size.value, to: size.keys)
    let strength = cell.attentionProjection("b_proj", to: size.count)
    let narrowGate = cell.attentionProjection("g_proj.0", to: size.value)
    let gate = cell.attentionProjection(
      "g_proj.1", from: size.value, to: size.values, hasBias: true)
    let gain = cell.parameter("o_norm.weight", [size.value], initially: .constant(1))
    let output = cell.attentionProjection("o_proj", from: size.values, to: width)

    let q =
      ofUnitLength(silu(convolveQ(query(x), state: "past_q")).shaped(size.count, size.key))
      / Double(size.key).squareRoot()
    let k = ofUnitLength(
      silu(convolveK(key(x), state: "past_k")).shaped(size.count, size.key))
    let v = silu(convolveV(value(x), state: "past_v")).shaped(size.count, size.value)
    let s = cell.state("matrix", shape: size.matrices)
    let steps = softplus(step(narrowStep(x)) + stepBias).shaped(size.count, size.key)
    let a = exp(-exp(rate).expanded(at: -1) * steps)
    let b = sigmoid(strength(x)).shaped(size.count, 1)
    let kept = a.expanded(at: -1) * s
    let matrix = kept + outer(k, b * (v - kept.read(by: k)))
    cell.update(s, to: matrix)
    let o = matrix.read(by: q).rootMeanSquareNormalized(epsilon: epsilon ?? 1e-5) * gain
    cell.output(output(o.flat * sigmoid(gate(narrowGate(x)))))
  }
}

extension KDA {
  /// The entries of ``CellRegistry/standard`` for this type.
  static let entries: [CellRegistry.Entry] = [
    .init(
      name: "kda", cell: KDA(),
      summary: "the delta rule with a decay for each row of the matrix",
      paper:
        "Kimi Team, Kimi Linear: an expressive, efficient attention architecture, 2025")
  ]
}
