import Checkpoint
import TensorCore

extension GraphOperator {
  /// Matrix products.
  static let products: [String: GraphOperator] = [
    "MatMul": GraphOperator(2...2) { node throws(GraphFailure) in
      let known = node.constant(1).flatMap { value in
        value.rank == 2 ? value.tensor.map { ProductWeight($0.transposed(1, 0)) } : nil
      }
      return { inputs, run throws(GraphFailure) in
        let (a, b) = (try inputs.value(0), try inputs.value(1))
        if let known, let x = a.tensor, a.rank > 0 {
          return [GraphValue(try known.product(x, &run), as: a.elementType)]
        }
        return [try product(a, b, &run)]
      }
    },
    "Gemm": GraphOperator(2...3) { node throws(GraphFailure) in
      let (alpha, beta) = (try node.float("alpha") ?? 1, try node.float("beta") ?? 1)
      let (transA, transB) = (try node.flag("transA"), try node.flag("transB"))
      let weight: @Sendable (Tensor) -> Tensor = { transB ? $0 : $0.transposed(1, 0) }
      let known = node.constant(1).flatMap { value in
        value.rank == 2 ? value.tensor.map { ProductWeight(weight($0)) } : nil
      }
      return { inputs, run throws(GraphFailure) in
        let (a, b) = (try inputs.tensor(0), try inputs.tensor(1))
        guard a.shape.count == 2, b.shape.count == 2 else {
          throw GraphFailure(expected: "two matrices", found: "shapes \(a.shape) and \(b.shape)")
        }
        let x = transA ? a.tensor.transposed(1, 0) : a.tensor
        let rows = known ?? ProductWeight(weight(b.tensor))
        var y = try rows.product(x, &run)
        if alpha != 1 { y = y * alpha }
        var result = GraphValue(y, as: a.type)
        if inputs.optional(2) != nil {
          let c = try inputs.tensor(2)
          guard Broadcasting.shape(c.shape, y.shape) == y.shape else {
            throw GraphFailure(expected: "C that fits \(y.shape)", found: "\(c.shape)")
          }
          result = GraphValue(y + (beta == 1 ? c.tensor : c.tensor * beta), as: a.type)
        }
        return [result]
      }
    },
  ]
}

/// A weight `[O, I]` that stays packed from one product to the next.
struct ProductWeight: Sendable {
  let weight: Tensor
  private let packed = PackedOnce()

  init(_ weight: Tensor) { self.weight = weight }

  /// x Wᵀ + b of rows `[.., I]`.
  func product(
    _ x: Tensor, bias: Tensor? = nil, _ run: inout GraphRun
  ) throws(GraphFailure) -> Tensor {
    let (outputs, inputs) = (weight.shape[0], weight.shape[1])
    guard x.rank > 0, x.shape[x.rank - 1] == inputs else {
      throw GraphFailure(expected: "rows of \(inputs) numbers", found: "shape \(x.shape)")
    }
    var shape = x.shape
    shape[shape.count - 1] = outputs
    let count = try run.count(of: shape)
    try run.charge(product: count, inputs)
    guard count > 0, inputs > 0 else {
      let zeros = Tensor(zeros: shape)
      return count > 0 ? bias.map { zeros + $0 } ?? zeros : zeros
    }
    return affine(x, weight: weight, bias: bias, packed: packed)
  }
}

/// The product of matrices, or of vectors where an array has one axis.
func product(
  _ a: GraphValue, _ b: GraphValue, _ run: inout GraphRun
) throws(GraphFailure) -> GraphValue {
  guard a.rank > 0, b.rank > 0 else {
    throw GraphFailure(expected: "matrices", found: "shapes \(a.shape) and \(b.shape)")
  }
  let left = a.rank == 1 ? a.reshaped(to: [1] + a.shape) : a
  let right = b.rank == 1 ? b.reshaped(to: b.shape + [1]) : b
  let y = try matrixProduct(left, right, &run)
  var shape = Array(y.shape.dropLast(2))
  if a.rank > 1 { shape.append(y.shape[y.rank - 2]) }
  if b.rank > 1 { shape.append(y.shape[y.rank - 1]) }
  return y.reshaped(to: shape)
}
