import Cells
import TensorCore
import Testing

/// Blocks around cells: their definition, computed from the cell's layer without them, and their steps.
@Suite struct BlockTests {
  private static let (steps, batch, size) = (5, 3, 6)
  private static let input: Tensor = {
    var generator = Philox(seed: 61)
    return Tensor(normal: [steps, batch, size], using: &generator)
  }()

  private static func stack(
    _ cell: some RecurrentCell, _ block: Recurrent.Block, inputSize: Int = size, layers: Int = 1
  ) -> Recurrent {
    var generator = Philox(seed: 62)
    var options = Recurrent.Options()
    options.block = block
    var result = Recurrent(
      cell, inputSize: inputSize, hiddenSize: size, layers: layers, options: options,
      using: &generator)
    result.updateParameters {
      $1 = $1 + Tensor(normal: $1.shape, using: &generator) * 0.3
    }
    return result
  }

  /// What a block computes of its input with the given weights.
  private struct Definition {
    let block: Recurrent.Block
    let weights: [String: Tensor]
    let suffix: String

    func weight(_ name: String) throws -> Tensor {
      try #require(weights[name + suffix], "\(name)\(suffix) among \(weights.keys.sorted())")
    }

    func normalized(_ x: Tensor, _ name: String) throws -> Tensor {
      let gain = try weight(name + ".weight")
      switch block.normalization {
      case .rootMeanSquare:
        let epsilon = Float(block.epsilon ?? 1e-6)
        return x / sqrt((x * x).mean(along: -1, keepingAxes: true) + epsilon) * gain
      case .layer:
        let norm = LayerNorm(size: x.shape[2], epsilon: Float(block.epsilon ?? 1e-5))
        return try norm(x) * gain + weight(name + ".bias")
      }
    }

    func product(_ x: Tensor, _ name: String) throws -> Tensor {
      affine(x, weight: try weight(name + ".weight"))
    }

    func callAsFunction(_ x: Tensor, _ cell: (Tensor) throws -> Tensor) throws -> Tensor {
      let read = try normalized(x, "attn_norm")
      var output = try cell(read)
      switch block.output {
      case .plain: break
      case .normalized: output = try normalized(output, "attn_out_norm")
      case .gated:
        let gate = try product(read, "attn_out_gate")
        output = output * gate * sigmoid(gate)
      }
      let skip = weights["weight_skip" + suffix].map { affine(x, weight: $0) } ?? x
      let y = skip + output
      if block.feedForwardSize == 0 { return y }
      let z = try normalized(y, "mlp_norm")
      let gate = try product(z, "mlp.gate_proj")
      return try y
        + product(gate * sigmoid(gate) * product(z, "mlp.up_proj"), "mlp.down_proj")
    }
  }

  private static let blocks: [Recurrent.Block] = {
    var blocks = [Recurrent.Block()]
    // So large that another one shows.
    blocks[0].epsilon = 0.1
    blocks.append(Recurrent.Block())
    for normalization in Recurrent.Block.Normalization.allCases {
      for output in Recurrent.Block.Output.allCases {
        var block = Recurrent.Block()
        (block.normalization, block.output) = (normalization, output)
        block.feedForwardSize = output == .normalized ? 0 : 5
        block.epsilon = output == .gated ? 0.2 : nil
        blocks.append(block)
      }
    }
    return blocks
  }()

  /// Two blocks are the cell's layers with the norms, gates and sums around them, the second with the last norm.
  @Test(arguments: blocks) func blocksAreTheirDefinition(_ block: Recurrent.Block) throws {
    let stack = Self.stack(GRU(), block, inputSize: 4, layers: 2)
    let weights = Dictionary(uniqueKeysWithValues: stack.parameters.map { ($0.name, $0.value) })
    var x = Self.input.slice(0..<4, along: 2)
    for layer in 0..<2 {
      let inputSize = layer == 0 ? 4 : Self.size
      var cell = Recurrent(GRU(), inputSize: inputSize, hiddenSize: Self.size)
      let own = cell.parameters.map { name in
        (name.name, weights[name.name.dropLast() + "\(layer)"])
      }
      try cell.load(Dictionary(uniqueKeysWithValues: own.map { ($0, try #require($1)) }))
      let definition = Definition(block: block, weights: weights, suffix: "_l\(layer)")
      x = try definition(x) { cell($0).output }
      if layer == 1 { x = try definition.normalized(x, "final_norm") }
    }
    expectClose(
      stack(Self.input.slice(0..<4, along: 2)).output.scalars, x.scalars, within: 1e-5, floor: 1,
      "output")
  }

  /// The feed-forward part has 8/3 of the units, up to a multiple of 8, and the sums have no biases.
  @Test func parametersHaveThePublishedNamesAndShapes() {
    let stack = Self.stack(GatedDeltaNet(heads: 2), Recurrent.Block(), layers: 2)
    let shapes = Dictionary(
      uniqueKeysWithValues: stack.parameters.map { ($0.name, $0.value.shape) })
    #expect(shapes["attn_norm.weight_l0"] == [6] && shapes["mlp_norm.weight_l1"] == [6])
    #expect(shapes["mlp.gate_proj.weight_l0"] == [16, 6])
    #expect(shapes["mlp.up_proj.weight_l0"] == [16, 6])
    #expect(shapes["mlp.down_proj.weight_l1"] == [6, 16])
    #expect(shapes["final_norm.weight_l0"] == nil && shapes["final_norm.weight_l1"] == [6])
    #expect(shapes.count == 2 * (13 + 5) + 1)
  }

  /// Single steps compute the same bits as the layer.
  @Test(arguments: blocks) func stepsAreTheLayer(_ block: Recurrent.Block) throws {
    for cell: any RecurrentCell in [LSTM(), GatedDeltaNet(heads: 2), S6()] {
      let layer = Self.stack(cell, block)
      var options = Recurrent.Options()
      options.block = block
      var step = RecurrentStep(
        cell, inputSize: Self.size, hiddenSize: Self.size, options: options)
      try step.load(
        Dictionary(
          uniqueKeysWithValues: layer.parameters.map { (String($0.name.dropLast(3)), $0.value) }))
      let expected = layer(Self.input).output
      var state = step.zeroState(batch: Self.batch)
      for time in 0..<Self.steps {
        let output: Tensor
        (output, state) = step(Self.input.at(time), state)
        #expect(output.scalars == expected.at(time).scalars, "\(block)")
      }
    }
  }

  /// Every cell stands in a block, and the plan computes what the equations say: forward and backward.
  @Test(arguments: CellRegistry.standard.entries.indices)
  func everyCellStandsInABlock(_ index: Int) throws {
    let entry = CellRegistry.standard.entries[index]
    var generator = Philox(seed: UInt64(index), stream: 63)
    var options = Recurrent.Options()
    options.block = Self.blocks[index % Self.blocks.count]
    // Two layers for some; some cells read sizes that their own output does not have.
    var example: WrapperCase?
    for layers in index.isMultiple(of: 3) ? [2, 1] : [1] where example == nil {
      example = WrapperCase(
        entry, options, layers: layers, direction: .forward, hasMarks: true,
        isLearning: index.isMultiple(of: 2), using: &generator)
    }
    try #require(example).check(within: WrapperCompositionTests.tolerance, using: &generator)
  }
}
