import Foundation
import TensorCore
import Testing

private let unary: [OperationCase] = [
  unaryCase("exp", { exp($0) }, { exp($0) }),
  unaryCase("log", domain: 0.2...3, { log($0) }, { log($0) }),
  unaryCase("sqrt", domain: 0.2...3, { sqrt($0) }, { $0.squareRoot() }),
  unaryCase("tanh", { tanh($0) }, { tanh($0) }),
  unaryCase("sigmoid", { sigmoid($0) }, { 1 / (1 + exp(-$0)) }),
  unaryCase("logSigmoid", { logSigmoid($0) }, { -log1p(exp(-$0)) }),
  unaryCase("relu", { relu($0) }, { max($0, 0) }),
  unaryCase("softplus", { softplus($0) }, { log1p(exp($0)) }),
  unaryCase("abs", { abs($0) }, { $0.magnitude }),
  unaryCase("reciprocal", domain: 0.5...2, { reciprocal($0) }, { 1 / $0 }),
  unaryCase("sin", { sin($0) }, { sin($0) }),
  unaryCase("cos", { cos($0) }, { cos($0) }),
  unaryCase("negation", { -$0 }, { -$0 }),
  unaryCase("clamp", { clamp($0, from: -1, to: 0.5) }, { min(max($0, -1), 0.5) }),
  unaryCase("third power", { power($0, 3) }, { $0 * $0 * $0 }),
  unaryCase("zeroth power", { power($0, 0) }, { _ in 1 }),
  unaryCase("power -2", domain: 0.5...2, { power($0, -2) }, { 1 / ($0 * $0) }),
  unaryCase("power 0.5", domain: 0.5...2, { power($0, 0.5) }, { $0.squareRoot() }),
  unaryCase("power 1.7", domain: 0.5...2, { power($0, 1.7) }, { pow($0, Double(Float(1.7))) }),
  unaryCase("plus a number", { $0 + 1.5 }, { $0 + 1.5 }),
  unaryCase("a number minus", { 1.5 - $0 }, { 1.5 - $0 }),
  unaryCase("times a number", { 1.5 * $0 }, { 1.5 * $0 }),
  unaryCase("a number divided by", domain: 0.5...2, { 1.5 / $0 }, { 1.5 / $0 }),
]

private func unaryCase(
  _ name: String, domain: ClosedRange<Float> = -2...2,
  _ operation: @escaping @Sendable (Tensor) -> Tensor,
  _ reference: @escaping @Sendable (Double) -> Double
) -> OperationCase {
  OperationCase(name, [[3, 7]], domain: domain, { operation($0[0]) }, { $0[0].map(reference) })
}

/// Each function over every kind of broadcasting.
private let binary: [[OperationCase]] = [
  binaryCases("sum", { $0 + $1 }, { $0 + $1 }),
  binaryCases("difference", { $0 - $1 }, { $0 - $1 }),
  binaryCases("product", { $0 * $1 }, { $0 * $1 }),
  binaryCases("quotient", { $0 / $1 }, { $0 / $1 }),
  binaryCases("maximum", { maximum($0, $1) }, { max($0, $1) }),
  binaryCases("minimum", { minimum($0, $1) }, { min($0, $1) }),
]

private func binaryCases(
  _ name: String, _ operation: @escaping @Sendable (Tensor, Tensor) -> Tensor,
  _ reference: @escaping @Sendable (Double, Double) -> Double
) -> [OperationCase] {
  let shapes: [([Int], [Int], [Int])] = [
    ([3, 4], [3, 4], [3, 4]), ([3, 4], [4], [3, 4]), ([3, 1], [3, 4], [3, 4]),
    ([2, 3, 4], [2, 1, 4], [2, 3, 4]), ([2, 1, 3, 1], [5, 1, 2], [2, 5, 3, 2]),
    ([3, 4], [], [3, 4]), ([1, 1], [1], [1, 1]),
  ]
  return shapes.map { first, second, result in
    OperationCase(
      "\(name) of \(first) and \(second)", [first, second], domain: 0.5...3,
      { operation($0[0], $0[1]) },
      { inputs in
        Reference(result) { reference(inputs[0][broadcast: $0], inputs[1][broadcast: $0]) }
      })
  }
}

@Test(arguments: unary) func unaryFunctionMatchesDoubles(_ example: OperationCase) {
  expectValue(of: example)
  expectGradients(of: example)
}

@Test(arguments: binary.joined().map(\.self)) func binaryFunctionMatchesDoubles(
  _ example: OperationCase
) {
  expectValue(of: example)
  expectGradients(of: example)
}

@Test func selectionMatchesDoublesAndPassesTheGradientToTheSelected() {
  let mask = Tensor([1, 0, 0, 2], shape: [4])
  let example = OperationCase(
    "choice", [[3, 4], [3, 1]],
    { select(where: mask, $0[0], else: $0[1]) },
    { inputs in
      Reference([3, 4]) { index in
        mask[index[1]] != 0 ? inputs[0][index] : inputs[1][broadcast: index]
      }
    })
  expectValue(of: example)
  expectGradients(of: example)
}

@Test func gradientOfASelectionIgnoresNaN() {
  let x = Tensor([-1, 4])
  let (_, gradients) = valueAndGradient(of: [x]) { x in
    select(where: x[0] .> 0, sqrt(x[0]), else: Tensor(0)).sum()
  }
  #expect(gradients[0][1] == 0.25)
}

@Test func comparisonsAreMasks() {
  let (a, b) = (Tensor([1, 2, 3, .nan]), Tensor([2, 2, 2, 2]))
  #expect((a .> b).scalars == [0, 0, 1, 0])
  #expect((a .>= b).scalars == [0, 1, 1, 0])
  #expect((a .< b).scalars == [1, 0, 0, 0])
  #expect((a .<= b).scalars == [1, 1, 0, 0])
  #expect((a .== b).scalars == [0, 1, 0, 0])
  #expect((a .!= b).scalars == [1, 0, 1, 1])
  #expect((a .> 1.5).scalars == [0, 1, 1, 0])
  #expect((a .!= 3).scalars == [1, 1, 0, 1])
}

@Test func signAndFloorAreConstants() {
  let x = Tensor([-1.5, 0, 2.25])
  #expect(sign(x).scalars == [-1, 0, 1])
  #expect(floor(x).scalars == [-2, 0, 2])
  let (_, gradients) = valueAndGradient(of: [x]) { (sign($0[0]) + floor($0[0])).sum() }
  #expect(gradients[0] == Tensor(zeros: [3]))
}

@Test func firstOfEqualElementsHasTheGradientOfTheirMaximum() {
  let (_, gradients) = valueAndGradient(of: [Tensor([1, 5]), Tensor([1, 2])]) {
    maximum($0[0], $0[1]).sum()
  }
  #expect(gradients[0].scalars == [1, 1])
  #expect(gradients[1].scalars == [0, 0])
}

@Test func emptyTensorsHaveEmptyResults() {
  let empty = Tensor(zeros: [0, 3])
  #expect((empty + Tensor([1, 2, 3])).shape == [0, 3])
  #expect(exp(empty).scalars.isEmpty)
  let (value, gradients) = valueAndGradient(of: [empty, Tensor([1, 2, 3])]) {
    ($0[0] * $0[1]).sum()
  }
  #expect(value.scalar == 0)
  #expect(gradients[1].scalars == [0, 0, 0])
}
