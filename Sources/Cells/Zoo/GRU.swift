/// The gated recurrent unit, with the reset gate after or before the recurrent product.
///
///     r = σ(Wᵣ x + bᵣ + Uᵣ h + b'ᵣ)    z likewise
///     n = tanh(Wₙ x + bₙ + r (Uₙ h + b'ₙ))      reset after, as in PyTorch and cuDNN
///     n = tanh(Wₙ x + bₙ + Uₙ (r h) + b'ₙ)      reset before, as in the paper
///     h' = (1 - z) n + z h
///
/// State: hidden, H. Parameters: `weight_ih [3H, I]`, `bias_ih [3H]`, `weight_hh [3H, H]`,
/// `bias_hh [3H]`, gates in the order r, z, n; with layer normalisation, `N(W x) γ + b` and `N(U h) γ' + b'`,
/// also `gain_ih [3H]` and `gain_hh [3H]`; with a slope s, `min(1, max(0, s a + 0.5))` in place of σ(a). Weights trained with one reset form don't work in the other.
///
/// Keras, ONNX and oneDNN have the gates in the order z, r, n. Haiku and DL4S mix with z the other way,
/// `(1 - z) h + z n`: negate the weights and biases of z. Flax's nnx cell has no b' although its
/// documentation shows one, and mlx-swift leaves b' out of the first step.
public struct GRU: RecurrentCell, Codable, Hashable {
  /// Where the reset gate acts.
  public enum Reset: String, Codable, Sendable {
    /// On the recurrent product.
    case afterProduct
    /// On the state, before its product.
    case beforeProduct
  }

  /// Where the reset gate acts.
  public var reset: Reset
  /// Whether the products are layer-normalised; with the reset gate before the product, n's product is normalised
  /// alone.
  public var hasLayerNorm: Bool
  /// The slope of a hard sigmoid in the gates: 0.2 in Keras, 1/6 in PyTorch; nil for the logistic sigmoid.
  public var hardSigmoidSlope: Double?

  /// A cell with the given options.
  public init(
    reset: Reset = .afterProduct, hasLayerNorm: Bool = false,
    hardSigmoidSlope: Double? = nil
  ) {
    self.reset = reset
    self.hasLayerNorm = hasLayerNorm
    self.hardSigmoidSlope = hardSigmoidSlope
  }

  public func equations(_ cell: inout CellBuilder) {
    let (x, h, builder) = (cell.input, cell.state("hidden"), cell)
    func gates(_ names: [String], of signal: Signal, _ name: String) -> CellBuilder.Gates {
      builder.gates(names, of: signal, name, isNormalized: hasLayerNorm)
    }
    let fromX = gates(["r", "z", "n"], of: x, "ih")
    let fromH = gates(reset == .afterProduct ? ["r", "z", "n"] : ["r", "z"], of: h, "hh")
    let r = gateSigmoid(fromX["r"] + fromH["r"], slope: hardSigmoidSlope)
    let z = gateSigmoid(fromX["z"] + fromH["z"], slope: hardSigmoidSlope)
    let recurrent =
      switch reset {
      case .afterProduct: r * fromH["n"]
      case .beforeProduct: gates(["n"], of: r * h, "hh")["n"]
      }
    let n = tanh(fromX["n"] + recurrent)
    cell.update(h, to: (1 - z) * n + z * h)
  }
}

/// The logistic sigmoid, or the hard sigmoid `min(1, max(0, s a + 0.5))` with a slope s.
func gateSigmoid(_ sum: Signal, slope: Double?) -> Signal {
  slope.map { clamp($0 * sum + 0.5, 0...1) } ?? sigmoid(sum)
}

extension GRU {
  /// The entries of ``CellRegistry/standard`` for this type.
  static let entries: [CellRegistry.Entry] = [
    .init(
      name: "gru", cell: GRU(),
      summary: "gated recurrent unit, reset gate after the recurrent product",
      paper: "K. Cho et al., Learning phrase representations using RNN encoder-decoder, EMNLP 2014"),
    .init(
      name: "gru-before", cell: GRU(reset: .beforeProduct),
      summary: "gated recurrent unit, reset gate before the recurrent product",
      paper: "K. Cho et al., Learning phrase representations using RNN encoder-decoder, EMNLP 2014"),
    .init(
      name: "gru-layernorm", cell: GRU(hasLayerNorm: true),
      summary: "gated recurrent unit with layer normalisation",
      paper: "J. Ba, R. Kiros and G. Hinton, Layer normalization, 2016"),
  ]
}
