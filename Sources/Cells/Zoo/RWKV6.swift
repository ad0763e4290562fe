/// RWKV-6, Finch: rows of a matrix are forgotten at rates that depend on the input, which is mixed with that of the
/// step before.
///
///     d = x_prev - x      m = 5 blocks of W₂ tanh(W₁ᵀ (x + d μ_x))
///     x_n = x + d (μ_n + m_n)      n = w, k, v, r, g
///     w = exp(-exp(λ + D₂ᵀ tanh(D₁ᵀ x_w)))
///     o = (S + diag(u) k vᵀ)ᵀ r      S' = diag(w) S + k vᵀ
///     y = W_o ((N(o) γ + β) ∘ silu(W_g x_g))      N: normalised by head
///
/// States: past, the input of the step before, and matrix S `[heads, K, K]` with K = H / heads. Parameters as in
/// RWKV-LM: `time_maa_x`, `_w`, `_k`, `_v`, `_r`, `_g [1, 1, I]` (μ), `time_maa_w1 [I, 5 R]`, `time_maa_w2 [5, R, I]`,
/// `time_decay [1, 1, H]` (λ), `time_decay_w1 [I, R']`, `time_decay_w2 [R', H]`, `time_faaaa [heads, K]` (u),
/// `receptance.weight`, `key.weight`, `value.weight [H, I]`, `output.weight [H, H]`, `gate.weight [H, I]`,
/// `ln_x.weight`, `ln_x.bias [H]`.
public struct RWKV6: RecurrentCell, Codable, Hashable {
  /// The number of heads; nil for as many as have at least 64 units each.
  public var heads: Int?
  /// The rank of the products that mix inputs, R; nil for 32, or H where that is less.
  public var mixRank: Int?
  /// The rank of the product that makes the decays, R'; nil for 64, or H where that is less.
  public var decayRank: Int?
  /// The layer's place in a stack, which decides the initial values.
  public var layer: Int
  /// The layers of the stack, which decide the initial values.
  public var layers: Int

  /// A cell with the given options.
  public init(
    heads: Int? = nil, mixRank: Int? = nil, decayRank: Int? = nil, layer: Int = 0, layers: Int = 1
  ) {
    self.heads = heads
    self.mixRank = mixRank
    self.decayRank = decayRank
    self.layer = layer
    self.layers = layers
  }

  public func equations(_ cell: inout CellBuilder) {
    let (x, width) = (cell.input, cell.hiddenSize)
    let size = Heads(heads, sharing: width)
    let start = RWKVStart(layer: layer, layers: layers)
    let builder = cell
    let (mixRank, decayRank) = (mixRank ?? min(32, width), decayRank ?? min(64, width))
    func mix(_ name: String, power: Double = 1, less: Double = 0) -> Signal {
      builder.parameter(
        "time_maa_" + name, [1, 1, x.width],
        initially: start.mix(x.width, power: power, less: less)
      ).flat
    }
    func projection(_ name: String, from inputs: Int, gain: Double = 1) -> Projection {
      builder.projection(
        name, from: inputs, to: width,
        initially: gain == 0 ? .constant(0) : .orthogonal(gain: gain))
    }
    let small = Initialization.uniform(-0.01...0.01)
    let (mixX, mixW, mixK) = (mix("x"), mix("w"), mix("k"))
    let (mixV, mixR) = (mix("v", less: 0.3 * start.share), mix("r", power: 0.5))
    let mixG = mix("g", power: 0.5)
    let mix1 = cell.weight("time_maa_w1", [x.width, 5 * mixRank], initially: .constant(0))
    let mix2 = cell.weight("time_maa_w2", [5, mixRank, x.width], initially: small)
    let decay = cell.parameter(
      "time_decay", [1, 1, width],
      initially: start.units(width) { -6 + 5 * power($0, 0.7 + 1.3 * start.share) }
    ).flat
    let decay1 = cell.weight("time_decay_w1", [x.width, decayRank], initially: .constant(0))
    let decay2 = cell.weight("time_decay_w2", [decayRank, width], initially: small)
    let bonus = cell.parameter(
      "time_faaaa", [size.count, size.key], initially: start.bonus(width))
    let receptance = projection("receptance", from: x.width)
    let key = projection("key", from: x.width, gain: 0.1)
    let value = projection("value", from: x.width)
    let output = projection("output", from: width, gain: 0)
    let gate = projection("gate", from: x.width, gain: 0.1)
    let gain = cell.parameter("ln_x.weight", [width], initially: .constant(start.normGain))
    let offset = cell.parameter("ln_x.bias", [width], initially: .constant(0))

    let d = cell.delay(x) - x
    let s = cell.state("matrix", shape: size.matrices)
    let low = tanh(cell.product(x + d * mixX, mix1.transposed()))
    let m = cell.product(low, mix2.transposed()).chunks(5)
    let (xw, xk) = (x + d * (mixW + m[0]), x + d * (mixK + m[1]))
    let (xv, xr, xg) = (x + d * (mixV + m[2]), x + d * (mixR + m[3]), x + d * (mixG + m[4]))
    let rate =
      decay + cell.product(tanh(cell.product(xw, decay1.transposed())), decay2.transposed())
    let w = exp(-exp(rate)).shaped(size.count, size.key)
    let (r, k) = (
      receptance(xr).shaped(size.count, size.key), key(xk).shaped(size.count, size.key)
    )
    let v = value(xv).shaped(size.count, size.value)
    // The bonus reads k vᵀ along r: a number for each head, times v.
    let o = s.read(by: r) + (r * bonus * k).sum(-1).expanded(at: -1) * v
    cell.update(s, to: w.expanded(at: -1) * s + outer(k, v))
    let normalized = o.normalizedAlongLastAxis(epsilon: 64e-5).flat * gain + offset
    cell.output(output(normalized * silu(gate(xg))))
  }

  /// Checks that the heads divide H, the ranks, and the place in the stack.
  public func validate(inputSize: Int, hiddenSize: Int) throws(UnsuitableOption) {
    try Heads.check(heads, sharing: hiddenSize)
    if let mixRank { try (1...1 << 16).check(mixRank, "mixRank") }
    if let decayRank { try (1...1 << 16).check(decayRank, "decayRank") }
    try (1...1 << 16).check(layers, "layers")
    try (0...layers - 1).check(layer, "layer")
  }
}

extension RWKV6 {
  /// The entries of ``CellRegistry/standard`` for this type.
  static let entries: [CellRegistry.Entry] = [
    .init(
      name: "rwkv6", cell: RWKV6(),
      summary: "RWKV-6: a decay for each row, from mixed inputs",
      paper:
        "B. Peng et al., Eagle and Finch: RWKV with matrix-valued states and dynamic"
        + " recurrence, COLM 2024")
  ]
}
