import Requirements
import TensorCore

// Parameters under the names, in the order and with the shapes of published weights.

extension CellBuilder {
  /// A parameter of any shape, under its own name, whose numbers are a signal's units.
  ///
  /// Parameters are listed in the order in which they are first mentioned.
  public func parameter(
    _ name: String, _ shape: [Int], initially initialization: Initialization? = nil
  ) -> Signal {
    Signal(
      id: trace.published(name, shape, isSignal: true, initialization), trace: trace, shape: shape)
  }

  /// A parameter that products multiply with, under its own name: `[out, in]`, or `[groups, out, in]` for
  /// groups of units.
  public func weight(
    _ name: String, _ shape: [Int], initially initialization: Initialization? = nil
  ) -> Matrix {
    require(shape.count >= 2, "parameter \(name) of the shape \(shape) is no matrix")
    return Matrix(
      id: trace.published(name, shape, isSignal: false, initialization), trace: trace,
      groups: shape.dropLast(2).reduce(1, *))
  }

  /// The product with a parameter `name.weight`, `[width, columns]`, and, if the published layer has one, the bias
  /// `name.bias`.
  public func projection(
    _ name: String, from columns: Int, to width: Int, hasBias: Bool = false,
    initially initialization: Initialization? = nil, bias: Initialization? = .constant(0)
  ) -> Projection {
    projection(
      weight: name + ".weight", bias: hasBias ? name + ".bias" : nil, from: columns, to: width,
      initially: initialization, bias: bias)
  }

  /// The product with a parameter `[width, columns]` and, if it has a name, a bias.
  func projection(
    weight: String, bias name: String?, from columns: Int, to width: Int,
    initially initialization: Initialization?, bias: Initialization?
  ) -> Projection {
    Projection(
      weight: self.weight(weight, [width, columns], initially: initialization),
      bias: hasBias ? name.map { parameter($0, [width], initially: bias) } : nil, cell: self)
  }
}

/// A product with published weights: parameters that are declared before they are used, since the order of
/// published weights is rarely that of the equations.
///
/// ```swift
/// let query = cell.projection("q_proj", from: cell.inputSize, to: 64)
/// let q = query(cell.input)
/// ```
public struct Projection {
  let weight: Matrix
  let bias: Signal?
  let cell: CellBuilder

  /// `x · Wᵀ + b`.
  public func callAsFunction(_ x: Signal) -> Signal {
    let product = cell.product(x, weight)
    return bias.map { product + $0 } ?? product
  }

  /// `scale x · Wᵀ + b`.
  func callAsFunction(_ x: Signal, scale: Double) -> Signal {
    let product = scale * cell.product(x, weight)
    return bias.map { product + $0 } ?? product
  }
}
