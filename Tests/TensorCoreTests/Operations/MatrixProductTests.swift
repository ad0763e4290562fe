import Foundation
import TensorCore
import Testing

private let products: [OperationCase] = [
  productCase([3, 4], [4, 5]), productCase([1, 4], [4, 1]), productCase([2, 3, 4], [4, 2]),
  productCase([2, 3, 4], [2, 4, 2]), productCase([3, 4], [2, 4, 2]),
  productCase([2, 1, 3, 2], [5, 2, 3]), productCase([2, 3, 1, 4], [1, 3, 4, 2]),
  productCase([3, 2, 4], [1, 4, 2]), productCase([1, 2, 4], [3, 4, 2]),
  productCase([2, 0], [0, 3]),
  OperationCase(
    "affine map", [[3, 2, 4], [5, 4], [5]],
    { affine($0[0], weight: $0[1], bias: $0[2]) },
    { inputs in
      Reference([3, 2, 5]) { index in
        inputs[2][[index[2]]]
          + (0..<4).reduce(0) {
            $0 + inputs[0][[index[0], index[1], $1]] * inputs[1][[index[2], $1]]
          }
      }
    }),
  OperationCase(
    "affine map of one row, without bias, twice", [[4], [4, 4]],
    { affine(affine($0[0], weight: $0[1]), weight: $0[1]) },
    { inputs in
      func map(_ x: Reference) -> Reference {
        Reference([4]) { index in (0..<4).reduce(0) { $0 + x[[$1]] * inputs[1][[index[0], $1]] } }
      }
      return map(map(inputs[0]))
    }),
]

private func productCase(_ first: [Int], _ second: [Int]) -> OperationCase {
  let (m, k, n) = (first[first.count - 2], first[first.count - 1], second[second.count - 1])
  let (a, b) = (Array(first.dropLast(2)), Array(second.dropLast(2)))
  let batch = broadcast(a, b)
  return OperationCase(
    "product of \(first) and \(second)", [first, second],
    { matmul($0[0], $0[1]) },
    { inputs in
      Reference(batch + [m, n]) { index in
        let outer = index.dropLast(2)
        return (0..<k).reduce(0) { sum, p in
          sum + inputs[0][broadcast: outer + [index[index.count - 2], p]]
            * inputs[1][broadcast: outer + [p, index[index.count - 1]]]
        }
      }
    })
}

private let lookups: [OperationCase] = [
  OperationCase(
    "rows by number", [[4, 3]], { $0[0].gatheringRows([2, 0, 2, 3, 1, 2], shape: [2, 3]) },
    { inputs in
      let rows = [2, 0, 2, 3, 1, 2]
      return Reference([2, 3, 3]) { inputs[0][[rows[$0[0] * 3 + $0[1]], $0[2]]] }
    }),
  OperationCase(
    "rows of one table twice", [[3, 2]],
    { $0[0].gatheringRows([1, 1]) * $0[0].gatheringRows([0, 1]) },
    { inputs in
      Reference([2, 2]) { inputs[0][[1, $0[1]]] * inputs[0][[$0[0], $0[1]]] }
    }),
  OperationCase(
    "cross-entropy with a position that does not count", [[2, 2, 5]],
    { crossEntropy($0[0], [3, 0, -1, 4]) },
    { inputs in
      let sums = inputs[0].reduce([2]) { $0.reduce(0) { $0 + exp($1) } }
      let losses = [([0, 0], 3), ([0, 1], 0), ([1, 1], 4)].map { position, target in
        log(sums[position + [0]]) - inputs[0][position + [target]]
      }
      return Reference([]) { _ in losses.reduce(0, +) / 3 }
    }),
]

@Test(arguments: products) func productMatchesDoubles(_ example: OperationCase) {
  expectValue(of: example)
  expectGradients(of: example)
}

@Test(arguments: lookups) func lookupMatchesDoubles(_ example: OperationCase) {
  expectValue(of: example)
  expectGradients(of: example)
}

@Test func rowOfAProductDoesNotDependOnTheOtherRows() {
  var generator = Philox(seed: 5)
  let x = Tensor(uniform: [37, 65], from: -1, to: 1, using: &generator)
  let w = Tensor(uniform: [50, 65], from: -1, to: 1, using: &generator)
  let whole = affine(x, weight: w)
  for row in [0, 17, 36] {
    #expect(affine(x.slice(row..<row + 1), weight: w) == whole.slice(row..<row + 1))
  }
}

@Test func crossEntropyIsThatOfTheLogSoftmax() {
  var generator = Philox(seed: 6)
  let logits = Tensor(uniform: [3, 7], from: -5, to: 5, using: &generator)
  let targets: [Int32] = [6, 0, 3]
  let expected = -(logSoftmax(logits) * Tensor(oneHot: targets, classes: 7)).sum() / 3
  // Two ways of rounding a sum of seven exponentials.
  #expect(
    crossEntropy(logits, targets).isApproximatelyEqual(to: expected, relativeTolerance: 1e-6))
}

@Test func crossEntropyWithoutTargetsIsZero() {
  let (loss, gradients) = valueAndGradient(of: [Tensor(ones: [2, 3])]) {
    crossEntropy($0[0], [-1, -1])
  }
  #expect(loss.scalar == 0)
  #expect(gradients[0] == Tensor(zeros: [2, 3]))
}

@Test func oneHotRowsNameTheirIndex() {
  let rows = Tensor(oneHot: [2, -1, 0], shape: [3, 1], classes: 3)
  #expect(rows == Tensor([0, 0, 1, 0, 0, 0, 1, 0, 0], shape: [3, 1, 3]))
}

/// The shape of two batches together, which fit.
private func broadcast(_ a: [Int], _ b: [Int]) -> [Int] {
  let rank = max(a.count, b.count)
  func padded(_ shape: [Int]) -> [Int] {
    Array(repeating: 1, count: rank - shape.count) + shape
  }
  return zip(padded(a), padded(b)).map { $0 == 1 ? $1 : $0 }
}
