/// Independently recurrent network: each unit sees only its own state.
///
///     h' = φ(W x + b + u h)
///
/// State: hidden, H. Parameters: `weight_ih [H, I]`, `bias_ih [H]`, `weight_hh [H]`, one weight a unit,
/// which starts between 0 and 1. For T steps with ReLU the paper keeps |u| below 2^(1/T).
///
/// φ is ReLU in the paper and RecurrentLayers.jl, tanh in torchrecurrent and haste.
public struct IndRNN: RecurrentCell, Codable, Hashable {
  /// The function φ.
  public var nonlinearity: RNN.Nonlinearity

  /// A cell with the given function.
  public init(nonlinearity: RNN.Nonlinearity = .relu) { self.nonlinearity = nonlinearity }

  public func equations(_ cell: inout CellBuilder) {
    let (x, h) = (cell.input, cell.state("hidden"))
    let u = cell.vector("weight_hh", initially: .uniform(0...1))
    cell.update(h, to: nonlinearity(cell.affine(x, "ih") + u * h))
  }
}

extension IndRNN {
  private static let paper =
    "S. Li, W. Li, C. Cook, C. Zhu and Y. Gao, Independently recurrent neural network (IndRNN):"
    + " building a longer and deeper RNN, CVPR 2018"

  /// The entries of ``CellRegistry/standard`` for this type.
  static let entries: [CellRegistry.Entry] = [
    .init(
      name: "indrnn", cell: IndRNN(),
      summary: "independently recurrent network with ReLU",
      paper: paper),
    .init(
      name: "indrnn-tanh", cell: IndRNN(nonlinearity: .tanh),
      summary: "independently recurrent network with tanh",
      paper: paper),
  ]
}
