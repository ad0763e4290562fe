/// The cell that neural architecture search found.
///
///     aₖ = φₖ(Wₖ x + Uₖ h + b'ₖ),  but a₃ = φ₃(W₃ x (U₃ h + b'₃)),  k = 0 ... 7
///     φ = σ, relu, σ, relu, tanh, σ, tanh, σ
///     c' = tanh(tanh(a₀ a₁) + c) tanh(a₂ + a₃)
///     h' = tanh(c' tanh(tanh(a₄ a₅) + σ(a₆ + a₇)))
///
/// States: hidden, H, and cell, H. Parameters: `weight_ih [8H, I]`, `weight_hh [8H, H]`, `bias_hh [8H]`,
/// on the recurrent side.
///
/// Unit 3 multiplies, as in TensorFlow Addons, which is the reference; RecurrentLayers.jl and
/// torchrecurrent add.
public struct NASCell: RecurrentCell, Codable, Hashable {
  /// The cell; it has no options.
  public init() {}

  public func equations(_ cell: inout CellBuilder) {
    let (x, h, c) = (cell.input, cell.state("hidden"), cell.state("cell"))
    let fromX = (0..<8).map { [cell] in cell.linear(x, "ih.\($0)") }
    let fromH = (0..<8).map { [cell] in cell.affine(h, "hh.\($0)") }
    let sum = zip(fromX, fromH).map { $0 + $1 }
    let first = tanh(sigmoid(sum[0]) * relu(sum[1]))
    let second = tanh(sigmoid(sum[2]) + relu(fromX[3] * fromH[3]))
    let third = tanh(tanh(sum[4]) * sigmoid(sum[5]))
    let fourth = sigmoid(tanh(sum[6]) + sigmoid(sum[7]))
    let new = tanh(first + c) * second
    cell.update(c, to: new)
    cell.update(h, to: tanh(new * tanh(third + fourth)))
  }
}

extension NASCell {
  /// The entries of ``CellRegistry/standard`` for this type.
  static let entries: [CellRegistry.Entry] = [
    .init(
      name: "nas", cell: NASCell(),
      summary: "the cell that architecture search found",
      paper: "B. Zoph and Q. Le, Neural architecture search with reinforcement learning, ICLR 2017")
  ]
}
