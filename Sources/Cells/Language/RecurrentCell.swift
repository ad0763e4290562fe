/// A recurrent cell, stated once as its equations; everything else is derived from them.
///
/// ```swift
/// /// Minimal gated unit: one gate for both jobs of the GRU. Zhou et al., 2016.
/// public struct MGU: RecurrentCell {
///   public func equations(_ cell: inout CellBuilder) {
///     let (x, h) = (cell.input, cell.state("hidden"))
///     let forget = sigmoid(cell.affine(x, "ih.f") + cell.affine(h, "hh.f"))
///     let new = tanh(cell.affine(x, "ih.n") + cell.affine(forget * h, "hh.n"))
///     cell.update(h, to: (1 - forget) * h + forget * new)
///   }
/// }
/// ```
///
/// A conforming type holds the cell's options and nothing else: no weights, no sizes. `Recurrent` makes
/// a layer of any cell, `RecurrentStep` a single step for a loop of one's own.
public protocol RecurrentCell: Sendable {
  /// States the equations of one step, in symbols.
  func equations(_ cell: inout CellBuilder)
}
