import TensorCore
import Testing

@testable import Cells

/// A backward pass leaves out what leads to the input's cotangent alone where nobody asks for that.
@Suite struct InputCotangentTests {
  private static let names = [
    "rnn", "lstm", "gru", "mgu", "indrnn", "mingru", "sru", "lru", "hgrn",
  ]

  /// The gradients of a layer's parameters, with an input that the tape tracks or not.
  private func gradients(
    of layer: Recurrent, _ x: Tensor, tracksInput: Bool,
    _ output: (Recurrent, Tensor) -> Tensor
  ) -> [[Float]] {
    let gradients = valueAndGradient(of: layer) { layer in
      // The parameter makes the input a tracked tensor with the same values.
      let zero = tracksInput ? layer.weights[0][0].sum() * 0 : Tensor(zeros: [])
      return (output(layer, x + zero) * 0.5).sum()
    }.gradients
    return gradients.values.map(\.scalars)
  }

  @Test(arguments: names) func gradientsOfParametersKeepTheirBits(_ name: String) throws {
    var generator = Philox(seed: 7)
    for direction in [Recurrent.Direction.forward, .bidirectional(merge: .sum)] {
      let layer = Recurrent(
        try CellRegistry.standard.cell(named: name), inputSize: 5, hiddenSize: 9, layers: 2,
        direction: direction, using: &generator)
      let x = Tensor(normal: [6, 3, 5], using: &generator)
      for lengths in [nil, [6, 2, 4]] {
        let with = gradients(of: layer, x, tracksInput: true) { $0($1, lengths: lengths).output }
        let without = gradients(of: layer, x, tracksInput: false) {
          $0($1, lengths: lengths).output
        }
        #expect(with == without, "\(name), \(direction)")
      }
    }
  }

  @Test(arguments: ["lstm", "indrnn"]) func realTimeGradientsKeepTheirBits(_ name: String) throws {
    var generator = Philox(seed: 8)
    let layer = Recurrent(
      try CellRegistry.standard.cell(named: name), inputSize: 5, hiddenSize: 6, layers: 2,
      using: &generator)
    let x = Tensor(normal: [1, 2, 5], using: &generator)
    for engine in [GradientEngine.rtrl, .snap1] {
      let results = try [true, false].map { tracksInput in
        let memory = try RecurrentMemory(of: layer, engine: engine, batch: 2)
        return (0..<3).map { _ in
          gradients(of: layer, x, tracksInput: tracksInput) { $0($1, with: memory) }
        }
      }
      #expect(results[0] == results[1], "\(name), \(engine)")
    }
  }

  /// An optimizer changes weights in place after a step, since nothing holds on to their memory.
  @Test(arguments: [GradientEngine.rtrl, .snap1, .bptt])
  func stepsReleaseTheirParameters(_ engine: GradientEngine) throws {
    var generator = Philox(seed: 9)
    var layer = Recurrent(IndRNN(), inputSize: 5, hiddenSize: 6, using: &generator)
    let memory = try RecurrentMemory(of: layer, engine: engine, batch: 1)
    let x = Tensor(normal: [1, 1, 5], using: &generator)
    func identities() -> [ObjectIdentifier] {
      layer.weights[0].map { ObjectIdentifier($0.storage) }
    }
    for _ in 0..<3 {
      _ = valueAndGradient(of: layer) { $0(x, with: memory).sum() }
      let before = identities()
      layer.updateParameters { _, parameter in _ = parameter.writableElements() }
      #expect(identities() == before, "\(engine)")
    }
  }
}
