import Requirements

/// RWKV-7, Goose: the delta rule, with the rate of learning and the removed key each made for every row.
///
///     d = x_prev - x      x_n = x + d μ_n      n = r, w, k, v, a, g
///     w = exp(-exp(-1/2) σ(w₀ + W₂ᵀ tanh(W₁ᵀ x_w)))
///     a = σ(a₀ + A₂ᵀ A₁ᵀ x_a)      g = G₂ᵀ σ(G₁ᵀ x_g)
///     κ = (W_k x_k) k_k / |(W_k x_k) k_k|      k = W_k x_k (1 + (a - 1) k_a)
///     S' = diag(w) S - (κ a)(Sᵀ κ)ᵀ + k vᵀ
///     y = W_o ((N(S'ᵀ r) γ + β + (r · (k r_k)) v) ∘ g)      N: normalised by head
///
/// In layers after the first, the value residual makes v `v + (v_1 - v) σ(v₀ + V₂ᵀ V₁ᵀ x_v)`, where v_1 is the
/// first layer's value: the input is then `[x, v_1]`, of which v_1 has H units.
///
/// States: past, the input of the step before, and matrix S `[heads, K, K]` with K = H / heads. Parameters as in
/// RWKV-LM: `x_r`, `x_w`, `x_k`, `x_v`, `x_a`, `x_g [1, 1, I]` (μ), `w0 [1, 1, H]`, `w1 [I, R]`, `w2 [R, H]`, likewise
/// `a0`, `a1`, `a2` and, with the residual, `v0`, `v1`, `v2`, then `g1 [I, R]`, `g2 [R, H]`, `k_k`, `k_a [1, 1, H]`,
/// `r_k [heads, K]`, `receptance.weight`, `key.weight`, `value.weight [H, I]`, `output.weight [H, H]`,
/// `ln_x.weight`, `ln_x.bias [H]`.
public struct RWKV7: RecurrentCell, Codable, Hashable {
  /// The number of heads; nil for as many as have at least 64 units each.
  public var heads: Int?
  /// Whether the input has the first layer's value behind it.
  public var hasValueResidual: Bool
  /// The rank of all pairs of products that have none of their own; nil for the published ranks, which grow with
  /// √I, or H where that is less.
  public var rank: Int?
  /// The rank of the pair that makes the decays, `w1` and `w2`, if it differs.
  public var decayRank: Int?
  /// The rank of the pair that makes the rates of learning, `a1` and `a2`, if it differs.
  public var rateRank: Int?
  /// The rank of the pair of the value residual, `v1` and `v2`, if it differs.
  public var valueRank: Int?
  /// The rank of the pair that makes the output gate, `g1` and `g2`, if it differs.
  public var gateRank: Int?
  /// The layer's place in a stack, which decides the initial values.
  public var layer: Int
  /// The layers of the stack, which decide the initial values.
  public var layers: Int

  /// A cell with the given options.
  public init(
    heads: Int? = nil, hasValueResidual: Bool = false, rank: Int? = nil, decayRank: Int? = nil,
    rateRank: Int? = nil, valueRank: Int? = nil, gateRank: Int? = nil, layer: Int = 0,
    layers: Int = 1
  ) {
    self.heads = heads
    self.hasValueResidual = hasValueResidual
    self.rank = rank
    self.decayRank = decayRank
    self.rateRank = rateRank
    self.valueRank = valueRank
    self.gateRank = gateRank
    self.layer = layer
    self.layers = layers
  }

  public func equations(_ cell: inout CellBuilder) {
    let width = cell.hiddenSize
    let inputs = cell.inputSize - (hasValueResidual ? width : 0)
    let x = hasValueResidual ? cell.input[0..<inputs] : cell.input
    let p = Parameters(of: self, inputs: inputs, cell)
    let builder = cell

    let d = cell.delay(x) - x
    let s = cell.state("matrix", shape: p.heads.matrices)
    let (xr, xw, xk) = (x + d * p.mixR, x + d * p.mixW, x + d * p.mixK)
    let (xv, xa, xg) = (x + d * p.mixV, x + d * p.mixA, x + d * p.mixG)
    func inHeads(_ signal: Signal) -> Signal { signal.shaped(p.heads.count, p.heads.key) }
    let r = inHeads(p.receptance(xr))
    let rate = p.w0 + cell.product(tanh(cell.product(xw, p.w.0)), p.w.1)
    let w = inHeads(exp(-exponential(-0.5) * sigmoid(rate)))
    let whole = p.value(xv)
    let v = inHeads(
      p.residual.map { v0, v in
        let share = sigmoid(v0 + builder.product(builder.product(xv, v.0), v.1))
        return whole + (builder.input[inputs..<inputs + width] - whole) * share
      } ?? whole)
    let a = sigmoid(p.a0 + cell.product(cell.product(xa, p.a.0), p.a.1))
    let g = cell.product(sigmoid(cell.product(xg, p.g.0)), p.g.1)
    let product = p.key(xk)
    let removed = inHeads(product * p.removal)
    let kappa = removed / sqrt((removed * removed).sum(-1) + 1e-24).expanded(at: -1)
    let k = inHeads(product * (1 + (a - 1) * p.replacement))
    let kept = w.expanded(at: -1) * s
    let matrix = kept - outer(kappa * inHeads(a), s.read(by: kappa)) + outer(k, v)
    cell.update(s, to: matrix)
    let normalized = matrix.read(by: r).normalizedAlongLastAxis(epsilon: 64e-5).flat
    let itself = (r * k * p.bonus).sum(-1).expanded(at: -1) * v
    cell.output(p.output((normalized * p.gain + p.offset + itself.flat) * g))
  }

