import Cells
import TensorCore
import Testing

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Cells with a matrix for a state against PyTorch's numbers in double precision: outputs, final states, loss and
/// every gradient.
@Suite struct GoldenMatrixTests {
  /// Double precision through some hundred operations a step, relative to each tensor's largest value.
  static let oracleTolerance = 1e-10
  /// Float32 through the same.
  static let planTolerance: Float = 2e-5
  /// Of smaller gradients the tolerance is that of this one: those of a normalizer, say, that a norm behind it hides.
  static let floor = 1e-3

  /// Weights cross over: names, order and shapes are the published ones.
  @Test(arguments: GoldenMatrixCase.all)
  func parametersAreThePublishedOnes(_ subject: GoldenMatrixCase) {
    let graph = subject.graph
    #expect(graph.parameters.map(\.name) == subject.golden.params.map(\.name))
    #expect(graph.parameters.map(\.shape) == subject.golden.params.map(\.shape))
    #expect(graph.states.map(\.shape) == subject.golden.states.map(\.shape))
    #expect(graph.outputSize == subject.golden.output)
  }

  /// Layers of flash-linear-attention add 1e-5 in their norms, its models 1e-6.
  @Test func normsAddWhatTheyAreAskedTo() {
    let cells: [(Double?) -> any RecurrentCell] = [
      { DeltaNet(epsilon: $0) }, { FastWeights(epsilon: $0) }, { GatedDeltaNet(epsilon: $0) },
      { GLA(epsilon: $0) }, { HGRN2(epsilon: $0) }, { KDA(epsilon: $0) }, { RetNet(epsilon: $0) },
    ]
    for cell in cells {
      let graphs = [nil, 1e-5, 1e-6].map { CellGraph(cell($0), inputSize: 4, hiddenSize: 6) }
      #expect(graphs[0] == graphs[1] && graphs[0] != graphs[2])
    }
  }

  /// Published RWKV-7 have other ranks for each pair, such as 96, 96, 64 and 256 with 2,048 units.
  @Test func everyPairHasARankOfItsOwn() {
    let cell = RWKV7(
      hasValueResidual: true, rank: 2, decayRank: 3, valueRank: 4, gateRank: 5)
    let shapes = CellGraph(cell, inputSize: 14, hiddenSize: 6).parameters.map {
      ($0.name, $0.shape)
    }
    for (name, rank) in [("w", 3), ("a", 2), ("v", 4), ("g", 5)] {
      #expect(shapes.contains { $0 == (name + "1", [8, rank]) })
      #expect(shapes.contains { $0 == (name + "2", [rank, 6]) })
    }
  }

  @Test func everyGoldenCellIsOurs() {
    for file in GoldenMatrixFile.all {
      let ours = file.cells.filter { GoldenMatrixCase.ours($0.key, $0.value) != nil }
      #expect(Set(file.cells.keys).subtracting(ours.keys) == ["lru"])
    }
  }

