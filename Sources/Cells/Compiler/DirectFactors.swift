import TensorCore

/// The factors of each parameter's gradient over one step of one sample, piece by piece:
///
///     gradient(i, j) = left(i) * right(j)
///
/// The left factor depends on the cotangents and the right one does not, so that rows of cotangents share it. Pieces
/// share factors too: the weights and the bias of a gate have one left factor.
struct DirectFactors: Sendable {
  /// Consecutive rows of a parameter.
  struct Piece: Sendable {
    var parameter: Int
    /// The rows i, of as many elements as there are columns j.
    var rows: Range<Int>
    var columns: Int
    /// The first element, among those of all parameters.
    var start: Int
    /// The left factor, with a unit for each row.
    var left: Int
    /// The right factor; nil where it is 1, and the left factor is the gradient.
    var right: Int?
  }

  /// In the order of the parameters' elements.
  var pieces: [Piece] = []
  /// The units of each left and each right factor.
  var leftWidths: [Int] = []
  var rightWidths: [Int] = []

  /// The factors of a cell's gradients.
  init(_ cell: CellGraph) {
    let recurrence = cell.derivative(of: cell.recurrence.optimized()).recurrence.optimized()
    var (lefts, rights): ([Units: Int], [Units: Int]) = ([:], [:])
    func number(_ units: Units, _ known: inout [Units: Int], _ widths: inout [Int]) -> Int {
      if let number = known[units] { return number }
      known[units] = widths.count
      widths.append(units.range.count)
      return widths.count - 1
    }
    var start = 0
    for (parameter, value) in recurrence.gathered.enumerated() {
      for piece in recurrence.graph.gatheredPieces(of: value) {
        pieces.append(
          Piece(
            parameter: parameter, rows: piece.rows, columns: piece.columns, start: start,
            left: number(Units(node: piece.left, range: piece.units), &lefts, &leftWidths),
            right: piece.right.map {
              number(Units(node: $0, range: 0..<piece.columns), &rights, &rightWidths)
            }))
        start += piece.rows.count * piece.columns
      }
    }
  }

  /// The units of a factor.
  private struct Units: Hashable {
    var node: NodeID
    var range: Range<Int>
  }

  /// The factors that outer products have; no others.
  var ofProducts: DirectFactors {
    var result = self
    let used = Set(pieces.filter { $0.right != nil }.map(\.left))
    for left in leftWidths.indices where !used.contains(left) { result.leftWidths[left] = 0 }
    return result
  }
}
