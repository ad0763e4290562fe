/// Linear attention: keys write their values into a matrix, queries read it.
///
///     q, k = ELU(.) + 1
///     S' = S + k vᵀ      z' = z + k
///     y = W_o (S'ᵀ q / (q · z' + 1e-6)) + b_o
///
/// q, k and v are products of the input with biases, in heads. States: matrix S `[heads, K, V]`, normalizer z
/// `[heads, K]`. Parameters as in fast-transformers: `query_projection.weight [heads K, I]` and `.bias`, likewise
/// `key_projection`, `value_projection [heads V, I]` and `out_projection [H, heads V]`.
public struct LinearAttention: MultiHeadCell, Codable, Hashable {
  /// The number of heads; nil for as many as have at least 64 units each.
  public var heads: Int?
  /// The width of a head's key, K; nil for H / heads.
  public var keyWidth: Int?
  /// The width of a head's value, V; nil for H / heads.
  public var valueWidth: Int?

  /// A cell with the given options.
  public init(heads: Int? = nil, keyWidth: Int? = nil, valueWidth: Int? = nil) {
    self.heads = heads
    self.keyWidth = keyWidth
    self.valueWidth = valueWidth
  }

  public func equations(_ cell: inout CellBuilder) {
    let (x, width) = (cell.input, cell.hiddenSize)
    let size = Heads(heads, key: keyWidth, value: valueWidth, sharing: width)
    let builder = cell
    func projection(_ name: String, from inputs: Int, to width: Int) -> Projection {
      builder.projection(
        name + "_projection", from: inputs, to: width, hasBias: true,
        initially: .pyTorch(inputs: inputs), bias: .pyTorch(inputs: inputs))
    }
    let query = projection("query", from: x.width, to: size.keys)
    let key = projection("key", from: x.width, to: size.keys)
    let value = projection("value", from: x.width, to: size.values)
    let output = projection("out", from: size.values, to: width)

    let s = cell.state("matrix", shape: size.matrices)
    let z = cell.state("normalizer", shape: [size.count, size.key])
    let q = eluPlusOne(query(x)).shaped(size.count, size.key)
    let k = eluPlusOne(key(x)).shaped(size.count, size.key)
    let v = value(x).shaped(size.count, size.value)
    let (matrix, normalizer) = (s + outer(k, v), z + k)
    cell.update(s, to: matrix)
    cell.update(z, to: normalizer)
    let divisor = (q * normalizer).sum(-1) + 1e-6
    cell.output(output((matrix.read(by: q) / divisor.expanded(at: -1)).flat))
  }
}

extension LinearAttention {
  /// The entries of ``CellRegistry/standard`` for this type.
  static let entries: [CellRegistry.Entry] = [
    .init(
      name: "linear-attention", cell: LinearAttention(),
      summary: "keys write values into a matrix, queries read it",
      paper:
        "A. Katharopoulos, A. Vyas, N. Pappas and F. Fleuret, Transformers are RNNs: fast"
        + " autoregressive transformers with linear attention, ICML 2020")
  ]
}