  @Test(arguments: GoldenMatrixCase.all)
  func oracleMatchesPyTorch(_ subject: GoldenMatrixCase) {
    let golden = subject.values
    let still = Run(subject)
    let (y, states) = still.values(Directions(subject))
    expect(y.map(\.value), golden.y, "y")
    for (state, value) in zip(subject.golden.states, states) {
      expect(value.map(\.value), golden.final_state[state.name] ?? [], state.name)
    }
    expect([subject.loss(y.map(\.value))], [golden.loss], "loss")
    // Along a direction a wrong number anywhere in a gradient shows, whatever the others are.
    func check(
      _ directions: Directions, _ direction: [Double], _ gradient: [Double], _ name: String
    ) {
      let cotangents = golden.y.enumerated().map { cos(0.7 * Double($0.offset)) + $0.element }
      let found = zip(cotangents, still.values(directions).outputs).reduce(0) {
        $0 + $1.0 * $1.1.derivative
      }
      let expected = zip(direction, gradient).reduce(0) { $0 + $1.0 * $1.1 }
      let scale =
        gradient.reduce(Self.floor) { max($0, abs($1)) } * direction.reduce(0) { $0 + abs($1) }
      #expect(
        abs(found - expected) <= Self.oracleTolerance * scale && direction.count == gradient.count,
        "derivative by \(name) is \(found), expected \(expected)")
    }
    let zero = Directions(subject)
    for (index, parameter) in subject.golden.params.enumerated() {
      var directions = zero
      directions.parameters[index] = wave(directions.parameters[index].count)
      check(
        directions, directions.parameters[index], golden.grads[parameter.name] ?? [],
        parameter.name)
    }
    for (index, state) in subject.golden.states.enumerated() {
      var directions = zero
      directions.states[index] = wave(directions.states[index].count)
      check(directions, directions.states[index], golden.ds[state.name] ?? [], state.name)
    }
    var directions = zero
    directions.input = wave(directions.input.count)
    check(directions, directions.input, golden.dx, "input")
  }

  private func wave(_ count: Int) -> [Double] { (0..<count).map { 1 + 0.5 * sin(Double($0)) } }

  private func expect(_ found: [Double], _ expected: [Double], _ name: String) {
    #expect(found.count == expected.count, "\(name)")
    let scale = expected.reduce(1e-9) { max($0, abs($1)) }
    for (index, (a, b)) in zip(found, expected).enumerated()
    where !(abs(a - b) <= Self.oracleTolerance * scale) {
      Issue.record("\(name)[\(index)] is \(a), expected \(b), largest \(scale)")
      return
    }
  }

  @Test(arguments: GoldenMatrixCase.all)
  func planMatchesPyTorch(_ subject: GoldenMatrixCase) throws {
    let (golden, graph) = (subject.values, subject.graph)
    let (steps, batch) = (subject.file.T, subject.file.B)
    var layer = Recurrent(
      subject.cell, inputSize: subject.golden.input, hiddenSize: subject.hiddenSize)
    var values: [String: Tensor] = [:]
    for (parameter, value) in zip(graph.parameters, subject.parameters) {
      values[parameter.name + "_l0"] = Tensor(value.map(Float.init), shape: parameter.shape)
    }
    try layer.load(values)
    let state = RecurrentState(
      names: graph.states.map(\.name),
      tensors: zip(graph.states, subject.states).map { state, value in
        Tensor(value.map(Float.init), shape: [1, batch, state.width])
      })
    let input = Tensor(
      subject.input.map(Float.init), shape: [steps, batch, subject.golden.input])
    let under = LayerUnderTest(layer: layer, input: input, state: state)
    let (loss, results, gradients) = valueAndGradient(of: under) { under in
      let (y, state) = under.layer(under.input, from: under.state, lengths: golden.lengths)
      let weights = Tensor(
        golden.y.indices.map { Float(cos(0.7 * Double($0))) }, shape: y.shape)
      return ((y * weights).sum() + 0.5 * (y * y).sum(), [y] + state.names.map { state[$0] })
    }
    // What the maximum of an mLSTM reads has gradients that are differences of larger numbers.
    let hidden = subject.name.hasPrefix("mlstm")
    func expect(_ tensor: Tensor?, _ expected: [Double], _ name: String) {
      expectClose(
        tensor?.scalars ?? [], expected.map(Float.init),
        within: (hidden ? 2 : 1) * Self.planTolerance, floor: hidden ? 1e-2 : Float(Self.floor),
        name)
    }
    expect(loss, [golden.loss], "loss")
    expect(results[0], golden.y, "y")
    for (index, (state, theirs)) in zip(graph.states, subject.golden.states).enumerated() {
      expect(results[index + 1], golden.final_state[theirs.name] ?? [], theirs.name)
      expect(gradients[state.name], golden.ds[theirs.name] ?? [], "initial \(theirs.name)")
    }
    for parameter in graph.parameters {
      expect(
        gradients[parameter.name + "_l0"], golden.grads[parameter.name] ?? [], parameter.name)
    }
    expect(gradients["input"], golden.dx, "input")
  }

  /// Derivatives of everything that a run starts from.
  private struct Directions {
    var parameters, states: [[Double]]
    var input: [Double]

    init(_ subject: GoldenMatrixCase) {
      parameters = subject.parameters.map { $0.map { _ in 0 } }
      states = subject.states.map { $0.map { _ in 0 } }
      input = subject.input.map { _ in 0 }
    }
  }

  /// The oracle over each sample's steps.
  private struct Run {
    let subject: GoldenMatrixCase
    let graph: CellGraph
    let parameters, states: [[Double]]
    let input: [Double]

    init(_ subject: GoldenMatrixCase) {
      self.subject = subject
      graph = subject.graph
      (parameters, states, input) = (subject.parameters, subject.states, subject.input)
    }

    func values(_ directions: Directions) -> (outputs: [Dual], states: [[Dual]]) {
      func duals(_ values: [Double], _ derivatives: [Double]) -> [Dual] {
        zip(values, derivatives).map { Dual($0, derivative: $1) }
      }
      let oracle = Oracle(graph, parameters: zip(parameters, directions.parameters).map(duals))
      let x = duals(input, directions.input)
      let initial = zip(states, directions.states).map(duals)
      let (steps, batch, width) = (subject.file.T, subject.file.B, graph.outputSize)
      var outputs = [Dual](repeating: Dual(0), count: steps * batch * width)
      var finals = graph.states.map { _ in [Dual]() }
      for sample in 0..<batch {
        let sequence = (0..<subject.values.lengths[sample]).map { step in
          let start = (step * batch + sample) * subject.golden.input
          return [Array(x[start..<start + subject.golden.input])]
        }
        let result = oracle.run(
          sequence,
          from: zip(initial, graph.states).map { values, state in
            Array(values[sample * state.width..<(sample + 1) * state.width])
          })
        for (step, row) in result.outputs.enumerated() {
          let start = (step * batch + sample) * width
          outputs.replaceSubrange(start..<start + width, with: row)
        }
        for index in finals.indices { finals[index] += result.states[index] }
      }
      return (outputs, finals)
    }
  }
}
