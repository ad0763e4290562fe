import Cells
import TensorCore
import Testing

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Options of layers as files and flags have them, and what they refuse.
@Suite struct WrapperOptionTests {
  @Test func optionsAreSavedAndMissingOnesHaveTheirDefaults() throws {
    var options = Recurrent.Options()
    options.layerSizes = [3, 4]
    options.connection = .highway
    options.block = Recurrent.Block()
    options.block?.output = .gated
    options.block?.feedForwardSize = 0
    options.zoneout = ["cell": 0.5]
    options.learnsInitialState = true
    options.initialization = .chrono(steps: 50, forget: "f", input: "i")
    let saved = try JSONEncoder().encode(options)
    #expect(try JSONDecoder().decode(Recurrent.Options.self, from: saved) == options)
    let empty = try JSONDecoder().decode(Recurrent.Options.self, from: Data("{}".utf8))
    #expect(empty == Recurrent.Options())
    let plain = try JSONDecoder().decode(Recurrent.Options.self, from: Data(#"{"block":{}}"#.utf8))
    #expect(plain.block == Recurrent.Block())
  }

  private static let refused:
    [(any RecurrentCell, String, @Sendable (inout Recurrent.Options) -> Void)] = [
      (
        LSTM(), "zoneout: expected states among hidden, cell, found memory",
        { $0.zoneout = ["memory": 0.1] }
      ),
      (
        LSTM(), "zoneout of cell: expected a share from 0 to below 1, found 1.0",
        { $0.zoneout = ["cell": 1] }
      ),
      (
        LSTM(hasLayerNorm: true),
        "normalizesProducts: expected a cell without a normalisation of its own, found one that has it",
        { $0.normalizesProducts = true }
      ),
      (
        LSTM(projectionSize: 2),
        "projectionSize: expected a cell without a projection of its own, found one that has it",
        { $0.projectionSize = 3 }
      ),
      (
        MinGRU(),
        "recurrentDropout: expected a cell whose weights multiply its states, found one without such weights",
        { $0.recurrentDropout = 0.1 }
      ),
      (
        LSTM(), "connection: expected plain, since a block has its own, found residual",
        {
          $0.block = Recurrent.Block()
          $0.connection = .residual
        }
      ),
      (
        LSTM(), "feedForwardSize: expected a number from 0 to 1048576, found -1",
        {
          $0.block = Recurrent.Block()
          $0.block?.feedForwardSize = -1
        }
      ),
      (
        LSTM(), "epsilon: expected a positive number up to 1, found 0.0",
        {
          $0.block = Recurrent.Block()
          $0.block?.epsilon = 0
        }
      ),
      (
        GRU(), "layerSizes: expected at most 1, one for each layer, found 2",
        { $0.layerSizes = [2, 3] }
      ),
      (
        RNN(),
        "initialization: expected blocks among weight_ih, bias_ih, weight_hh, bias_hh, found bias_hh.f",
        { $0.initialization = .chrono(steps: 9, forget: "f") }
      ),
    ]

  @Test(arguments: refused.indices) func unsuitableOptionsAreRefused(_ index: Int) {
    let (cell, message, change) = Self.refused[index]
    var options = Recurrent.Options()
    change(&options)
    let error = #expect(throws: UnsuitableOption.self) {
      try options.validate(for: cell, inputSize: 3, hiddenSize: 4)
    }
    #expect(error?.description == message)
  }

  /// Engines that do not support random masks refuse layers that have them.
  @Test(arguments: [GradientEngine.rtrl, .snap1, .uoro(seed: 1), .tbptt(every: 2, through: 4)])
  func enginesRefuseRandomMasks(_ engine: GradientEngine) {
    var generator = Philox(seed: 1)
    var options = Recurrent.Options()
    options.zoneout = ["hidden": 0.1]
    let layer = Recurrent(GRU(), inputSize: 3, hiddenSize: 4, options: options, using: &generator)
    #expect(throws: UnsuitableEngine.random("zoneout")) {
      try RecurrentMemory(of: layer, engine: engine, batch: 1)
    }
  }

  /// Real-time learning is exact through resets, learned initial states, connections and projections, for dense
  /// and elementwise recurrences; and so is truncated backpropagation that reaches far enough.
  @Test(arguments: [
    GradientEngine.rtrl, .tbptt(every: 1, through: 6), .checkpointed(every: 2), .bptt,
  ])
  func enginesLearnThroughWrappers(_ engine: GradientEngine) throws {
    for cell: any RecurrentCell in [LSTM(), IndRNN()] {
      var generator = Philox(seed: 2)
      var options = Recurrent.Options()
      options.connection = .residual
      options.projectionSize = 5
      options.learnsInitialState = true
      var layer = Recurrent(cell, inputSize: 3, hiddenSize: 4, options: options, using: &generator)
      layer.updateParameters { $1 = $1 + Tensor(normal: $1.shape, using: &generator) * 0.3 }
      let input = Tensor(normal: [6, 2, 3], using: &generator)
      let weights = Tensor(normal: [6, 2, 5], using: &generator)
      let resets = [[3], []]
      let expected = valueAndGradient(of: layer) { layer in
        (layer(input, resets: resets).output * weights).sum()
      }.gradients
      let memory = try RecurrentMemory(of: layer, engine: engine, batch: 2)
      var sum: [String: Tensor] = [:]
      // Plain backpropagation sees one window; the others go on through several.
      let size = engine == .bptt || engine == .checkpointed(every: 2) ? 6 : 1
      for start in stride(from: 0, to: 6, by: size) {
        let range = start..<start + size
        let gradients = valueAndGradient(of: layer) { layer in
          let output = layer(
            input.slice(range), with: memory,
            resets: resets.map { $0.filter(range.contains).map { $0 - start } })
          return (output * weights.slice(range)).sum()
        }.gradients
        for name in gradients.names {
          guard let gradient = gradients[name] else { continue }
          sum[name] = sum[name].map { $0 + gradient } ?? gradient
        }
      }
      for name in expected.names {
        expectClose(
          sum[name]?.scalars ?? [], expected[name]?.scalars ?? [0], within: 1e-4,
          "\(engine), \(name)")
      }
    }
  }
}
