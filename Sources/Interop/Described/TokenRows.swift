import Cells
import Requirements
import TensorCore

/// What a layer of a network gives for tokens: a row each.
struct TokenRows: Sendable {
  /// Where the rows come from.
  enum Table: Sendable {
    /// The rows of a table `[V, E]`.
    case rows(Tensor)
    /// Zeros with a 1 at the token's place; only zeros for a token below 0.
    case oneHot(Int)

    /// The tokens that it knows.
    var count: Int {
      switch self {
      case .rows(let table): table.shape[0]
      case .oneHot(let size): size
      }
    }
  }

  let table: Table
  let ids: [Int32]
  /// `[T, B]`.
  let shape: [Int]

  /// The rows, `[T, B, E]`.
  var tensor: Tensor {
    switch table {
    case .rows(let table): return table.gatheringRows(ids, shape: shape)
    case .oneHot(let size):
      var rows = [Float](repeating: 0, count: ids.count * size)
      for (row, id) in ids.enumerated() where id >= 0 {
        require(Int(id) < size, "expected tokens below \(size), found \(id)")
        rows[row * size + Int(id)] = 1
      }
      return Tensor(rows, shape: shape + [size])
    }
  }

  /// What a recurrent layer gives for the rows, with its state after them.
  func read(
    by layer: Recurrent, _ products: TokenProducts, from state: RecurrentState
  ) -> (Tensor, RecurrentState) {
    guard case .rows(let table) = table else { return layer(tensor, from: state) }
    return products(layer, ids, shape: shape, of: table, from: state)
  }
}
