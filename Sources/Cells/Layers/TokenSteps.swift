import TensorCore

/// Steps of a recurrent layer over one row of tokens, in memory that is kept from one to the next.
package struct TokenSteps: Sendable {
  /// What the layer reads of a token.
  enum Reading {
    /// Its row of the table.
    case row
    /// The row's number.
    case number
    /// The row's number, and that of the token before.
    case numberAfter(Int32)
  }

  private var steps: RecurrentSteps
  private let table: Tensor
  private var reading: Reading

  init(
    _ layer: Recurrent, of table: Tensor, reading: Reading, from state: RecurrentState
  ) {
    steps = RecurrentSteps(layer, batch: 1, from: state)
    (self.table, self.reading) = (table, reading)
  }

  /// The layer's output after a token.
  package mutating func callAsFunction(_ token: Int32) -> Floats {
    defer { if case .numberAfter = reading { reading = .numberAfter(token) } }
    return steps { [table, reading] row in
      if case .row = reading { return table.writeRow(Int(token), into: row) }
      table.requireRow(Int(token))
      row.storage[row.offset] = Float(token)
      if case .numberAfter(let last) = reading { row.storage[row.offset + 1] = Float(last) }
    }
  }

  /// The states after the last token.
  package var state: RecurrentState { steps.state }

  /// Whether the next step may be taken: no copy has the same memory, and threads and precision are those that it was
  /// prepared for.
  package mutating func canGoOn() -> Bool {
    isKnownUniquelyReferenced(&steps) && steps.areCurrent
  }
}
