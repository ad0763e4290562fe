/// Long short-term memory, in its published variants.
///
///     i = σ(Wᵢ x + bᵢ + Uᵢ h + b'ᵢ)    f, o likewise
///     g = tanh(W₉ x + b₉ + U₉ h + b'₉)
///     c' = f c + i g
///     h' = o tanh(c'),  or  P (o tanh(c'))
///
/// States: hidden, H (or the projection's size R), and cell, H. Parameters: `weight_ih [4H, I]`,
/// `bias_ih [4H]`, `weight_hh [4H, H]`, `bias_hh [4H]`, gates in the order i, f, g, o. With options:
/// - a projection: `weight_hh [4H, R]` and `weight_hr [R, H]`;
/// - peepholes, `+ pᵢ c`, `+ pᶠ c`, `+ pₒ c'` inside the gates: `weight_ch [3H]` in the order i, f, o;
/// - layer normalisation, `N(W x) γ + N(U h) γ' + b + b'` over all gates together and
///   `tanh(N(c') γ″ + β)` in the output: `gain_ih [4H]`, `gain_hh [4H]`, `gain_cell [H]`, `bias_cell [H]`;
/// - a slope s: `min(1, max(0, s a + 0.5))` in place of σ(a) in the gates;
/// - coupled gates, i = 1 - f: the block of i is left out; no forget gate, f = 1: the block of f is left out.
///
/// The output's peephole reads the new cell state, as in the paper; RecurrentLayers.jl reads the old one.
/// ONNX has the gates in the order i, o, f, g and the peepholes in the order i, o, f. Coupled gates of
/// ONNX runtime and burn store i and compute f = 1 - i: negate that gate's weights and biases.
///
/// Papers beside those of the registry entries: forget gate: F. Gers, J. Schmidhuber and F. Cummins, Learning to
/// forget, Neural Computation 12, 2000; projection: H. Sak, A. Senior and F. Beaufays, Interspeech 2014.
public struct LSTM: RecurrentCell, Codable, Hashable {
  /// Which gates update the cell state.
  public enum Gates: String, Codable, Sendable {
    /// An input gate and a forget gate.
    case inputAndForget
    /// A forget gate f, and 1 - f as the input gate.
    case coupled
    /// An input gate alone, as in the paper of 1997.
    case inputOnly
  }

  /// Which gates update the cell state.
  public var gates: Gates
  /// Whether the gates see the cell state.
  public var hasPeepholes: Bool
  /// Whether the gates' pre-activations and the cell state are layer-normalised.
  public var hasLayerNorm: Bool
  /// The size that the output is projected to; nil for no projection.
  public var projectionSize: Int?
  /// The initial bias of the forget gate: 1 in Keras; nil initializes it like the other biases, as PyTorch does.
  public var forgetBias: Double?
  /// The slope of a hard sigmoid in the gates: 0.2 in Keras, 1/6 in PyTorch; nil for the logistic sigmoid.
  public var hardSigmoidSlope: Double?

  /// A cell with the given options.
  public init(
    gates: Gates = .inputAndForget, hasPeepholes: Bool = false, hasLayerNorm: Bool = false,
    projectionSize: Int? = nil, forgetBias: Double? = nil, hardSigmoidSlope: Double? = nil
  ) {
    self.gates = gates
    self.hasPeepholes = hasPeepholes
    self.hasLayerNorm = hasLayerNorm
    self.projectionSize = projectionSize
    self.forgetBias = forgetBias
    self.hardSigmoidSlope = hardSigmoidSlope
  }

  public func equations(_ cell: inout CellBuilder) {
    let x = cell.input
    let h = cell.state("hidden", width: projectionSize)
    let c = cell.state("cell")
    let builder = cell
    let fromX = builder.gates(
      gateNames, of: x, "ih", isNormalized: hasLayerNorm, biases: forgetBiases("ih"))
    let fromH = builder.gates(
      gateNames, of: h, "hh", isNormalized: hasLayerNorm, biases: forgetBiases("hh"))

    func gate(_ name: String, seeing c: Signal) -> Signal {
      let sum = fromX[name] + fromH[name]
      return gateSigmoid(
        hasPeepholes ? sum + builder.vector("weight_ch.\(name)") * c : sum, slope: hardSigmoidSlope)
    }
    func candidate() -> Signal { tanh(fromX["g"] + fromH["g"]) }
    let new: Signal
    switch gates {
    case .inputAndForget:
      let (i, f) = (gate("i", seeing: c), gate("f", seeing: c))
      new = f * c + i * candidate()
    case .coupled:
      let f = gate("f", seeing: c)
      let i = 1 - f
      new = f * c + i * candidate()
    case .inputOnly:
      new = c + gate("i", seeing: c) * candidate()
    }
    let o = gate("o", seeing: new)
    let output = o * tanh(hasLayerNorm ? normalized(new, cell) : new)
    cell.update(c, to: new)
    cell.update(h, to: projectionSize.map { cell.linear(output, "hr", width: $0) } ?? output)
  }

  /// Checks that a projection has at least one unit.
  public func validate(inputSize: Int, hiddenSize: Int) throws(UnsuitableOption) {
    if let projectionSize { try (1...1 << 20).check(projectionSize, "projectionSize") }
  }

  private var gateNames: [String] {
    switch gates {
    case .inputAndForget: ["i", "f", "g", "o"]
    case .coupled: ["f", "g", "o"]
    case .inputOnly: ["i", "g", "o"]
    }
  }

  /// Initial biases of the forget gate, so that their sum is `forgetBias`: all of it in `bias_ih`, 0 in `bias_hh`.
  private func forgetBiases(_ side: String) -> [String: Initialization] {
    forgetBias.map { ["f": .constant(side == "ih" ? $0 : 0)] } ?? [:]
  }

  private func normalized(_ c: Signal, _ cell: CellBuilder) -> Signal {
    cell.vector("gain_cell", initially: .constant(1)) * c.normalized()
      + cell.bias("cell", initially: .constant(0))
  }
}

extension LSTM {
  /// The entries of ``CellRegistry/standard`` for this type.
  static let entries: [CellRegistry.Entry] = [
    .init(
      name: "lstm", cell: LSTM(),
      summary: "long short-term memory with a forget gate",
      paper: "S. Hochreiter and J. Schmidhuber, Long short-term memory, Neural Computation 9, 1997"),
    .init(
      name: "lstm-original", cell: LSTM(gates: .inputOnly),
      summary: "LSTM of 1997, without a forget gate",
      paper: "S. Hochreiter and J. Schmidhuber, Long short-term memory, Neural Computation 9, 1997"),
    .init(
      name: "lstm-peephole", cell: LSTM(hasPeepholes: true),
      summary: "LSTM whose gates see the cell state",
      paper:
        "F. Gers, N. Schraudolph and J. Schmidhuber, Learning precise timing with LSTM"
        + " recurrent networks, JMLR 3, 2002"),
    .init(
      name: "lstm-cifg", cell: LSTM(gates: .coupled),
      summary: "LSTM with coupled input and forget gates",
      paper: "K. Greff et al., LSTM: a search space odyssey, 2015"),
    .init(
      name: "lstm-layernorm", cell: LSTM(hasLayerNorm: true),
      summary: "LSTM with layer normalisation",
      paper: "J. Ba, R. Kiros and G. Hinton, Layer normalization, 2016"),
  ]
}
