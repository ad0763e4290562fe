/// SSD of Mamba-2: a matrix for each head with one decay, which all heads write and read by the same B and C.
///
///     z, [x, B, C], δ = W_in x      [x, B, C] = silu(conv4(.))      δ = softplus(δ + b_δ)
///     S' = exp(-δ exp(A)) S + B (δ x)ᵀ
///     y = W_out rms((S'ᵀ C + D x) ∘ silu(z)) γ      rms: over all heads together
///
/// With the inner width E in heads of V, and K states. States: past `[3, E + 2 K]`, the last steps before the
/// convolution, and matrix S `[heads, K, V]`. Parameters as in mamba: `dt_bias`, `A_log`, `D [heads]`, `in_proj.weight
/// [2 E + 2 K + heads, I]`, `conv1d.weight [E + 2 K, 1, 4]` and `.bias`, `norm.weight [E]`, `out_proj.weight [H, E]`.
public struct SSD: RecurrentCell, Codable, Hashable {
  /// The inner width; nil for 2 H.
  public var inner: Int?
  /// The number of heads; nil for as many as have at least 64 units each.
  public var heads: Int?
  /// The states of a head, K; published models have 64 or 128.
  public var states: Int
  /// The layers of the stack, which decide the initial values.
  public var layers: Int

  /// A cell with the given options.
  public init(inner: Int? = nil, heads: Int? = nil, states: Int = 16, layers: Int = 1) {
    self.inner = inner
    self.heads = heads
    self.states = states
    self.layers = layers
  }

  public func equations(_ cell: inout CellBuilder) {
    let (x, width) = (cell.input, cell.hiddenSize)
    let inner = inner ?? 2 * width
    let size = Heads(heads, key: states, sharing: inner)
    let channels = inner + 2 * states
    let half = Initialization.uniform(-0.5...0.5)
    let stepBias = cell.parameter("dt_bias", [size.count], initially: .stateSpaceStep)
    let rate = cell.parameter("A_log", [size.count], initially: .logUniform(1...16))
    let direct = cell.parameter("D", [size.count], initially: .constant(1))
    let expand = cell.projection(
      "in_proj", from: x.width, to: inner + channels + size.count,
      initially: .pyTorch(inputs: x.width))
    let convolve = cell.convolution("conv1d", channels: channels, initially: half, bias: half)
    let gain = cell.parameter("norm.weight", [inner], initially: .constant(1))
    let output = cell.projection(
      "out_proj", from: inner, to: width,
      initially: .pyTorch(inputs: inner, scale: 1 / Double(layers).squareRoot()))

    let expanded = expand(x)
    let z = expanded[0..<inner]
    let convolved = silu(convolve(expanded[inner..<inner + channels]))
    let step = softplus(expanded[inner + channels..<expanded.width] + stepBias)
    let u = convolved[0..<inner].shaped(size.count, size.value)
    let b = convolved[inner..<inner + states].spread(0, count: size.count)
    let c = convolved[inner + states..<channels].spread(0, count: size.count)
    let s = cell.state("matrix", shape: size.matrices)
    let decay = exp(step * -exp(rate)).shaped(size.count, 1, 1)
    let matrix = decay * s + outer(b, step.expanded(at: -1) * u)
    cell.update(s, to: matrix)
    let o = (matrix.read(by: c) + direct.expanded(at: -1) * u).flat * silu(z)
    cell.output(output(o.rootMeanSquareNormalized(epsilon: 1e-5) * gain))
  }

  /// Checks that the heads divide the inner width, and the states.
  public func validate(inputSize: Int, hiddenSize: Int) throws(UnsuitableOption) {
    if let inner { try (1...1 << 20).check(inner, "inner") }
    try (1...1 << 12).check(states, "states")
    try (1...1 << 16).check(layers, "layers")
    try Heads.check(heads, sharing: inner ?? 2 * hiddenSize)
  }
}

extension SSD {
  /// The entries of ``CellRegistry/standard`` for this type.
  static let entries: [CellRegistry.Entry] = [
    .init(
      name: "ssd", cell: SSD(),
      summary: "state-space duality of Mamba-2: a matrix and a decay for each head",
      paper:
        "T. Dao and A. Gu, Transformers are SSMs: generalized models and efficient"
        + " algorithms through structured state space duality, ICML 2024")
  ]
}
