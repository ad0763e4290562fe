/// mLSTM in the block of its paper: a causal convolution before keys and queries, a skip past the memory, and a gate.
///
///     u, z = W_up x      c = silu(conv4(u))
///     q, k = grouped products of c      v = a grouped product of u      i, f = w [q; k; v] + b
///     m' = max(log σ(f) + m, i)      f' = exp(log σ(f) + m - m')      i' = exp(i - m')
///     S' = f' S + i' k vᵀ / √V      n' = f' n + i' k / √V
///     h = S'ᵀ q / (max(|q · n'|, exp(-m')) + 1e-6)
///     y = W_down ((N(h) (1 + γ) + s ∘ c) ∘ silu(z))      N: normalised by head
///
/// With the inner width E and G = E / blockWidth groups. States: past `[3, E]`, the last steps before the
/// convolution, matrix S `[heads, V, V]`, normalizer n `[heads, V]` and maximum m `[heads]`, V = E / heads. Parameters
/// as in xlstm: `learnable_skip [E]` (s), `proj_up.weight [2 E, I]`, `q_proj.weight`, `k_proj.weight`, `v_proj.weight
/// [G, E / G, E / G]`, `conv1d.conv.weight [E, 1, 4]` and `.bias`, `mlstm_cell.igate.weight [heads, 3 E]` and `.bias`,
/// likewise `mlstm_cell.fgate`, `mlstm_cell.outnorm.weight [E]` (γ), `proj_down.weight [H, E]`.
public struct MLSTMBlock: RecurrentCell, Codable, Hashable {
  /// The inner width; nil for 2 H.
  public var inner: Int?
  /// The number of heads; nil for as many as have at least 64 units each.
  public var heads: Int?
  /// The units of a group of the products that make q, k and v.
  public var blockWidth: Int
  /// The layers of the stack, which decide the initial values.
  public var layers: Int

  /// A cell with the given options.
  public init(inner: Int? = nil, heads: Int? = nil, blockWidth: Int = 4, layers: Int = 1) {
    self.inner = inner
    self.heads = heads
    self.blockWidth = blockWidth
    self.layers = layers
  }

  public func equations(_ cell: inout CellBuilder) {
    let (x, width, builder) = (cell.input, cell.hiddenSize, cell)
    let inner = inner ?? 2 * width
    let size = Heads(heads, sharing: inner)
    let model = Double(x.width)
    let small = Initialization.normal(deviation: (2 / (5 * model)).squareRoot())
    func blocks(_ name: String) -> Matrix {
      builder.weight(
        name + ".weight", [inner / blockWidth, blockWidth, blockWidth], initially: small)
    }
    func gate(_ name: String, bias: Initialization) -> Projection {
      builder.projection(
        "mlstm_cell." + name, from: 3 * inner, to: size.count, hasBias: true,
        initially: .constant(0), bias: bias)
    }
    let skip = cell.parameter("learnable_skip", [inner], initially: .constant(1))
    let up = cell.projection("proj_up", from: x.width, to: 2 * inner, initially: small)
    let (query, key, value) = (blocks("q_proj"), blocks("k_proj"), blocks("v_proj"))
    let convolve = cell.convolution(
      "conv1d.conv", channels: inner, initially: .uniform(-0.5...0.5), bias: .uniform(-0.5...0.5))
    let input = gate("igate", bias: .normal(deviation: 0.1))
    let forget = gate("fgate", bias: .spread(3...6, count: size.count))
    let gain = cell.parameter("mlstm_cell.outnorm.weight", [inner], initially: .constant(0))
    let down = cell.projection(
      "proj_down", from: inner, to: width,
      initially: .normal(deviation: 2 / (Double(layers) * model.squareRoot())))

    let halves = up(x).chunks(2)
    let (u, z) = (halves[0], halves[1])
    let c = silu(convolve(u))
    let (q, k, v) = (cell.product(c, query), cell.product(c, key), cell.product(u, value))
    let all = concatenate(q, k, v)
    let memory = MLSTMMemory(&cell, size)
    let read = memory.step(
      &cell, q: q.shaped(size.count, size.key),
      k: k.shaped(size.count, size.key) / Double(size.key).squareRoot(),
      v: v.shaped(size.count, size.value), i: input(all), logF: logSigmoid(forget(all)),
      epsilon: 1e-6)
    let h = read.normalizedAlongLastAxis(epsilon: 1e-5).flat * (1 + gain) + skip * c
    cell.output(down(h * silu(z)))
  }

  /// Checks that heads and groups divide the inner width.
  public func validate(inputSize: Int, hiddenSize: Int) throws(UnsuitableOption) {
    if let inner { try (1...1 << 20).check(inner, "inner") }
    try (1...1 << 16).check(layers, "layers")
    let inner = inner ?? 2 * hiddenSize
    try Heads.check(heads, sharing: inner)
    guard blockWidth > 0, inner % blockWidth == 0 else {
      throw UnsuitableOption(
        "blockWidth", expected: "a divisor of the inner width \(inner)", found: blockWidth)
    }
  }
}

extension MLSTMBlock {
  /// The entries of ``CellRegistry/standard`` for this type.
  static let entries: [CellRegistry.Entry] = [
    .init(
      name: "mlstm-block", cell: MLSTMBlock(),
      summary: "mLSTM in its block, with a convolution and a gate",
      paper:
        "M. Beck et al., xLSTM: extended long short-term memory, NeurIPS 2024")
  ]
}
