import Cells
import TensorCore
import Testing

/// The compiler knows no cell by name: some hundred random cells, forward and backward, in either
/// direction, with and without lengths, against the oracle.
@Suite struct RandomCellTests {
  /// Float32 through some dozens of operations, four steps and their derivatives.
  static let tolerance = 2e-4

  @Test(arguments: RandomCell.blocksOfHundred)
  func planAgreesWithTheOracle(_ block: Int) throws {
    for seed in UInt64(block * 100)..<UInt64(block * 100 + 100) { try compare(seed) }
  }

  private func compare(_ seed: UInt64) throws {
    var generator = Philox(seed: seed, stream: 1)
    let (inputSize, hiddenSize) = (
      Int.random(in: 1...4, using: &generator), Int.random(in: 1...5, using: &generator)
    )
    let (steps, batch) = (
      Int.random(in: 1...4, using: &generator), Int.random(in: 1...3, using: &generator)
    )
    let layer = Recurrent(
      RandomCell(seed: seed), inputSize: inputSize, hiddenSize: hiddenSize,
      direction: seed % 3 == 0 ? .reverse : .forward,
      layout: seed % 2 == 0 ? .timeFirst : .batchFirst, using: &generator)
    let lengths =
      seed % 4 == 0
      ? (0..<batch).map { _ in Int.random(in: 1...steps, using: &generator) } : nil
    let input = Tensor(
      normal: layer.layout == .timeFirst
        ? [steps, batch, inputSize] : [batch, steps, inputSize], using: &generator)
    var state = layer.zeroState(batch: batch)
    for name in state.names { state[name] = Tensor(normal: state[name].shape, using: &generator) }
    let subject = LayerUnderTest(layer: layer, input: input, state: state)
    try OracleComparison(subject, lengths: lengths, seed: seed).check(within: Self.tolerance)
  }
}
