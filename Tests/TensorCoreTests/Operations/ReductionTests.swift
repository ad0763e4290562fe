import Foundation
import TensorCore
import Testing

private let reductions: [[OperationCase]] = [
  reductionCases("sum", { $0.sum(along: $1, keepingAxes: $2) }, { $0.reduce(0, +) }),
  reductionCases(
    "mean", { $0.mean(along: $1, keepingAxes: $2) }, { $0.reduce(0, +) / Double($0.count) }),
  reductionCases("maximum", { $0.max(along: $1, keepingAxes: $2) }, { $0.max() ?? 0 }),
  reductionCases(
    "population variance", { $0.variance(along: $1, correction: 0, keepingAxes: $2) },
    { variance($0, correction: 0) }),
]

private func reductionCases(
  _ name: String, _ operation: @escaping @Sendable (Tensor, [Int], Bool) -> Tensor,
  _ reference: @escaping @Sendable ([Double]) -> Double
) -> [OperationCase] {
  let shape = [2, 3, 4, 2]
  let axes: [[Int]] = [
    [], [0], [3], [1], [1, 2], [2, 3], [0, 1], [0, 2], [1, 3], [0, 1, 2, 3],
  ]
  return axes.flatMap { axes in
    let rest = shape.enumerated().filter { !axes.contains($0.offset) }.map(\.element)
    return [
      OperationCase(
        "\(name) along \(axes), which stay", [shape],
        { operation($0[0], axes, true) }, { $0[0].reduce(axes, reference) }),
      OperationCase(
        "\(name) along \(axes)", [shape],
        { operation($0[0], axes, false) }, { $0[0].reduce(axes, reference).reshaped(rest) }),
    ]
  }
}

private func variance(_ values: [Double], correction: Int) -> Double {
  let mean = values.reduce(0, +) / Double(values.count)
  return values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count - correction)
}

private let others: [OperationCase] = [
  OperationCase(
    "variance", [[3, 5]], { $0[0].variance(along: -1) },
    { $0[0].reduce([1]) { variance($0, correction: 1) }.reshaped([3]) }),
  OperationCase(
    "minimum", [[3, 5]], { $0[0].min(along: 0) },
    { $0[0].reduce([0]) { $0.min() ?? 0 }.reshaped([5]) }),
  OperationCase(
    "total", [[3, 5]], { $0[0].sum() }, { $0[0].reduce([0, 1]) { $0.reduce(0, +) }.reshaped([]) }),
  OperationCase(
    "cumulative sum of rows", [[3, 5]], { $0[0].cumulativeSum() },
    { inputs in
      Reference([3, 5]) { index in
        (0...index[1]).reduce(0) { $0 + inputs[0][[index[0], $1]] }
      }
    }),
  OperationCase(
    "cumulative sum of columns", [[3, 2, 4]], { $0[0].cumulativeSum(along: 0) },
    { inputs in
      Reference([3, 2, 4]) { index in
        (0...index[0]).reduce(0) { $0 + inputs[0][[$1, index[1], index[2]]] }
      }
    }),
  softmaxCase("softmax of rows", 1) { softmax($0) },
  softmaxCase("softmax of columns", 0) { softmax($0, along: 0) },
  logSoftmaxCase("log-softmax of rows", 2) { logSoftmax($0) },
  logSoftmaxCase("log-softmax of a middle axis", 1) { logSoftmax($0, along: 1) },
]

private func softmaxCase(
  _ name: String, _ axis: Int, _ operation: @escaping @Sendable (Tensor) -> Tensor
) -> OperationCase {
  OperationCase(
    name, [[3, 5]], { operation($0[0]) },
    { inputs in
      let sums = inputs[0].reduce([axis]) { $0.reduce(0) { $0 + exp($1) } }
      return Reference([3, 5]) { exp(inputs[0][$0]) / sums[broadcast: $0] }
    })
}

private func logSoftmaxCase(
  _ name: String, _ axis: Int, _ operation: @escaping @Sendable (Tensor) -> Tensor
) -> OperationCase {
  OperationCase(
    name, [[2, 3, 5]], { operation($0[0]) },
    { inputs in
      let sums = inputs[0].reduce([axis]) { $0.reduce(0) { $0 + exp($1) } }
      return Reference([2, 3, 5]) { inputs[0][$0] - log(sums[broadcast: $0]) }
    })
}

@Test(arguments: reductions.joined().map(\.self))
func reductionMatchesDoubles(_ example: OperationCase) {
  expectValue(of: example)
  expectGradients(of: example)
}

@Test(arguments: others) func rowOperationMatchesDoubles(_ example: OperationCase) {
  expectValue(of: example)
  expectGradients(of: example)
}

@Test func largestElementsShareTheGradient() {
  let (_, gradients) = valueAndGradient(of: [Tensor([3, 1, 3, 2])]) { $0[0].max() }
  #expect(gradients[0].scalars == [0.5, 0, 0.5, 0])
}

@Test func argmaxIsTheFirstLargest() {
  #expect(Tensor([1, 3, 3, 9, 2, 4], shape: [2, 3]).argmax() == [1, 0])
}

@Test func meanOfNothingIsNaN() {
  #expect(Tensor(zeros: [0, 2]).sum().scalar == 0)
  #expect(Tensor(zeros: [0]).mean().scalar.isNaN)
}

@Test func softmaxDoesNotOverflow() {
  let x = Tensor([1000, 1000, -1000, -1000], shape: [2, 2])
  #expect(softmax(x).scalars == [0.5, 0.5, 0.5, 0.5])
  #expect(logSoftmax(Tensor([1000, 0])).scalars == [0, -1000])
}
