import Cells
import TensorCore
import Testing

/// Each wrapper against its definition, computed from the layer without it.
@Suite struct WrapperLawTests {
  static let (steps, batch, size) = (5, 3, 6)
  static let input: Tensor = {
    var generator = Philox(seed: 31)
    return Tensor(normal: [steps, batch, size], using: &generator)
  }()

  /// A layer with options, the same one without them, and the weights that only the first has.
  private func pair(
    _ cell: some RecurrentCell = GRU(), layers: Int = 1,
    _ change: (inout Recurrent.Options) -> Void
  ) throws -> (wrapped: Recurrent, plain: Recurrent, own: [String: Tensor]) {
    var generator = Philox(seed: 32)
    var options = Recurrent.Options()
    change(&options)
    var wrapped = Recurrent(
      cell, inputSize: Self.size, hiddenSize: Self.size, layers: layers, options: options,
      using: &generator)
    wrapped.updateParameters { _, parameter in
      parameter = parameter + Tensor(normal: parameter.shape, using: &generator) * 0.2
    }
    var plain = Recurrent(
      cell, inputSize: Self.size, hiddenSize: Self.size, layers: layers, using: &generator)
    var own = Dictionary(uniqueKeysWithValues: wrapped.parameters.map { ($0.name, $0.value) })
    var shared: [String: Tensor] = [:]
    for name in plain.parameters.map(\.name) { shared[name] = own.removeValue(forKey: name) }
    try plain.load(shared)
    return (wrapped, plain, own)
  }

  private func weight(_ name: String, _ own: [String: Tensor]) throws -> Tensor {
    try #require(own[name], "\(own.keys.sorted())")
  }

  private func expectSame(_ found: Tensor, _ expected: Tensor, _ name: String = "output") {
    #expect(found.shape == expected.shape)
    expectClose(found.scalars, expected.scalars, within: 2e-6, floor: 1, name)
  }

  // MARK: Past the cell

  @Test func residualConnectionAddsTheInput() throws {
    let (wrapped, plain, own) = try pair { $0.connection = .residual }
    #expect(own.isEmpty)
    expectSame(wrapped(Self.input).output, plain(Self.input).output + Self.input)
  }

  @Test func highwayMixesInputAndOutputByItsGate() throws {
    let (wrapped, plain, own) = try pair { $0.connection = .highway }
    let gate = sigmoid(
      affine(
        Self.input, weight: try weight("weight_highway_l0", own),
        bias: try weight("bias_highway_l0", own)))
    let output = plain(Self.input).output
    expectSame(wrapped(Self.input).output, gate * output + (1 - gate) * Self.input)
  }

  @Test func concatenatedDirectionsAddTheirHalvesOfTheInput() throws {
    var generator = Philox(seed: 33)
    var options = Recurrent.Options()
    let direction = Recurrent.Direction.bidirectional(merge: .concatenate)
    let plain = Recurrent(
      GRU(), inputSize: Self.size, hiddenSize: Self.size / 2, direction: direction,
      using: &generator)
    options.connection = .residual
    var wrapped = Recurrent(
      GRU(), inputSize: Self.size, hiddenSize: Self.size / 2, direction: direction,
      options: options, using: &generator)
    try wrapped.load(
      Dictionary(uniqueKeysWithValues: plain.parameters.map { ($0.name, $0.value) }))
    expectSame(wrapped(Self.input).output, plain(Self.input).output + Self.input)
  }

  @Test func projectionIsAMatrixAfterTheOutput() throws {
    let (wrapped, plain, own) = try pair { $0.projectionSize = 4 }
    let output = plain(Self.input).output
    expectSame(
      wrapped(Self.input).output, affine(output, weight: try weight("weight_hr_l0", own)))
    #expect(wrapped.outputSize == 4)
  }

  @Test func layersOfDifferentSizesAreStackedLayers() throws {
    var generator = Philox(seed: 34)
    var options = Recurrent.Options()
    options.layerSizes = [7, 3]
    let both = Recurrent(
      LSTM(), inputSize: Self.size, hiddenSize: 5, layers: 2, options: options, using: &generator)
    var lower = Recurrent(LSTM(), inputSize: Self.size, hiddenSize: 7, using: &generator)
    var upper = Recurrent(LSTM(), inputSize: 7, hiddenSize: 3, using: &generator)
    let weights = both.parameters
    try lower.load(
      Dictionary(
        uniqueKeysWithValues: weights.filter { $0.name.hasSuffix("_l0") }
          .map { ($0.name, $0.value) }))
    try upper.load(
      Dictionary(
        uniqueKeysWithValues: weights.filter { $0.name.hasSuffix("_l1") }
          .map { (String($0.name.dropLast()) + "0", $0.value) }))
    let (output, state) = both(Self.input)
    let (between, first) = lower(Self.input)
    let (expected, second) = upper(between)
    expectSame(output, expected)
    expectSame(state["cell"].at(0), first["cell"].at(0), "first state")
    expectSame(state["cell"].at(1).slice(0..<3, along: 1), second["cell"].at(0), "second state")
    #expect(state["cell"].at(1).slice(3..<7, along: 1).scalars.allSatisfy { $0 == 0 })
  }

