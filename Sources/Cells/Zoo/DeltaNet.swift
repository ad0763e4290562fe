/// DeltaNet: a key's value replaces what the matrix holds for that key, by the delta rule.
///
///     S' = S + b k (v - Sᵀ k)ᵀ      b = σ(W_b x)
///     y = W_o rms(S'ᵀ q / √K) γ
///
/// q, k and v are `silu(conv4(W x))`, q and k of unit length in each head. States: past_q, past_k and past_v, the
/// last three steps before the convolutions, and matrix S `[heads, K, V]`. Parameters as in flash-linear-attention:
/// `q_proj.weight` and `k_proj.weight [heads K, I]`, `v_proj.weight [heads V, I]`, `b_proj.weight [heads, I]`,
/// `q_conv1d.weight` and `k_conv1d.weight [heads K, 1, 4]`, `v_conv1d.weight [heads V, 1, 4]`, `o_norm.weight [V]`,
/// `o_proj.weight [H, heads V]`.
public struct DeltaNet: NormalizedHeadsCell, Codable, Hashable {
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
    let (value, rate) = (
      cell.attentionProjection("v_proj", to: size.values),
      cell.attentionProjection("b_proj", to: size.count)
    )
    let (convolveQ, convolveK, convolveV) = (
      cell.attentionConvolution("q_conv1d", channels: size.keys),
      cell.attentionConvolution("k_conv1d", channels: size.keys),
      cell.attentionConvolution("v_conv1d", channels: size.values)
    )
    let gain = cell.parameter("o_norm.weight", [size.value], initially: .constant(1))
    let output = cell.attentionProjection("o_proj", from: size.values, to: width)

    let q =
      ofUnitLength(silu(convolveQ(query(x), state: "past_q")).shaped(size.count, size.key))
      / Double(size.key).squareRoot()
    let k = ofUnitLength(
      silu(convolveK(key(x), state: "past_k")).shaped(size.count, size.key))
    let v = silu(convolveV(value(x), state: "past_v")).shaped(size.count, size.value)
    let s = cell.state("matrix", shape: size.matrices)
    let b = sigmoid(rate(x)).shaped(size.count, 1)
    let matrix = s + outer(k, b * (v - s.read(by: k)))
    cell.update(s, to: matrix)
    let o = matrix.read(by: q).rootMeanSquareNormalized(epsilon: epsilon ?? 1e-5) * gain
    cell.output(output(o.flat))
  }
}

extension DeltaNet {
  /// The entries of ``CellRegistry/standard`` for this type.
  static let entries: [CellRegistry.Entry] = [
    .init(
      name: "delta-net", cell: DeltaNet(),
      summary: "the delta rule on a matrix of keys and values",
      paper:
        "S. Yang, B. Wang, Y. Zhang, Y. Shen and Y. Kim, Parallelizing linear"
        + " transformers with the delta rule over sequence length, NeurIPS 2024")
  ]
}
