import Cells
import TensorCore
import Testing

/// The table of words against the oracle, which has its own definition of every word.
@Suite struct WordDerivativeTests {
  /// Critical operands: of both signs, equal ones, zeros; a logarithm's are positive.
  private static func points(_ function: ElementwiseFunction) -> [[Double]] {
    let values =
      [.log, .sqrt].contains(function)
      ? [0.25, 1, 3.5] : function == .reciprocal ? [-2, -0.5, 1.75] : [-2, -0.5, 0, 0.75, 2]
    let divisors = function == .divide ? [-2, 0.5, 3] : values
    return switch function.operandCount {
    case 1: values.map { [$0] }
    case 2: values.flatMap { a in divisors.map { [a, $0] } }
    default: values.flatMap { a in values.flatMap { b in values.map { [a, b, $0] } } }
    }
  }

  /// An expression in double precision.
  private static func value(_ expression: Expression, _ operands: [Double]) -> Double {
    switch expression.node {
    case .operand(let index): operands[index]
    case .constant(let value): value
    case .apply(let function, let x): function.evaluated(x.map { value($0, operands) })
    }
  }

  @Test(arguments: ElementwiseFunction.allCases)
  func kernelComputesWhatTheOracleDoes(function: ElementwiseFunction) {
    let points = Self.points(function)
    let operands = (0..<function.operandCount).map { index in
      Tensor(points.map { Float($0[index]) }).elements
    }
    let found = Tensor(full: [points.count], of: .nan)
    map(
      function, into: found.elements, operands[0], operands.count > 1 ? operands[1] : nil,
      operands.count > 2 ? operands[2] : nil, count: points.count)
    for (point, found) in zip(points, found.scalars) {
      let expected = function.evaluated(point)
      // Functions are within 4 units in the last place.
      #expect(
        abs(Double(found) - expected) <= 5e-7 * max(1e-3, abs(expected)),
        "\(function)\(point) is \(found), not \(expected)")
    }
  }

  /// At equal operands too, where the derivative is a convention.
  @Test(arguments: ElementwiseFunction.allCases)
  func cotangentIsThePartialDerivativeTimesThatOfTheValue(function: ElementwiseFunction) {
    let cotangent = 1.5
    for point in Self.points(function) {
      let operands = point + [function.evaluated(point), cotangent]
      let partials = function.partialDerivatives(point)
      #expect(partials.count == function.operandCount)
      for (index, partial) in partials.enumerated() {
        let found = function.word.cotangents[index].map { Self.value($0, operands) } ?? 0
        #expect(
          abs(found - cotangent * partial) <= 1e-12 * max(1, abs(found)),
          "\(function)\(point) by operand \(index): \(found), not \(cotangent * partial)")
      }
    }
  }

  /// Tensors and cells give the derivative of a maximum of equal numbers to the first of them.
  @Test func maximumOfEqualOperandsHasOneDerivativeOnTensorsAndInCells() {
    struct Extremes: RecurrentCell {
      func equations(_ cell: inout CellBuilder) {
        let (a, b) = (
          cell.vector("a", initially: .constant(2)), cell.vector("b", initially: .constant(2))
        )
        let x = cell.input
        cell.update(
          cell.state("hidden"), to: maximum(x * a, x * b) + 10 * minimum(x * a, x * b))
      }
    }
    var generator = Philox(seed: 1)
    let layer = Recurrent(Extremes(), inputSize: 1, hiddenSize: 1, using: &generator)
    let (_, ofCell) = valueAndGradient(of: layer) {
      $0(Tensor([3]).reshaped(to: [1, 1, 1])).output.sum()
    }
    let (_, ofTensors) = valueAndGradient(of: [Tensor([2]), Tensor([2])]) { weights in
      let (a, b) = (3 * weights[0], 3 * weights[1])
      return (maximum(a, b) + 10 * minimum(a, b)).sum()
    }
    #expect(ofTensors.map(\.scalars) == [[33], [0]])
    #expect(ofCell["a_l0"]?.scalars == [33] && ofCell["b_l0"]?.scalars == [0])
  }
}
