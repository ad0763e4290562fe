import Cells
import TensorCore
import Testing

/// What holds for every cell of the zoo, and for the options that no golden numbers cover.
@Suite struct ZooLawTests {
  /// A cell with options, under a name for the test's log.
  struct Subject: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let cell: any RecurrentCell
  }

  static let registered = CellRegistry.standard.entries.map {
    Subject(testDescription: $0.name, cell: $0.cell)
  }
  static let variants: [Subject] = [
    Subject(testDescription: "lstm, projection", cell: LSTM(projectionSize: 2)),
    Subject(
      testDescription: "lstm, everything",
      cell: LSTM(
        gates: .coupled, hasPeepholes: true, hasLayerNorm: true, projectionSize: 2, forgetBias: 1)),
    Subject(testDescription: "lstm, hard sigmoid", cell: LSTM(hardSigmoidSlope: 0.2)),
    Subject(testDescription: "gru, hard sigmoid", cell: GRU(hardSigmoidSlope: 1.0 / 6)),
    Subject(
      testDescription: "gru, reset before, layer norm",
      cell: GRU(reset: .beforeProduct, hasLayerNorm: true)),
    Subject(testDescription: "rhn, carry gate", cell: RHN(depth: 2, hasCarryGate: true)),
    Subject(testDescription: "scrn, context", cell: SCRN(retention: 0.5, contextSize: 3)),
    Subject(testDescription: "taugru, delay", cell: TauGRU(delay: 4)),
    Subject(testDescription: "qrnn, f, window", cell: QRNN(pooling: .f, window: 2)),
    Subject(testDescription: "qrnn, ifo, window", cell: QRNN(pooling: .ifo, window: 3)),
    Subject(testDescription: "onlstm, chunks", cell: ONLSTM(chunkSize: 2)),
    Subject(testDescription: "mogrifier, three rounds", cell: MogrifierLSTM(rounds: 3)),
    Subject(testDescription: "slstm, heads", cell: SLSTM(heads: 2)),
    Subject(testDescription: "sru, no peepholes", cell: SRU(hasPeepholes: false, inputScale: 2)),
    Subject(testDescription: "ran, identity", cell: RAN(hasIdentityOutput: true)),
    Subject(testDescription: "mingru, plain", cell: MinGRU(isPositive: false)),
    Subject(testDescription: "minlstm, plain", cell: MinLSTM(isPositive: false)),
    Subject(
      testDescription: "gla, heads", cell: GLA(heads: 2, keyWidth: 3, valueWidth: 2, rank: 2)),
    Subject(testDescription: "hgrn2, lower bound", cell: HGRN2(heads: 2, lowerBound: 0.25)),
    Subject(testDescription: "kda, heads", cell: KDA(heads: 2, keyWidth: 3, valueWidth: 5)),
    Subject(testDescription: "mlstm, heads", cell: MLSTM(heads: 2, keyWidth: 3)),
    Subject(
      testDescription: "mlstm-block, blocks",
      cell: MLSTMBlock(inner: 6, heads: 3, blockWidth: 2)),
    Subject(testDescription: "rg-lru, heads", cell: RGLRU(inner: 6, heads: 3)),
    Subject(testDescription: "ssd, heads", cell: SSD(inner: 6, heads: 3, states: 2)),
  ]
  static let all = registered + variants

  static let (steps, batch, lengths) = (6, 3, [4, 6, 1])
  /// H is even, for chunks and heads, and neither I nor a multiple of it.
  static let (inputSize, hiddenSize) = (3, 4)
  static let input: Tensor = {
    var generator = Philox(seed: 4)
    return Tensor(normal: [steps, batch, inputSize], using: &generator)
  }()

  private func layer(
    _ subject: Subject, layers: Int = 1, direction: Recurrent.Direction = .forward
  ) -> Recurrent {
    var generator = Philox(seed: 3)
    var layer = Recurrent(
      subject.cell, inputSize: Self.inputSize, hiddenSize: Self.hiddenSize, layers: layers,
      direction: direction, using: &generator)
    // Where all weights of a product start as zeros, nothing before it has a gradient yet.
    layer.updateParameters { name, parameter in
      if !name.contains("bias"), parameter.scalars.allSatisfy({ $0 == 0 }) {
        parameter = 0.2 * Tensor(normal: parameter.shape, using: &generator)
      }
    }
    return layer
  }

  private func randomState(of layer: Recurrent) -> RecurrentState {
    var (state, generator) = (layer.zeroState(batch: Self.batch), Philox(seed: 5))
    for name in state.names where name != "clock" {
      // A normalizer is a sum of positive numbers, which others are divided by.
      state[name] =
        name == "normalizer"
        ? Tensor(ones: state[name].shape) : Tensor(normal: state[name].shape, using: &generator)
    }
    return state
  }

  private func expectSame(_ a: RecurrentState, _ b: RecurrentState) {
    for name in a.names { #expect(a[name].scalars == b[name].scalars, "state \(name)") }
  }

  @Test(arguments: all) func noStateIsZeroState(_ subject: Subject) {
    let layer = layer(subject, layers: 2)
    let (output, state) = layer(Self.input)
    let (other, otherState) = layer(Self.input, from: layer.zeroState(batch: Self.batch))
    #expect(output.scalars == other.scalars)
    expectSame(state, otherState)
    #expect(output.scalars.allSatisfy { $0.isFinite })
  }

  @Test(arguments: all) func carriedStateContinuesTheSequence(_ subject: Subject) {
    let layer = layer(subject, layers: 2)
    let (whole, last) = layer(Self.input)
    for k in [1, 4] {
      let (first, between) = layer(Self.input.slice(0..<k))
      let (second, end) = layer(Self.input.slice(k..<Self.steps), from: between)
      #expect(concatenate([first, second]).scalars == whole.scalars, "split after \(k)")
      expectSame(end, last)
    }
  }

  /// A sample of a padded batch has the outputs that it has alone, in either direction, and zeros after its end.
  @Test(arguments: all) func paddedRowIsTheSequenceAlone(_ subject: Subject) {
    let layer = layer(subject, direction: .bidirectional(merge: .concatenate))
    let (output, final) = layer(Self.input, lengths: Self.lengths)
    for (row, length) in Self.lengths.enumerated() {
      let ofRow = output.slice(row..<row + 1, along: 1)
      let (alone, state) = layer(Self.input.slice(row..<row + 1, along: 1).slice(0..<length))
      #expect(ofRow.slice(0..<length).scalars == alone.scalars, "row \(row)")
      #expect(ofRow.scalars.dropFirst(length * layer.outputSize).allSatisfy { $0 == 0 })
      for name in state.names {
        let expected = final[name].slice(row..<row + 1, along: 1).scalars
        #expect(state[name].scalars == expected, "row \(row), state \(name)")
      }
    }
  }

  @Test(arguments: all) func reversedTwiceIsIdentity(_ subject: Subject) {
    let reversed = concatenate(
      (0..<Self.steps).reversed().map { Self.input.slice($0..<$0 + 1) })
    let (output, final) = layer(subject)(Self.input)
    let (mirrored, mirroredFinal) = layer(subject, direction: .reverse)(reversed)
    let back = concatenate((0..<Self.steps).reversed().map { mirrored.slice($0..<$0 + 1) })
    #expect(back.scalars == output.scalars)
    expectSame(final, mirroredFinal)
  }

  @Test(arguments: all) func everyBlockOfEveryParameterLearns(_ subject: Subject) throws {
    let layer = layer(subject)
    let state = randomState(of: layer)
    let (_, gradients) = valueAndGradient(of: layer) {
      ($0(Self.input, from: state).output * Self.weights($0)).sum()
    }
    for parameter in layer.cell.parameters {
      let gradient = try #require(gradients[parameter.name + "_l0"]).scalars
      let width = gradient.count / parameter.shape[0]
      for block in parameter.blocks {
        let part = gradient[block.range.lowerBound * width..<block.range.upperBound * width]
        #expect(part.contains { $0 != 0 }, "\(parameter.name).\(block.name)")
        #expect(part.allSatisfy { $0.isFinite }, "\(parameter.name).\(block.name)")
      }
    }
  }

  private static func weights(_ layer: Recurrent) -> Tensor {
    var generator = Philox(seed: 6)
    return Tensor(normal: [steps, batch, layer.outputSize], using: &generator)
  }

  /// Float32 through some hundred operations and their derivatives.
  static let oracleTolerance = 2e-4

  /// Values and derivatives where no golden numbers are: from random states, with lengths, for all options.
  @Test(arguments: all) func planAgreesWithTheOracle(_ subject: Subject) throws {
    let layer = layer(subject)
    let state = randomState(of: layer)
    let whole = LayerUnderTest(layer: layer, input: Self.input, state: state)
    try OracleComparison(whole, lengths: Self.lengths, seed: 7).check(within: Self.oracleTolerance)
  }

  @Test func unsuitableOptionsAreRefused() {
    let unsuitable: [any RecurrentCell] = [
      LSTM(projectionSize: 0), RHN(depth: 0), SCRN(contextSize: -1), TauGRU(delay: 1),
      QRNN(window: 0), ONLSTM(chunkSize: 3), ONLSTM(chunkSize: 0), SLSTM(heads: 3),
      MogrifierLSTM(rounds: -1), GLA(heads: 3), GLA(rank: 0), RetNet(keyWidth: 0),
      HGRN2(lowerBound: 1), RWKV6(layer: 1), RWKV7(hasValueResidual: true),
      GLA(epsilon: 0), HGRN2(epsilon: -1), KDA(epsilon: .nan), RWKV7(gateRank: 0),
      MLSTMBlock(blockWidth: 3),
      S6(states: 0), SSD(heads: 3), RGLRU(heads: 3),
    ]
    for cell in unsuitable {
      #expect(throws: UnsuitableOption.self, "\(cell)") {
        try cell.validate(inputSize: 3, hiddenSize: 4)
      }
    }
    for subject in Self.all {
      #expect(throws: Never.self) {
        try subject.cell.validate(inputSize: Self.inputSize, hiddenSize: Self.hiddenSize)
      }
    }
  }
}
