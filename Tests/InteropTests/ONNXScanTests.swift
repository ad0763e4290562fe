import Cells
import Checkpoint
import FileCore
import Interop
import Models
import TensorCore
import Testing

/// Recurrent layers exported as loops and run as graphs, on the compiled path.
@Suite struct ONNXScanTests {
  /// How far a graph may be from the layer that it was exported from.
  private static let tolerance: Float = 1e-5

  @Test(arguments: [
    "mgu", "sru", "ugrnn", "lem", "cornn", "indrnn", "janet", "ligru", "minimal", "ran", "scrn",
  ])
  func exportedLoopsGiveWhatTheLayerGives(_ name: String) throws {
    guard let cell = try? CellRegistry.standard.cell(named: name) else { return }
    for direction in [Recurrent.Direction.forward, .bidirectional(merge: .concatenate)] {
      var generator = Philox(seed: 3)
      let layer = Recurrent(
        cell, inputSize: 6, hiddenSize: 6, direction: direction, using: &generator)
      let x = Tensor(normal: [5, 2, 6], using: &generator)
      let model = try GraphModel(layer.onnx())
      let state = layer.zeroState(batch: 2)
      var inputs: ExactDictionary<StoredArray> = ["input": StoredArray(x)]
      for name in state.names { inputs[name] = StoredArray(state[name]) }
      let (output, last) = layer(x)
      let results = try model(inputs)
      try expect(results["output"], equals: output, name)
      for state in last.names { try expect(results[state + "_out"], equals: last[state], name) }
    }
  }

  private func expect(_ found: StoredArray?, equals expected: Tensor, _ what: String) throws {
    let found = try #require(found)
    #expect(found.shape == expected.shape, "\(what)")
    let worst = zip(found.floats, expected.scalars).map { abs($0 - $1) }.max() ?? 0
    #expect(worst <= Self.tolerance, "\(what): \(worst)")
  }
}
