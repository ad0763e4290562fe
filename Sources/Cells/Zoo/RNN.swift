/// The simple recurrent network of Elman.
///
///     h' = φ(W x + b + U h + b')
///
/// State: hidden, H. Parameters: `weight_ih [H, I]`, `bias_ih [H]`, `weight_hh [H, H]`, `bias_hh [H]`.
public struct RNN: RecurrentCell, Codable, Hashable {
  /// The activation function φ.
  public enum Nonlinearity: String, Codable, Sendable {
    /// The hyperbolic tangent.
    case tanh
    /// `max(x, 0)`.
    case relu

    func callAsFunction(_ x: Signal) -> Signal {
      switch self {
      case .tanh: Cells.tanh(x)
      case .relu: Cells.relu(x)
      }
    }
  }

  /// The activation function φ.
  public var nonlinearity: Nonlinearity

  /// A cell with the given function.
  public init(nonlinearity: Nonlinearity = .tanh) { self.nonlinearity = nonlinearity }

  public func equations(_ cell: inout CellBuilder) {
    let (x, h) = (cell.input, cell.state("hidden"))
    cell.update(h, to: nonlinearity(cell.affine(x, "ih") + cell.affine(h, "hh")))
  }
}

extension RNN {
  private static let paper =
    "J. Elman, Finding structure in time, Cognitive Science 14, 1990"

  /// The entries of ``CellRegistry/standard`` for this type.
  static let entries: [CellRegistry.Entry] = [
    .init(
      name: "rnn", cell: RNN(),
      summary: "simple recurrent network with tanh",
      paper: paper),
    .init(
      name: "rnn-relu", cell: RNN(nonlinearity: .relu),
      summary: "simple recurrent network with ReLU",
      paper: paper),
  ]
}
