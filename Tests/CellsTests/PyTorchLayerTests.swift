import Cells
import TensorCore
import Testing

/// Outputs, final states and every gradient of layers against PyTorch's.
@Suite struct PyTorchLayerTests {
  /// Float32 against float64, relative to each tensor's largest value.
  static let tolerance: Float = 1e-5

  @Test(arguments: LayerCase.all(in: LayerCase.fixtures))
  func matchesPyTorch(_ layerCase: LayerCase) throws { try compare(layerCase) }

  @Test(
    .enabled(
      if: !LayerCase.all(in: LayerCase.reference).isEmpty,
      "the full set of reference layers is not on this machine"),
    arguments: LayerCase.all(in: LayerCase.reference))
  func matchesPyTorchOnTheFullSet(_ layerCase: LayerCase) throws { try compare(layerCase) }

  @Test func thereAreFixtures() {
    #expect(LayerCase.all(in: LayerCase.fixtures).count >= 14)
  }

  private func compare(_ layerCase: LayerCase) throws {
    let (configuration, tensors, lengths) = try layerCase.load()
    func tensor(_ name: String) throws -> Tensor { try #require(tensors[name], "\(name)") }
    let layer = try makeLayer(configuration, tensors)
    var state = layer.zeroState(batch: configuration.batch)
    let stateNames = ["hidden": ("h0", "h_n"), "cell": ("c0", "c_n")]
    for name in state.names {
      if let pair = stateNames[name], let initial = tensors[pair.0] { state[name] = initial }
    }
    let subject = LayerUnderTest(layer: layer, input: try tensor("input"), state: state)
    let results = ["output"] + state.names.compactMap { stateNames[$0]?.1 }
    let cotangents = try results.map { try tensor("grad." + $0) }
    let (_, outputs, gradients) = valueAndGradient(of: subject) { subject in
      let (output, final) = subject.layer(subject.input, from: subject.state, lengths: lengths)
      let outputs = [output] + final.names.map { final[$0] }
      return (weightedSum(outputs, cotangents), outputs)
    }
    for (name, output) in zip(results, outputs) {
      let expected = try tensor(name)
      #expect(output.shape == expected.shape, "\(name)")
      expectClose(output.scalars, expected.scalars, within: Self.tolerance, name)
    }
    for name in gradients.names {
      guard let gradient = gradients[name] else { continue }
      let stored = stateNames[name]?.0 ?? name
      guard let expected = tensors["d." + stored] else { continue }
      expectClose(gradient.scalars, expected.scalars, within: Self.tolerance, "d." + stored)
    }
    // Without a tape another plan runs.
    let (output, _) = layer(try tensor("input"), from: state, lengths: lengths)
    #expect(output.scalars == outputs[0].scalars)
  }

  private func makeLayer(
    _ configuration: LayerCase.Configuration, _ tensors: [String: Tensor]
  ) throws -> Recurrent {
    var generator = Philox(seed: 0)
    let cell: any RecurrentCell =
      switch configuration.kind {
      case "RNN": RNN(nonlinearity: configuration.nonlinearity == "relu" ? .relu : .tanh)
      case "GRU": GRU()
      default: LSTM(projectionSize: configuration.proj_size)
      }
    var layer = Recurrent(
      cell, inputSize: configuration.input_size, hiddenSize: configuration.hidden_size,
      layers: configuration.num_layers,
      direction: configuration.bidirectional ? .bidirectional(merge: .concatenate) : .forward,
      bias: configuration.bias, layout: configuration.batch_first ? .batchFirst : .timeFirst,
      using: &generator)
    let names = layer.parameters.map(\.name)
    try layer.load(tensors.filter { names.contains($0.key) })
    return layer
  }
}
