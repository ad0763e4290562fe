import TensorCore
import Testing

private let orders: [[Int]] = [
  [0, 1, 2, 3], [3, 2, 1, 0], [1, 0, 2, 3], [0, 2, 1, 3], [2, 0, 1, 3], [0, 1, 3, 2], [3, 0, 1, 2],
  [1, 3, 0, 2], [2, 3, 0, 1], [3, 1, 2, 0],
]

private let transpositions: [OperationCase] = orders.flatMap { order in
  [[2, 3, 4, 5], [2, 1, 4, 3], [1, 3, 1, 2]].map { shape in
    OperationCase(
      "axes of \(shape) in the order \(order)", [shape],
      { $0[0].transposed(order) },
      { inputs in
        Reference(order.map { shape[$0] }) { index in
          var original = index
          for (new, old) in order.enumerated() { original[old] = index[new] }
          return inputs[0][original]
        }
      })
  }
}

private let rearrangements: [OperationCase] = [
  OperationCase(
    "reshape", [[2, 6]], { $0[0].reshaped(to: [3, -1]) }, { $0[0].reshaped([3, 4]) }),
  OperationCase(
    "new axis", [[2, 3]], { $0[0].expandingShape(at: -1) }, { $0[0].reshaped([2, 3, 1]) }),
  OperationCase(
    "dropped axis", [[2, 1, 3]], { $0[0].squeezingShape(at: 1) }, { $0[0].reshaped([2, 3]) }),
  OperationCase(
    "broadcast", [[3, 1]], { $0[0].broadcast(to: [2, 3, 4]) },
    { inputs in Reference([2, 3, 4]) { inputs[0][broadcast: $0] } }),
  OperationCase(
    "transpose", [[3, 5]], { $0[0].transposed() },
    { inputs in Reference([5, 3]) { inputs[0][$0.reversed()] } }),
  OperationCase(
    "slice of the first axis", [[5, 3]], { $0[0].slice(1..<4) },
    { inputs in Reference([3, 3]) { inputs[0][[$0[0] + 1, $0[1]]] } }),
  OperationCase(
    "slice of a middle axis", [[2, 5, 3]], { $0[0].slice(2..<4, along: 1) },
    { inputs in Reference([2, 2, 3]) { inputs[0][[$0[0], $0[1] + 2, $0[2]]] } }),
  OperationCase(
    "overlapping slices", [[2, 5]],
    { $0[0].slice(0..<3, along: -1) * $0[0].slice(2..<5, along: -1) },
    { inputs in
      Reference([2, 3]) { inputs[0][$0] * inputs[0][[$0[0], $0[1] + 2]] }
    }),
  OperationCase(
    "last step", [[2, 4, 3]], { $0[0].at(-1, along: 1) },
    { inputs in Reference([2, 3]) { inputs[0][[$0[0], 3, $0[1]]] } }),
  OperationCase(
    "parts in another order", [[2, 6]],
    { inputs in
      let parts = inputs[0].split([1, 2, 3], along: 1)
      return concatenate([parts[2], parts[0], parts[1]], along: 1)
    },
    { inputs in Reference([2, 6]) { inputs[0][[$0[0], ($0[1] + 3) % 6]] } }),
  OperationCase(
    "concatenation of the first axis", [[2, 3], [1, 3]], { concatenate($0) },
    { inputs in
      Reference([3, 3]) { $0[0] < 2 ? inputs[0][$0] : inputs[1][[0, $0[1]]] }
    }),
  OperationCase(
    "concatenation of the last axis", [[2, 3], [2, 2]], { concatenate($0, along: -1) },
    { inputs in
      Reference([2, 5]) { $0[1] < 3 ? inputs[0][$0] : inputs[1][[$0[0], $0[1] - 3]] }
    }),
  OperationCase(
    "stack", [[2, 3], [2, 3]], { stack($0, along: 1) },
    { inputs in Reference([2, 2, 3]) { inputs[$0[1]][[$0[0], $0[2]]] } }),
  OperationCase(
    "reversed steps", [[4, 2]], { stack($0[0].unstacked().reversed()) },
    { inputs in Reference([4, 2]) { inputs[0][[3 - $0[0], $0[1]]] } }),
]

@Test(arguments: transpositions) func transpositionMatchesDoubles(_ example: OperationCase) {
  expectValue(of: example)
  expectGradients(of: example)
}

@Test(arguments: rearrangements) func rearrangementMatchesDoubles(_ example: OperationCase) {
  expectValue(of: example)
  expectGradients(of: example)
}

@Test func transposedTwiceIsIdentity() {
  var generator = Philox(seed: 1)
  let x = Tensor(uniform: [7, 33], using: &generator)
  #expect(x.transposed().transposed() == x)
}

@Test func concatenationUndoesSplitting() {
  var generator = Philox(seed: 1)
  let x = Tensor(uniform: [3, 10, 2], using: &generator)
  #expect(concatenate(x.split([4, 0, 5, 1], along: 1), along: 1) == x)
}

@Test func reshapingSharesMemory() {
  let x = Tensor(zeros: [4, 3])
  #expect(x.reshaped(to: [12]).storage === x.storage)
}