  @Test func normalizationIsThatOfEachProduct() throws {
    let (wrapped, plain, own) = try pair(RNN()) { $0.normalizesProducts = true }
    let weights = Dictionary(uniqueKeysWithValues: plain.parameters.map { ($0.name, $0.value) })
    func part(_ side: String, _ x: Tensor) throws -> Tensor {
      let product = affine(x, weight: try weight("weight_\(side)_l0", weights))
      return try LayerNorm(size: Self.size)(product) * weight("gain_\(side)_l0", own)
        + weight("bias_\(side)_l0", weights)
    }
    var h = Tensor(zeros: [Self.batch, Self.size])
    for step in 0..<Self.steps { h = try tanh(part("ih", Self.input.at(step)) + part("hh", h)) }
    expectSame(wrapped(Self.input).state.hidden.at(0), h)
  }

  // MARK: Chance

  @Test func zoneoutMixesOldAndNewByItsShareInInference() throws {
    let (wrapped, plain, _) = try pair { $0.zoneout = ["hidden": 0.25] }
    var state = plain.zeroState(batch: Self.batch)
    for step in 0..<Self.steps {
      let new = plain(Self.input.slice(step..<step + 1), from: state).state
      state["hidden"] = 0.25 * state["hidden"] + 0.75 * new["hidden"]
    }
    expectSame(wrapped(Self.input).state.hidden, state.hidden)
  }

  @Test func zoneoutKeepsItsShareOfUnitsWhileLearning() throws {
    let (wrapped, _, _) = try pair { $0.zoneout = ["hidden": 0.25] }
    var generator = Philox(seed: 35)
    let output = wrapped(
      Tensor(normal: [200, 8, Self.size], using: &generator),
      from: wrapped.zeroState(batch: 8), using: &generator
    ).output
    let (old, new) = (output.slice(0..<199).scalars, output.slice(1..<200).scalars)
    let kept = zip(old, new).filter { $0 == $1 }.count
    // 9552 units; the share's standard deviation is 0.0044.
    #expect(abs(Double(kept) / Double(old.count) - 0.25) < 0.02)
  }

