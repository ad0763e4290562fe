import TensorCore

/// A symbol for a matrix that depends on parameters alone, `[rows, columns]`: it is computed once a
/// pass, not once a step.
///
/// ```swift
/// let m = cell.matrix("hh")                                      // [H, H]
/// let a = m - m.transposed() - 0.1 * cell.identity(cell.hiddenSize)  // antisymmetric, damped
/// let new = h + 0.5 * tanh(cell.affine(x, "ih") + cell.product(h, a))
/// ```
public struct Matrix {
  let id: NodeID
  let trace: Trace
  /// The number of groups of units, each with a matrix of its own.
  var groups = 1
  /// Whether products of groups read the matrices transposed.
  var isTransposed = false

  /// The number of rows, and of columns.
  var shape: (rows: Int, columns: Int) { (trace.graph[id].rows, trace.graph[id].columns) }

  /// The matrix with rows and columns exchanged; with groups, each group's.
  public func transposed() -> Matrix {
    guard groups > 1 else { return Matrix(id: trace.add(.transpose(id)), trace: trace) }
    var result = self
    result.isTransposed.toggle()
    return result
  }

  /// The matrices of all groups as one, one below the other.
  public var stacked: Matrix { Matrix(id: id, trace: trace) }

  /// A row as a signal, one unit for each column.
  public subscript(row: Int) -> Signal {
    Signal(id: trace.add(.rows(id, row..<row + 1)), trace: trace)
  }

  /// The sum, element by element.
  public static func + (a: Matrix, b: Matrix) -> Matrix { a.apply(.add, b) }
  /// The difference, element by element.
  public static func - (a: Matrix, b: Matrix) -> Matrix { a.apply(.subtract, b) }
  /// The product, element by element.
  public static func * (a: Matrix, b: Matrix) -> Matrix { a.apply(.multiply, b) }
  /// Multiplies each element by a number.
  public static func * (a: Double, b: Matrix) -> Matrix {
    Matrix(id: b.trace.add(.constant(a, columns: 1)), trace: b.trace).apply(.multiply, b)
  }

  private func apply(_ function: ElementwiseFunction, _ other: Matrix) -> Matrix {
    Matrix(id: trace.add(.apply(function, [id, other.id])), trace: trace)
  }
}
