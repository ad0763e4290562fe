import Checkpoint
import TensorCore

/// The products of the matrices of the last two axes, [.., m, k] and [.., k, n] to [.., m, n]; the axes before them are
/// broadcast. Both have one type.
func matrixProduct(
  _ a: GraphValue, _ b: GraphValue, _ run: inout GraphRun
) throws(GraphFailure) -> GraphValue {
  let (m, k, n) = (a.shape[a.rank - 2], a.shape[a.rank - 1], b.shape[b.rank - 1])
  guard b.shape[b.rank - 2] == k,
    let batch = Broadcasting.shape(Array(a.shape.dropLast(2)), Array(b.shape.dropLast(2)))
  else {
    throw GraphFailure(
      expected: "shapes that have a matrix product", found: "\(a.shape) and \(b.shape)")
  }
  let shape = batch + [m, n]
  let count = try run.count(of: shape)
  try run.charge(product: count, k)
  switch (a.elements, b.elements) {
  case (.floats(let x), .floats(let y)):
    return GraphValue(
      count > 0 && k > 0 ? matmul(x, y) : Tensor(zeros: shape), as: a.elementType)
  case (.doubles, .doubles):
    let (x, y) = try (
      a.broadcast(to: batch + [m, k], &run), b.broadcast(to: batch + [k, n], &run)
    )
    return GraphValue(products(x.doubles, y.doubles, count, (m, k, n), +, *), shape: shape)
  case (.integers, .integers):
    let (x, y) = try (
      a.broadcast(to: batch + [m, k], &run), b.broadcast(to: batch + [k, n], &run)
    )
    guard let x = x.integers, let y = y.integers, a.elementType == b.elementType else { break }
    return GraphValue(
      products(x, y, count, (m, k, n), &+, &*), shape: shape, as: a.elementType)
  default: break
  }
  throw GraphFailure(
    expected: "numbers of one type", found: "\(a.elementType) and \(b.elementType)")
}

/// Products of pairs of matrices that stand one after the other.
private func products<Number: Numeric>(
  _ a: [Number], _ b: [Number], _ count: Int, _ sizes: (m: Int, k: Int, n: Int),
  _ add: (Number, Number) -> Number, _ multiply: (Number, Number) -> Number
) -> [Number] {
  let (m, k, n) = sizes
  var result = [Number](repeating: 0, count: count)
  for row in 0..<(n > 0 ? count / n : 0) {
    for inner in 0..<k {
      let (factor, first) = (a[row * k + inner], (row / m * k + inner) * n)
      for column in 0..<n {
        let place = row * n + column
        result[place] = add(result[place], multiply(factor, b[first + column]))
      }
    }
  }
  return result
}
