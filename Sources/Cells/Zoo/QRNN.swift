/// Quasi-recurrent network: a convolution over time, then pooling.
///
///     z = tanh(W₂ * x + b₂)        *: over this and the last k - 1 inputs
///     f = σ(Wᶠ * x + bᶠ)           o, i likewise
///     c' = f c + (1 - f) z,  or  f c + i z with an input gate
///     h = o c',  or  c' without an output gate
///
/// State: cell, H; for k > 1 also window, (k - 1) g H for g gates: the partial sums of the next k - 1 steps. The output
/// h is no state. Parameters: `weight_ih [gH, I]` and `bias_ih [gH]` in the order z, f, o, i; for k > 1
/// `weight_ph [(k - 1) g H, I]`, one block for each past input, the previous step's first.
///
/// The f of pytorch-qrnn multiplies the new value: it is our 1 - f.
public struct QRNN: RecurrentCell, Codable, Hashable {
  /// The gates of the pooling.
  public enum Pooling: String, Codable, Sendable {
    /// The forget gate alone.
    case f
    /// Forget and output gate.
    case fo
    /// Input, forget and output gate.
    case ifo
  }

  /// The gates of the pooling.
  public var pooling: Pooling
  /// The number of inputs that the convolution sees, k.
  public var window: Int

  /// A cell with the given options.
  public init(pooling: Pooling = .fo, window: Int = 1) {
    self.pooling = pooling
    self.window = window
  }

  public func equations(_ cell: inout CellBuilder) {
    let c = cell.state("cell")
    let names: [String] =
      switch pooling {
      case .f: ["z", "f"]
      case .fo: ["z", "f", "o"]
      case .ifo: ["z", "f", "o", "i"]
      }
    let sums = convolved(names, cell)
    let (z, f) = (tanh(sums[0]), sigmoid(sums[1]))
    let i = pooling == .ifo ? sigmoid(sums[3]) : 1 - f
    let new = f * c + i * z
    cell.update(c, to: new)
    cell.output(pooling == .f ? new : sigmoid(sums[2]) * new)
  }

  /// W * x + b for each gate. Each input is added at once to the partial sums of the next k - 1 steps.
  private func convolved(_ names: [String], _ cell: CellBuilder) -> [Signal] {
    let x = cell.input
    let sums = names.map { cell.affine(x, "ih.\($0)") }
    guard window > 1 else { return sums }
    let width = names.count * cell.hiddenSize
    let past = cell.state("window", width: (window - 1) * width)
    let taps = past.chunks(window - 1)
    let parts = (1..<window).map { tap in
      let part = cell.linear(x, "ph.\(tap)", width: width)
      return tap < window - 1 ? taps[tap] + part : part
    }
    cell.update(past, to: concatenate(all: parts))
    return zip(sums, taps[0].chunks(names.count)).map { $0 + $1 }
  }

  /// Checks that the window holds at least one input.
  public func validate(inputSize: Int, hiddenSize: Int) throws(UnsuitableOption) {
    try (1...64).check(window, "window")
  }
}

extension QRNN {
  /// The entries of ``CellRegistry/standard`` for this type.
  static let entries: [CellRegistry.Entry] = [
    .init(
      name: "qrnn", cell: QRNN(),
      summary: "quasi-recurrent network",
      paper:
        "J. Bradbury, S. Merity, C. Xiong and R. Socher, Quasi-recurrent neural networks, ICLR 2017"
    )
  ]
}
