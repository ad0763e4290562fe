import Cells
import TensorCore
import Testing

/// Padding never matters: outputs, states and gradients with NaN or infinity in the padding equal those with zeros there,
/// to the bit.
@Suite struct PaddingTests {
  /// A cell in a layer of each direction and layout, alone and with everything around it.
  struct Setting: Sendable, CustomTestStringConvertible {
    var entry: String
    var direction: Recurrent.Direction
    var layout: Recurrent.Layout
    var isWrapped: Bool

    var testDescription: String {
      "\(entry), \(direction), \(layout)\(isWrapped ? ", wrapped" : "")"
    }
  }

  static let (steps, lengths) = (5, [3, 0, 5, 1])

  /// Every cell in every direction. Layouts alternate, and so do plain and wrapped layers unless the whole product is
  /// asked for.
  static let settings: [Setting] = CellRegistry.standard.entries.enumerated().flatMap {
    place, entry in
    let directions = [Recurrent.Direction.forward, .reverse, .bidirectional(merge: .product)]
    return directions.enumerated().flatMap { index, direction in
      [false, true].filter { RandomCell.isDeep || $0 == ((place + index) % 2 == 0) }.map {
        isWrapped in
        let layout =
          isWrapped == ((place / 2 + index) % 2 == 0) ? Recurrent.Layout.timeFirst : .batchFirst
        return Setting(
          entry: entry.name, direction: direction, layout: layout, isWrapped: isWrapped)
      }
    }
  }

  private func layer(_ setting: Setting) throws -> Recurrent {
    let cell = try CellRegistry.standard.cell(named: setting.entry)
    let size = try #require(cell.suitableHiddenSize(from: 4, inputSize: 3))
    var options = Recurrent.Options()
    if setting.isWrapped {
      options.connection = .highway
      options.learnsInitialState = true
      options.inputDropout = 0.25
      let states = CellGraph(cell, inputSize: 3, hiddenSize: size).states
      options.zoneout = [states[0].name: 0.5]
    }
    var generator = Philox(seed: 7)
    return Recurrent(
      cell, inputSize: 3, hiddenSize: size, layers: setting.isWrapped ? 2 : 1,
      direction: setting.direction, layout: setting.layout, options: options, using: &generator)
  }

  /// A tensor of the layer's layout, with one number at every step behind a sample's end.
  private func sequence(
    _ setting: Setting, width: Int, seed: UInt64, padding: Float
  ) -> Tensor {
    var generator = Philox(seed: seed)
    var x = Tensor(normal: [Self.steps, Self.lengths.count, width], using: &generator)
    for (sample, length) in Self.lengths.enumerated() {
      for step in length..<Self.steps {
        for unit in 0..<width { x[step, sample, unit] = padding }
      }
    }
    return setting.layout == .timeFirst ? x : x.transposed(1, 0, 2)
  }

  /// The output, the final states and all gradients, with a number behind every sample's end.
  private func results(
    _ setting: Setting, _ layer: Recurrent, padding: Float
  ) throws -> [(name: String, Tensor)] {
    let x = sequence(setting, width: 3, seed: 8, padding: padding)
    // The cotangents of the output behind a sample's end don't matter either.
    let weights = sequence(setting, width: layer.outputSize, seed: 9, padding: padding)
    var start = layer.zeroState(batch: Self.lengths.count)
    var generator = Philox(seed: 10)
    for name in start.names {
      start[name] = Tensor(normal: start[name].shape, using: &generator)
    }
    let names = start.names
    let masks = RandomMasks(
      for: layer, steps: Self.steps, batch: Self.lengths.count, using: &generator)
    var (forward, final): (Tensor?, RecurrentState?)
    let (_, gradients, others) = valueAndGradient(of: layer, at: [x] + start.tensors) {
      layer, inputs in
      let (output, state) = layer(
        inputs[0], from: RecurrentState(names: names, tensors: Array(inputs.dropFirst())),
        lengths: Self.lengths, masks: masks)
      (forward, final) = (output.detached(), state.detached())
      return (output * weights).sum() + state.tensors.map { $0.sum() }.reduce(Tensor(0), +)
    }
    let outputs =
      [("output", try #require(forward))] + zip(names, final?.tensors ?? []).map { ($0, $1) }
    return outputs + zip(gradients.names, gradients.values).map { ($0, $1) }
      + zip(["input"] + names.map { "initial \($0)" }, others).map { ($0, $1) }
  }

  @Test(arguments: settings) func paddingDoesNotMatter(_ setting: Setting) throws {
    let layer = try layer(setting)
    let expected = try results(setting, layer, padding: 0)
    for padding in [Float.nan, .infinity, 1e30] {
      for ((name, wanted), (_, found)) in zip(
        expected, try results(setting, layer, padding: padding))
      {
        #expect(
          wanted.scalars.map { $0.bitPattern } == found.scalars.map { $0.bitPattern },
          "\(name) differs with \(padding) behind the ends")
        #expect(wanted.scalars.allSatisfy { $0.isFinite }, "\(name) is not finite")
      }
    }
  }

  /// Real-time learning and checkpointed backpropagation look at the same steps.
  @Test(arguments: [
    GradientEngine.bptt, .checkpointed(every: 2), .tbptt(every: 5, through: 5), .rtrl, .snap1,
  ])
  func paddingDoesNotMatterToAnEngine(_ engine: GradientEngine) throws {
    let setting = Setting(
      entry: "gru", direction: .forward, layout: .timeFirst, isWrapped: false)
    let layer = try layer(setting)
    func gradients(_ padding: Float) throws -> Gradients {
      let memory = try RecurrentMemory(of: layer, engine: engine, batch: Self.lengths.count)
      let x = sequence(setting, width: 3, seed: 8, padding: padding)
      return valueAndGradient(of: layer) { layer in
        let output = layer(x, with: memory, lengths: Self.lengths)
        return (output * output).sum()
      }.gradients
    }
    let (expected, found) = (try gradients(0), try gradients(.nan))
    for (name, (wanted, got)) in zip(expected.names, zip(expected.values, found.values)) {
      #expect(wanted.scalars == got.scalars, "\(name) differs")
    }
  }
}
