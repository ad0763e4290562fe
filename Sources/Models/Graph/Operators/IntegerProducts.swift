import Checkpoint
import TensorCore

extension GraphOperator {
  /// Sums of products of integers of 8 bits, as integers of 32.
  static let integerProducts: [String: GraphOperator] = [
    "MatMulInteger": GraphOperator(2...4) { _ throws(GraphFailure) in
      { inputs, run throws(GraphFailure) in
        let a = try inputs.centred(0, zeroPoint: 2, axis: -2, &run)
        let b = try inputs.centred(1, zeroPoint: 3, axis: -1, &run)
        return [
          try integerSum(of: b, terms: a.shape.last ?? 0, &run) {
            digits, run throws(GraphFailure) in
            try product(GraphValue(a), GraphValue(digits), &run)
          }
        ]
      }
    },
    "ConvInteger": GraphOperator(2...4) { node throws(GraphFailure) in
      let convolution = try Convolution(&node)
      return { inputs, run throws(GraphFailure) in
        let x = try inputs.centred(0, zeroPoint: 2, axis: nil, &run)
        let w = try inputs.centred(1, zeroPoint: 3, axis: 0, &run)
        let terms = w.shape.dropFirst().reduce(1, *)
        return [
          try integerSum(of: w, terms: terms, &run) { digits, run throws(GraphFailure) in
            try convolution(GraphTensor(tensor: x, type: .float32), digits, nil, nil, &run)
          }
        ]
      }
    },
  ]
}

extension [GraphValue?] {
  /// An input of 8 bits less its zero point: one for all, or one for each place along an axis.
  fileprivate func centred(
    _ index: Int, zeroPoint: Int, axis: Int?, _ run: inout GraphRun
  ) throws(GraphFailure) -> Tensor {
    let x = try value(index)
    guard x.elementType == .int8 || x.elementType == .uint8 else {
      throw GraphFailure(expected: "input \(index) of int8 or uint8", found: x.elementType)
    }
    try run.count(of: x.shape)
    let numbers = x.converted(to: .float32).tensor ?? Tensor(zeros: x.shape)
    guard let zero = optional(zeroPoint) else { return numbers }
    guard zero.elementType == x.elementType else {
      throw GraphFailure(expected: "a zero point of \(x.elementType)", found: zero.elementType)
    }
    var shape = zero.shape
    if zero.count == 1 {
      shape = []
    } else if let axis, zero.rank == 1, x.rank >= 2 {
      let place = axis < 0 ? axis + x.rank : axis
      shape = zero.shape + [Int](repeating: 1, count: x.rank - place - 1)
    }
    guard let offsets = zero.converted(to: .float32).tensor,
      Broadcasting.shape(shape, x.shape) == x.shape
    else {
      throw GraphFailure(
        expected: "zero points that fit \(x.shape)", found: "shape \(zero.shape)")
    }
    return numbers.count > 0 ? numbers - offsets.reshaped(to: shape) : numbers
  }
}

/// A result that is linear in weights, exactly: sums of products of whole numbers of at most 255 with the weights.
///
/// The weights are split into digits so small that no sum is beyond the whole numbers of a `Float`.
///
/// - Parameter terms: the products of each sum.
private func integerSum(
  of weights: Tensor, terms: Int, _ run: inout GraphRun,
  _ result: (_ digits: Tensor, _ run: inout GraphRun) throws(GraphFailure) -> GraphValue
) throws(GraphFailure) -> GraphValue {
  let mostDigit = (1 << 24) / (255 * max(1, terms))
  guard mostDigit > 0 else {
    throw GraphFailure("sums of \(terms) products of integers: the form is not supported")
  }
  let bits = min(8, Int.bitWidth - 1 - (mostDigit + 1).leadingZeroBitCount)
  let base = Float(1 << bits)
  var (rest, scale, sum) = (weights, Int64(1), [Int64]())
  var shape: [Int] = []
  for _ in stride(from: 0, to: 8, by: bits) {
    try run.count(of: weights.shape)
    let quotient = rest.mapping { ($0 / Double(base)).rounded(.towardZero) }
    let part = try result(rest.count > 0 ? rest - quotient * base : rest, &run)
    shape = part.shape
    let numbers = part.doubles
    if sum.isEmpty { sum = [Int64](repeating: 0, count: numbers.count) }
    for (index, number) in numbers.enumerated() { sum[index] += Int64(number) * scale }
    (rest, scale) = (quotient, scale << Int64(bits))
  }
  return GraphValue(sum, shape: shape, as: .int32)
}
