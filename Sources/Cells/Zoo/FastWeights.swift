/// Fast weights with the sum update: linear attention with a norm in the place of its normalizer.
///
///     q, k = ELU(.) + 1
///     S' = S + k vᵀ
///     y = W_o rms(S'ᵀ q / √K) γ      rms: divided by the root mean square of a head
///
/// State: matrix S `[heads, K, V]`. Parameters as in flash-linear-attention: `q_proj.weight` and `k_proj.weight
/// [heads K, I]`, `v_proj.weight [heads V, I]`, `norm.weight [V]`, `o_proj.weight [H, heads V]`.
public struct FastWeights: NormalizedHeadsCell, Codable, Hashable {
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
    let value = cell.attentionProjection("v_proj", to: size.values)
    let gain = cell.parameter("norm.weight", [size.value], initially: .constant(1))
    let output = cell.attentionProjection("o_proj", from: size.values, to: width)

    let s = cell.state("matrix", shape: size.matrices)
    let q = eluPlusOne(query(x)).shaped(size.count, size.key) / Double(size.key).squareRoot()
    let k = eluPlusOne(key(x)).shaped(size.count, size.key)
    let v = value(x).shaped(size.count, size.value)
    let matrix = s + outer(k, v)
    cell.update(s, to: matrix)
    let o = matrix.read(by: q).rootMeanSquareNormalized(epsilon: epsilon ?? 1e-5) * gain
    cell.output(output(o.flat))
  }
}

extension FastWeights {
  /// The entries of ``CellRegistry/standard`` for this type.
  static let entries: [CellRegistry.Entry] = [
    .init(
      name: "fast-weights", cell: FastWeights(),
      summary: "fast weights with the sum update, normalised by head",
      paper:
        "I. Schlag, K. Irie and J. Schmidhuber, Linear transformers are secretly fast"
        + " weight programmers, ICML 2021")
  ]
}