  /// Two matrices whose product is one of low rank.
  private func pair(
    _ name: String, from inputs: Int, _ scale: Double, rank: Int?, _ cell: CellBuilder
  ) -> (Matrix, Matrix) {
    let width = cell.hiddenSize
    let rank = rank ?? self.rank ?? publishedRank(scale, inputs, hidden: width)
    let first = cell.weight(name + "1", [inputs, rank], initially: .constant(0))
    let second = cell.weight(name + "2", [rank, width], initially: .orthogonal(gain: 0.1))
    return (first.transposed(), second.transposed())
  }

  /// The published rank: about a multiple of the root of the width, in steps of 32.
  private func publishedRank(_ scale: Double, _ width: Int, hidden: Int) -> Int {
    min(hidden, max(32, 32 * Int((scale * Double(width).squareRoot() / 32).rounded())))
  }

  /// Checks that the heads divide H, the ranks, the place in the stack, and the input of a value residual.
  public func validate(inputSize: Int, hiddenSize: Int) throws(UnsuitableOption) {
    try Heads.check(heads, sharing: hiddenSize)
    let ranks = [
      (rank, "rank"), (decayRank, "decayRank"), (rateRank, "rateRank"), (valueRank, "valueRank"),
      (gateRank, "gateRank"),
    ]
    for case (let rank?, let name) in ranks { try (1...1 << 16).check(rank, name) }
    try (1...1 << 16).check(layers, "layers")
    try (0...layers - 1).check(layer, "layer")
    guard !hasValueResidual || inputSize > hiddenSize else {
      throw UnsuitableOption(
        "hasValueResidual", expected: "an input of more than H = \(hiddenSize) units",
        found: inputSize)
    }
  }
}

extension RWKV7 {
  /// The entries of ``CellRegistry/standard`` for this type.
  static let entries: [CellRegistry.Entry] = [
    .init(
      name: "rwkv7", cell: RWKV7(),
      summary: "RWKV-7: the delta rule with a rate for each row",
      paper:
        "B. Peng et al., RWKV-7 Goose with expressive dynamic state evolution, 2025")
  ]
}

extension RWKV7 {
  /// The parameters, in the published order.
  private struct Parameters {
    let heads: Heads
    let mixR, mixW, mixK, mixV, mixA, mixG: Signal
    let w0, a0: Signal
    let w, a, g: (Matrix, Matrix)
    let residual: (Signal, (Matrix, Matrix))?
    let removal, replacement, bonus: Signal
    let receptance, key, value, output: Projection
    let gain, offset: Signal

    init(of options: RWKV7, inputs: Int, _ cell: CellBuilder) {
      let width = cell.hiddenSize
      let heads = Heads(options.heads, sharing: width)
      let start = RWKVStart(layer: options.layer, layers: options.layers)
      func mix(_ name: String, _ exponent: Double) -> Signal {
        let first = start.mix(inputs, power: exponent)
        return cell.parameter("x_" + name, [1, 1, inputs], initially: first).flat
      }
      func vector(_ name: String, _ number: (_ lin: Double, _ zig: Double) -> Double) -> Signal {
        let first = start.waves(width, head: heads.key, number)
        return cell.parameter(name, [1, 1, width], initially: first).flat
      }
      func pair(_ name: String, _ scale: Double, _ rank: Int?) -> (Matrix, Matrix) {
        options.pair(name, from: inputs, scale, rank: rank, cell)
      }
      self.heads = heads
      (mixR, mixW, mixK) = (mix("r", 0.2), mix("w", 0.9), mix("k", 0.7))
      (mixV, mixA, mixG) = (mix("v", 0.7), mix("a", 0.9), mix("g", 0.2))
      let bend = 1 + power(start.share, 0.3)
      w0 = vector("w0") { lin, zig in -5.5 + 6 * power(lin + 0.5, bend) + 2.5 * zig }
      w = pair("w", 2.5, options.decayRank)
      a0 = vector("a0") { lin, zig in -0.19 + 0.3 * zig + 0.4 * lin }
      a = pair("a", 2.5, options.rateRank)
      residual =
        options.hasValueResidual
        ? (vector("v0") { lin, _ in 0.73 - 0.4 * lin }, pair("v", 1.7, options.valueRank)) : nil
      g = pair("g", 5, options.gateRank)
      removal = vector("k_k") { lin, _ in 0.71 - 0.1 * lin }
      replacement = vector("k_a") { _, _ in 1.02 }
      bonus = cell.parameter("r_k", [heads.count, heads.key], initially: .constant(-0.04))
      receptance = Self.projection("receptance", from: inputs, limit: 0.5, cell)
      key = Self.projection("key", from: inputs, limit: 0.05, cell)
      value = Self.projection("value", from: inputs, limit: 0.5, cell)
      output = Self.projection("output", from: width, limit: 0, cell)
      gain = cell.parameter("ln_x.weight", [width], initially: .constant(1))
      offset = cell.parameter("ln_x.bias", [width], initially: .constant(0))
    }

    private static func projection(
      _ name: String, from inputs: Int, limit: Double, _ cell: CellBuilder
    ) -> Projection {
      let width = cell.hiddenSize
      let reach = limit / Double(width).squareRoot()
      return cell.projection(
        name, from: inputs, to: width,
        initially: limit == 0 ? .constant(0) : .uniform(-reach...reach))
    }
  }
}
