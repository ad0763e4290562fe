import Cells
import Checkpoint
import Models
import TensorCore
import Testing
import Training

/// Training after every step of an endless stream.
@Suite struct OnlineLearnerTests {
  static let engines: [GradientEngine] = [
    .bptt, .tbptt(every: 1, through: 5), .rtrl, .snap1, .uoro(seed: 2),
  ]

  /// A sine whose next value is to be predicted.
  private func sine(_ step: Int, streams: Int = 1) -> (x: Tensor, target: Tensor) {
    func value(_ step: Int) -> Tensor {
      Tensor((0..<streams).map { wave(0.3 * Float(step + 7 * $0)) }, shape: [streams, 1])
    }
    return (value(step), value(step + 1))
  }

  private func learner(
    _ engine: GradientEngine, _ cell: String = "mingru", batch: Int = 2
  ) throws -> OnlineLearner<StreamPredictor> {
    try OnlineLearner(
      model(cell), engine: engine, optimizer: Adam(learningRate: 0.01), batch: batch,
      maximumNorm: 1)
  }

  private func model(_ cell: String) throws -> StreamPredictor {
    var generator = Philox(seed: 4)
    return StreamPredictor(
      try CellRegistry.standard.cell(named: cell), inputSize: 1, hiddenSize: 8, outputSize: 1,
      using: &generator)
  }

  @Test(arguments: ["mingru", "gru"]) func lossFalls(_ cell: String) throws {
    var learner = try learner(.rtrl, cell, batch: 1)
    let size = learner.memory.size
    var losses: [Double] = []
    for step in 0..<600 {
      let (x, target) = sine(step)
      losses.append(learner.observe(x, target).loss)
    }
    func mean(_ part: some Collection<Double>) -> Double {
      part.reduce(0, +) / Double(part.count)
    }
    #expect(mean(losses.suffix(60)) < 0.1 * mean(losses.prefix(60)))
    #expect(learner.count == 600)
    #expect(learner.memory.size == size)
  }

  @Test(arguments: engines, ["mingru", "lstm"])
  func resumesToTheBit(_ engine: GradientEngine, _ cell: String) throws {
    var whole = try learner(engine, cell)
    for step in 0..<12 {
      let (x, target) = sine(step, streams: 2)
      if step == 7 { whole.reset(streams: [1]) }
      whole.observe(x, target)
    }
    var part = try learner(engine, cell)
    for step in 0..<12 {
      let (x, target) = sine(step, streams: 2)
      if step == 7 { part.reset(streams: [1]) }
      if step.isMultiple(of: 5) {
        let reader = try CheckpointReader(bytes: part.checkpoint().encoded(compression: .none))
        part = try OnlineLearner(resuming: reader, model(cell), optimizer: Adam(learningRate: 0.01))
      }
      part.observe(x, target)
    }
    #expect(
      try part.checkpoint().encoded(compression: .none)
        == whole.checkpoint().encoded(compression: .none))
  }

  /// A window of several steps, classes, and the prediction before training on it.
  @Test func windowsOfClassesAreObserved() throws {
    var generator = Philox(seed: 1)
    let model = StreamPredictor(
      GRU(), inputSize: 3, hiddenSize: 5, outputSize: 3, using: &generator)
    var learner = try OnlineLearner(
      model, engine: .rtrl, optimizer: SGD(learningRate: 0.1), maximumNorm: 100)
    let tokens: [Int32] = [0, 1, 2, 1]
    let x = Tensor(oneHot: tokens, shape: [4, 1], classes: 3)
    let memory = try RecurrentMemory(of: model.recurrent, engine: .rtrl, batch: 1)
    let expected = model(x, with: memory)
    let observation = learner.observe(x, [1, 2, 1, 0])
    #expect(observation.output.scalars == expected.scalars)
    #expect(observation.loss == Double(crossEntropy(expected, [1, 2, 1, 0]).scalar))
    #expect(try #require(observation.gradientNorm) > 0)
  }

  @Test func anotherModelsFileIsRefused() throws {
    let bytes = try learner(.rtrl, "mingru").checkpoint().encoded(compression: .none)
    #expect(throws: CheckpointError.self) {
      try OnlineLearner(
        resuming: CheckpointReader(bytes: bytes), model("lstm"), optimizer: Adam())
    }
    var checkpoint = try learner(.rtrl, "mingru").checkpoint()
    checkpoint.remove(.carry, "memory/influence/0/1")
    let error = #expect(throws: CheckpointError.self) {
      try OnlineLearner(
        resuming: CheckpointReader(bytes: checkpoint.encoded(compression: .none)), model("mingru"),
        optimizer: Adam())
    }
    #expect("\(error.map { "\($0)" } ?? "")".contains("influence/0/1"))
  }

  @Test func enginesHaveNames() throws {
    for name in GradientEngine.names {
      #expect(try GradientEngine(named: name, window: 16).name == name)
    }
    #expect(
      try GradientEngine(named: "tbptt", window: 16, through: 40)
        == .tbptt(every: 16, through: 40))
    #expect(try GradientEngine(named: "bptt-checkpoint", window: 65) == .checkpointed(every: 9))
    #expect(throws: InvalidSetting.self) { try GradientEngine(named: "backprop", window: 4) }
    #expect(throws: InvalidSetting.self) {
      try GradientEngine(named: "rtrl", window: 4, through: 8)
    }
  }

  /// The sine, by its series around the nearest multiple of π.
  private func wave(_ x: Float) -> Float {
    let turns = (x / .pi).rounded()
    let rest = x - turns * .pi
    let square = rest * rest
    let value = rest * (1 - square / 6 * (1 - square / 20 * (1 - square / 42)))
    return Int(turns) % 2 == 0 ? value : -value
  }
}
