import Cells
import TensorCore
import Testing

/// The two directions of a layer, one after the other or at the same time.
@Suite struct DirectionTests {
  private static let cells: [any RecurrentCell] = [LSTM(), GLA(heads: 2, rank: 3), MinGRU()]
  private static let directions: [Recurrent.Direction] = [
    .bidirectional(merge: .concatenate), .bidirectional(merge: .sum),
    .bidirectional(merge: .product),
  ]

  /// The bits of the outputs, the final states and all gradients.
  private func bits(
    _ cell: any RecurrentCell, _ direction: Recurrent.Direction, _ lengths: [Int]?
  ) -> [[UInt32]] {
    var generator = Philox(seed: 3)
    let layer = Recurrent(
      cell, inputSize: 6, hiddenSize: 48, layers: 2, direction: direction, using: &generator)
    let x = Tensor(normal: [9, 3, 6], using: &generator)
    let weights = Tensor(normal: [9, 3, layer.outputSize], using: &generator)
    let result = valueAndGradient(of: layer, at: [x]) { layer, inputs in
      let (output, state) = layer(inputs[0], lengths: lengths)
      return (output * weights).sum() + state.tensors[0].sum()
    }
    let (output, state) = layer(x, lengths: lengths)
    let gradients = layer.parameters.compactMap { result.gradients[$0.name] }
    return ([output] + state.tensors + result.inputGradients + gradients)
      .map { $0.scalars.map(\.bitPattern) }
  }

  @Test func anyNumberOfThreadsGivesTheSameBits() async {
    await #expect(processExitsWith: .success) {
      let tests = DirectionTests()
      for cell in Self.cells {
        for direction in Self.directions {
          for lengths in [nil, [9, 2, 5]] {
            ThreadTeam.count = 1
            let expected = tests.bits(cell, direction, lengths)
            #expect(expected.count > 6)
            for threads in [2, 3] {
              ThreadTeam.count = threads
              for _ in 0..<3 {
                #expect(
                  tests.bits(cell, direction, lengths) == expected, "\(cell), \(threads) threads")
              }
            }
          }
        }
      }
    }
  }
}
