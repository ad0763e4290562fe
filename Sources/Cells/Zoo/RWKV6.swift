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
    let x = cell.input
    let p = Parameters(of: self, cell)
    func keys(_ signal: Signal) -> Signal { signal.shaped(p.heads.count, p.heads.key) }

    let d = cell.delay(x) - x
    let s = cell.state("matrix", shape: p.heads.matrices)
    let low = tanh(cell.product(x + d * p.mixX, p.mix1.transposed()))
    let m = cell.product(low, p.mix2.transposed()).chunks(5)
    let (xw, xk) = (x + d * (p.mixW + m[0]), x + d * (p.mixK + m[1]))
    let xv = x + d * (p.mixV + m[2])
    let (xr, xg) = (x + d * (p.mixR + m[3]), x + d * (p.mixG + m[4]))
    let slow = tanh(cell.product(xw, p.decay1.transposed()))
    let w = keys(exp(-exp(p.decay + cell.product(slow, p.decay2.transposed()))))
    let (r, k) = (keys(p.receptance(xr)), keys(p.key(xk)))
    let v = p.value(xv).shaped(p.heads.count, p.heads.value)
    // The bonus reads k vᵀ along r: a number for each head, times v.
    let o = s.read(by: r) + (r * p.bonus * k).sum(-1).expanded(at: -1) * v
    cell.update(s, to: w.expanded(at: -1) * s + outer(k, v))
    let normalized = o.normalizedAlongLastAxis(epsilon: 64e-5).flat * p.gain + p.offset
    cell.output(p.output(normalized * silu(p.gate(xg))))
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

extension RWKV6 {
  /// The parameters, in the published order.
  private struct Parameters {
    let heads: Heads
    let mixX, mixW, mixK, mixV, mixR, mixG: Signal
    let mix1, mix2: Matrix
    let decay: Signal
    let decay1, decay2: Matrix
    let bonus: Signal
    let receptance, key, value, output, gate: Projection
    let gain, offset: Signal

    init(of options: RWKV6, _ cell: CellBuilder) {
      let (inputs, width) = (cell.inputSize, cell.hiddenSize)
      let start = RWKVStart(layer: options.layer, layers: options.layers)
      let mixRank = options.mixRank ?? min(32, width)
      let decayRank = options.decayRank ?? min(64, width)
      func mix(_ name: String, power: Double = 1, less: Double = 0) -> Signal {
        let first = start.mix(inputs, power: power, less: less)
        return cell.parameter("time_maa_" + name, [1, 1, inputs], initially: first).flat
      }
      func projection(_ name: String, from inputs: Int, gain: Double = 1) -> Projection {
        cell.projection(
          name, from: inputs, to: width,
          initially: gain == 0 ? .constant(0) : .orthogonal(gain: gain))
      }
      let small = Initialization.uniform(-0.01...0.01)
      heads = Heads(options.heads, sharing: width)
      (mixX, mixW, mixK) = (mix("x"), mix("w"), mix("k"))
      (mixV, mixR) = (mix("v", less: 0.3 * start.share), mix("r", power: 0.5))
      mixG = mix("g", power: 0.5)
      mix1 = cell.weight("time_maa_w1", [inputs, 5 * mixRank], initially: .constant(0))
      mix2 = cell.weight("time_maa_w2", [5, mixRank, inputs], initially: small)
      let rates = start.units(width) { -6 + 5 * power($0, 0.7 + 1.3 * start.share) }
      decay = cell.parameter("time_decay", [1, 1, width], initially: rates).flat
      decay1 = cell.weight("time_decay_w1", [inputs, decayRank], initially: .constant(0))
      decay2 = cell.weight("time_decay_w2", [decayRank, width], initially: small)
      bonus = cell.parameter(
        "time_faaaa", [heads.count, heads.key], initially: start.bonus(width))
      receptance = projection("receptance", from: inputs)
      key = projection("key", from: inputs, gain: 0.1)
      value = projection("value", from: inputs)
      output = projection("output", from: width, gain: 0)
      gate = projection("gate", from: inputs, gain: 0.1)
      gain = cell.parameter("ln_x.weight", [width], initially: .constant(start.normGain))
      offset = cell.parameter("ln_x.bias", [width], initially: .constant(0))
    }
  }
}