  /// What is dropped of the input and the output is dropped for the whole sequence.
  @Test func inputAndOutputDropoutAreMasksOfASequence() throws {
    let (wrapped, plain, _) = try pair {
      $0.inputDropout = 0.4
      $0.outputDropout = 0.3
    }
    var generator = Philox(seed: 36)
    let masks = try #require(
      RandomMasks(for: wrapped, steps: Self.steps, batch: Self.batch, using: &generator))
    let (first, last) = (masks.signals[0][0], masks.signals[0][1])
    #expect(first.shape == [1, Self.batch, Self.size])
    #expect(Set(first.scalars) == [0, 1 / 0.6])
    let found = wrapped(Self.input, from: wrapped.zeroState(batch: Self.batch), masks: masks)
    expectSame(found.output, plain(Self.input * first).output * last)
  }

  @Test func recurrentDropoutMasksWhatRecurrentWeightsMultiply() throws {
    let (wrapped, plain, _) = try pair(RNN()) { $0.recurrentDropout = 0.4 }
    var generator = Philox(seed: 37)
    let masks = try #require(
      RandomMasks(for: wrapped, steps: Self.steps, batch: Self.batch, using: &generator))
    var state = plain.zeroState(batch: Self.batch)
    for step in 0..<Self.steps {
      state["hidden"] = state["hidden"] * masks.signals[0][0]
      state = plain(Self.input.slice(step..<step + 1), from: state).state
    }
    let found = wrapped(Self.input, from: wrapped.zeroState(batch: Self.batch), masks: masks)
    expectSame(found.state.hidden, state.hidden)
  }

  @Test func weightDropIsALayerWithWeightsMissing() throws {
    let (wrapped, plain, _) = try pair(LSTM()) { $0.weightDropout = 0.5 }
    var generator = Philox(seed: 38)
    let masks = try #require(
      RandomMasks(for: wrapped, steps: Self.steps, batch: Self.batch, using: &generator))
    let mask = masks.weights[0][0]
    var thinned = plain
    thinned.updateParameters { name, parameter in
      if name == "weight_hh_l0" { parameter = parameter * mask }
    }
    let expected = valueAndGradient(of: thinned) { layer in
      let output = layer(Self.input).output
      return (output * output).sum()
    }
    let found = valueAndGradient(of: wrapped) { layer in
      let output = layer(Self.input, from: layer.zeroState(batch: Self.batch), masks: masks).output
      return (output * output).sum()
    }
    expectSame(found.value, expected.value, "loss")
    let gradients = try (
      #require(found.gradients["weight_hh_l0"]), #require(expected.gradients["weight_hh_l0"])
    )
    expectSame(gradients.0, gradients.1 * mask, "gradient")
  }

  /// The same seed drops the same; another one does not; inference drops nothing.
  @Test func masksComeFromTheGeneratorAlone() throws {
    let (wrapped, plain, _) = try pair {
      $0.recurrentDropout = 0.5
      $0.weightDropout = 0.5
      $0.inputDropout = 0.5
    }
    func output(_ seed: UInt64) -> [Float] {
      var generator = Philox(seed: seed)
      return wrapped(Self.input, from: wrapped.zeroState(batch: Self.batch), using: &generator)
        .output.scalars
    }
    #expect(output(1) == output(1))
    #expect(output(1) != output(2))
    #expect(wrapped(Self.input).output.scalars == plain(Self.input).output.scalars)
  }

  // MARK: Where sequences start

  @Test func learnedInitialStateIsAStateThatHasAGradient() throws {
    let (wrapped, plain, own) = try pair(LSTM(), layers: 2) { $0.learnsInitialState = true }
    var start = plain.zeroState(batch: Self.batch)
    for name in start.names {
      let rows = try (0..<2).map { layer in
        Tensor(zeros: [1, Self.batch, Self.size])
          + (try weight("initial_\(name)_l\(layer)", own)).reshaped(to: [1, 1, Self.size])
      }
      start[name] = concatenate(rows)
    }
    let learned = valueAndGradient(of: wrapped) { layer in
      let output = layer(Self.input).output
      return (output * output).sum()
    }
    let given = valueAndGradient(of: [start["hidden"], start["cell"]]) { states in
      let output = plain(
        Self.input, from: RecurrentState([("hidden", states[0]), ("cell", states[1])])
      ).output
      return (output * output).sum()
    }
    expectSame(learned.value, given.value, "loss")
    for (index, name) in start.names.enumerated() {
      for layer in 0..<2 {
        expectSame(
          try #require(learned.gradients["initial_\(name)_l\(layer)"]),
          given.gradients[index].at(layer).sum(along: 0), "gradient of \(name) \(layer)")
      }
    }
  }

  /// A sequence with a reset is two sequences, in each direction, and so are its gradients.
  @Test(arguments: [Recurrent.Direction.forward, .reverse, .bidirectional(merge: .concatenate)])
  func resetsSplitSequences(_ direction: Recurrent.Direction) {
    var generator = Philox(seed: 39)
    let layer = Recurrent(
      GRU(), inputSize: Self.size, hiddenSize: 4, layers: 2, direction: direction, using: &generator
    )
    let whole = valueAndGradient(of: layer) { layer in
      let output = layer(Self.input, resets: [[2], [2], [2]]).output
      return ((output * output).sum(), output)
    }
    let parts = valueAndGradient(of: layer) { layer in
      let output = concatenate([
        layer(Self.input.slice(0..<2)).output, layer(Self.input.slice(2..<5)).output,
      ])
      return ((output * output).sum(), output)
    }
    expectSame(whole.1, parts.1)
    for name in parts.gradients.names {
      expectSame(
        whole.gradients[name] ?? Tensor(0), parts.gradients[name] ?? Tensor(1), name)
    }
  }

  /// One sample's reset is none of the others' business.
  @Test func resetsAffectOneSampleOnly() {
    var generator = Philox(seed: 40)
    let layer = Recurrent(GRU(), inputSize: Self.size, hiddenSize: 4, using: &generator)
    let (plain, marked) = (
      layer(Self.input).output, layer(Self.input, resets: [[], [0, 3], []]).output
    )
    for row in [0, 2] {
      #expect(
        marked.slice(row..<row + 1, along: 1).scalars
          == plain.slice(row..<row + 1, along: 1).scalars)
    }
    #expect(marked.slice(0..<3).scalars == plain.slice(0..<3).scalars)
    #expect(marked.at(3).at(1).scalars != plain.at(3).at(1).scalars)
  }

  /// A step computes what the layer does in inference, to the bit.
  @Test func stepsAreAWrappedLayer() throws {
    let change: (inout Recurrent.Options) -> Void = {
      $0.connection = .residual
      $0.normalizesProducts = true
      $0.zoneout = ["cell": 0.5, "hidden": 0.1]
      $0.learnsInitialState = true
      $0.recurrentDropout = 0.5
      $0.projectionSize = 3
    }
    let (layer, _, _) = try pair(LSTM(), change)
    var options = Recurrent.Options()
    change(&options)
    var generator = Philox(seed: 41)
    var step = RecurrentStep(
      LSTM(), inputSize: Self.size, hiddenSize: Self.size, options: options, using: &generator)
    try step.load(
      Dictionary(
        uniqueKeysWithValues: layer.parameters.map { (String($0.name.dropLast(3)), $0.value) }))
    let (expected, final) = layer(Self.input)
    var state = step.zeroState(batch: Self.batch)
    for time in 0..<Self.steps {
      let output: Tensor
      (output, state) = step(Self.input.at(time), state)
      #expect(output.scalars == expected.at(time).scalars)
    }
    #expect(state["cell"].scalars == final["cell"].at(0).scalars)
  }
}
