import Requirements

/// S6 of Mamba: a state-space model for each channel, whose step, input and output depend on the input.
///
///     u, z = W_in x      u = silu(conv4(u))
///     δ, B, C = W_x u      δ = softplus(W_δ δ + b_δ)
///     S'[c, n] = exp(-δ_c exp(A[c, n])) S[c, n] + δ_c B_n u_c
///     y = W_out ((Σ_n C_n S'[c, n] + D_c u_c) ∘ silu(z))
///
/// With the inner width E, N states a channel and the rank R of δ. States: past `[3, E]`, the last steps before the
/// convolution, and matrix S `[E, N]`. Parameters as in mamba: `A_log [E, N]`, `D [E]`, `in_proj.weight [2 E, I]`,
/// `conv1d.weight [E, 1, 4]` and `.bias`, `x_proj.weight [R + 2 N, E]`, `dt_proj.weight [E, R]` and `.bias`,
/// `out_proj.weight [H, E]`. The paper states the zero-order hold for A and B; this is the published program's rule.
public struct S6: RecurrentCell, Codable, Hashable {
  /// The inner width; nil for 2 H.
  public var inner: Int?
  /// The states of a channel, N.
  public var states: Int
  /// The rank of the steps, R; nil for H / 16, rounded up.
  public var rank: Int?
  /// The layers of the stack, which decide the initial values.
  public var layers: Int

  /// A cell with the given options.
  public init(inner: Int? = nil, states: Int = 16, rank: Int? = nil, layers: Int = 1) {
    self.inner = inner
    self.states = states
    self.rank = rank
    self.layers = layers
  }

  public func equations(_ cell: inout CellBuilder) {
    let (x, width) = (cell.input, cell.hiddenSize)
    let (inner, rank) = (inner ?? 2 * width, rank ?? (width + 15) / 16)
    let half = Initialization.uniform(-0.5...0.5)
    let rows = (0..<inner).flatMap { _ in (0..<states).map { logarithm(Double($0 + 1)) } }
    let rate = cell.parameter("A_log", [inner, states], initially: .values(rows))
    let direct = cell.parameter("D", [inner], initially: .constant(1))
    let expand = cell.projection(
      "in_proj", from: x.width, to: 2 * inner, initially: .pyTorch(inputs: x.width))
    let convolve = cell.convolution("conv1d", channels: inner, initially: half, bias: half)
    let select = cell.projection(
      "x_proj", from: inner, to: rank + 2 * states, initially: .pyTorch(inputs: inner))
    let widen = cell.projection(
      "dt_proj", from: rank, to: inner, hasBias: true, initially: .pyTorch(inputs: rank),
      bias: .stateSpaceStep)
    let output = cell.projection(
      "out_proj", from: inner, to: width,
      initially: .pyTorch(inputs: inner, scale: 1 / Double(layers).squareRoot()))

    let halves = expand(x).chunks(2)
    let u = silu(convolve(halves[0]))
    let s = cell.state("matrix", shape: [inner, states])
    let selected = select(u)
    let step = softplus(widen(selected[0..<rank]))
    let b = selected[rank..<rank + states]
    let c = selected[rank + states..<rank + 2 * states]
    let decay = exp(step.expanded(at: -1) * -exp(rate))
    let matrix = decay * s + outer(step * u, b)
    cell.update(s, to: matrix)
    let o = (matrix * c.expanded(at: 0)).sum(-1) + direct * u
    cell.output(output(o * silu(halves[1])))
  }

  /// Checks the sizes.
  public func validate(inputSize: Int, hiddenSize: Int) throws(UnsuitableOption) {
    if let inner { try (1...1 << 20).check(inner, "inner") }
    try (1...1 << 12).check(states, "states")
    if let rank { try (1...1 << 16).check(rank, "rank") }
    try (1...1 << 16).check(layers, "layers")
  }
}

extension S6 {
  /// The entries of ``CellRegistry/standard`` for this type.
  static let entries: [CellRegistry.Entry] = [
    .init(
      name: "s6", cell: S6(),
      summary: "selective state-space model of Mamba",
      paper:
        "A. Gu and T. Dao, Mamba: linear-time sequence modeling with selective state"
        + " spaces, COLM 2024")
  ]
}
