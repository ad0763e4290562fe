/// RG-LRU of Griffin: an elementwise linear recurrence whose decay is gated, in its block.
///
///     u = conv4(W_x x + b_x)      i, r = σ(grouped products of u + b)
///     a = exp(-8 r softplus(p))      h' = a h + √(1 - a²) i u
///     y = W_out (h' ∘ gelu(W_y x + b_y)) + b_out
///
/// With the inner width E in blocks of V = E / heads. gelu is the one by tanh. States: past `[3, E]`, the last steps
/// before the convolution, and hidden h `[E]`. Parameters as in recurrentgemma: `linear_y.weight [E, I]` and `.bias`,
/// likewise `linear_x`, `linear_out.weight [H, E]` and `.bias`, `conv_1d.w [4, E]`, `conv_1d.b [E]`, `rg_lru.a_param
/// [E]` (p, the negative of the paper's Λ), `rg_lru.input_gate.w [heads, V, V]` and `.b [heads, V]`, likewise
/// `rg_lru.a_gate`. The published program treats position 0 of a text otherwise; this cell does not.
public struct RGLRU: RecurrentCell, Codable, Hashable {
  /// The inner width; nil for H.
  public var inner: Int?
  /// The number of heads; nil for as many as have at least 64 units each.
  public var heads: Int?
  /// The layers of the stack, which decide the initial values.
  public var layers: Int

  /// A cell with the given options.
  public init(inner: Int? = nil, heads: Int? = nil, layers: Int = 1) {
    self.inner = inner
    self.heads = heads
    self.layers = layers
  }

  public func equations(_ cell: inout CellBuilder) {
    let (x, width) = (cell.input, cell.hiddenSize)
    let inner = inner ?? width
    let size = Heads(heads, sharing: inner)
    let builder = cell
    func projection(
      _ name: String, from inputs: Int, to width: Int, deviation: Double
    ) -> Projection {
      builder.projection(
        name, from: inputs, to: width, hasBias: true, initially: .normal(deviation: deviation))
    }
    func gate(_ name: String) -> (Signal) -> Signal {
      let weight = builder.weight(
        "rg_lru.\(name).w", [size.count, size.value, size.value],
        initially: .normal(deviation: 1 / Double(size.value).squareRoot()))
      let bias = builder.parameter(
        "rg_lru.\(name).b", [size.count, size.value], initially: .constant(0))
      return { sigmoid(builder.product($0, weight.transposed()) + bias.flat) }
    }
    let scale = 1 / Double(x.width).squareRoot()
    let gated = projection("linear_y", from: x.width, to: inner, deviation: scale)
    let linear = projection("linear_x", from: x.width, to: inner, deviation: scale)
    let output = projection(
      "linear_out", from: inner, to: width,
      deviation: (2 / Double(layers * inner)).squareRoot())
    let taps = cell.weight("conv_1d.w", [4, inner], initially: .normal(deviation: 0.05))
    let offset = cell.parameter("conv_1d.b", [inner], initially: .constant(0))
    let convolve = CausalConvolution(taps: taps, width: 4, bias: offset, cell: cell)
    let rate = cell.parameter(
      "rg_lru.a_param", [inner], initially: .softplusRate(radius: 0.9...0.999))
    let (inputGate, decayGate) = (gate("input_gate"), gate("a_gate"))

    let u = convolve(linear(x))
    let h = cell.state("hidden", width: inner)
    let logDecay = -8 * decayGate(u) * softplus(rate)
    let new = exp(logDecay) * h + sqrt(1 - exp(2 * logDecay)) * inputGate(u) * u
    cell.update(h, to: new)
    cell.output(output(new * gelu(gated(x))))
  }

  /// The Gaussian error linear unit in its form by tanh.
  private func gelu(_ x: Signal) -> Signal {
    0.5 * x * (1 + tanh((2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)))
  }

  /// Checks that the heads divide the inner width.
  public func validate(inputSize: Int, hiddenSize: Int) throws(UnsuitableOption) {
    if let inner { try (1...1 << 20).check(inner, "inner") }
    try (1...1 << 16).check(layers, "layers")
    try Heads.check(heads, sharing: inner ?? hiddenSize)
  }
}

extension RGLRU {
  /// The entries of ``CellRegistry/standard`` for this type.
  static let entries: [CellRegistry.Entry] = [
    .init(
      name: "rg-lru", cell: RGLRU(),
      summary: "a gated elementwise linear recurrence, of Griffin",
      paper:
        "S. De et al., Griffin: mixing gated linear recurrences with local attention for"
        + " efficient language models, 2024")
  ]
}
