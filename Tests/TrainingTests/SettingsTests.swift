import Cells
import Datasets
import FileCore
import Models
import TensorCore
import Testing
import Training

/// Schedules, averages and label smoothing against PyTorch's results.
@Suite struct SettingsTests {
  /// PyTorch multiplies step by step where we use powers: rounding in double precision.
  static let doubleTolerance = 1e-12

  @Test(arguments: [
    "step:3:0.5", "exponential:0.9", "cosine", "cosine:5:0.1", "one-cycle", "plateau:0.5:2",
  ])
  func schedulesFollowPyTorch(_ text: String) throws {
    let numbers = try PyTorchNumbers.load()
    let expected = try #require(numbers.schedules[text])
    // Every step is an epoch of one batch; its evaluation has the given loss.
    var task = LineTask.random(batches: 1, rows: 2)
    if text.hasPrefix("plateau") { task.measured = numbers.measured }
    var settings = TrainingSettings()
    settings.learningRate = 0.1
    settings.epochs = expected.count
    settings.schedule = try #require(LearningRateSchedule(text))
    #expect(settings.schedule.description == text)
    var trainer = try Trainer(task, settings)
    var found: [Double] = []
    try trainer.run { if case .step(let step) = $0 { found.append(step.learningRate) } }
    #expect(found.count == expected.count)
    for (step, (found, expected)) in zip(found, expected).enumerated() {
      #expect(
        abs(found - expected) < Self.doubleTolerance,
        "\(text), step \(step): expected \(expected), found \(found)")
    }
  }

  @Test(arguments: [
    "", "step", "step:0.5:0.5", "cosine:x", "cosine:1:2:3", "plateau:0.5", "two-cycle",
    "constant:1",
    "exponential", "step:3:0.5:",
  ])
  func nonsenseIsNoSchedule(_ text: String) { #expect(LearningRateSchedule(text) == nil) }

  @Test func smoothedLossFollowsPyTorch() throws {
    let expected = try PyTorchNumbers.load().smoothing
    let logits = Tensor(expected.logits, shape: [6, 5])
    let (loss, gradients) = valueAndGradient(of: [logits]) {
      crossEntropy($0[0], expected.targets, labelSmoothing: 0.2)
    }
    #expect(abs(loss.scalar - expected.loss) < 1e-6)
    for (found, expected) in zip(gradients[0].scalars, expected.gradient) {
      #expect(abs(found - expected) < 1e-6)
    }
  }

  @Test func averagesFollowPyTorch() throws {
    let numbers = try PyTorchNumbers.load().averages
    for (averaging, expected) in [
      (WeightAveraging.exponential(decay: 0.8), numbers.ema), (.stochastic(start: 1), numbers.swa),
    ] {
      let rows = numbers.weights.count / 4
      let path = (0..<rows).map { Tensor(Array(numbers.weights[4 * $0..<4 * $0 + 4])) }
      let found = averaging.averages(of: path)
      for (step, (found, expected)) in zip(found, expected).enumerated() {
        for (a, b) in zip(found.scalars, expected) {
          #expect(abs(a - b) < 1e-6, "\(averaging) after step \(step + 1)")
        }
      }
    }
  }

  /// The precision of the settings applies only inside the trainer.
  @Test func precisionOfTheSettingsHoldsWhileTraining() async {
    await #expect(processExitsWith: .success) {
      MatrixUnit.emulate()
      func firstLoss(_ precision: Precision) throws -> Double {
        var settings = TrainingSettings()
        settings.precision = precision
        var trainer = try Trainer(LineTask.random(batches: 1, rows: 20), settings)
        var loss = 0.0
        try trainer.run { event in
          #expect(Precision.current == .highest)
          if case .step(let step) = event { loss = step.loss }
        }
        return loss
      }
      let (exact, rough) = (try firstLoss(.highest), try firstLoss(.medium))
      #expect(exact != rough && abs(exact - rough) < 0.03 * exact)
    }
  }

  @Test func textsOfOptionsAreReadBack() {
    for averaging: WeightAveraging in [.none, .exponential(decay: 0.99), .stochastic(start: 500)] {
      #expect(WeightAveraging(averaging.description) == averaging)
    }
    for optimizer: OptimizerChoice in [
      .adam, .adamW, .rmsProp, .sgd(), .sgd(momentum: 0.9), .nesterov(momentum: 0.9),
    ] {
      #expect(OptimizerChoice(optimizer.description) == optimizer)
    }
    #expect(WeightAveraging("ema") == nil && OptimizerChoice("adagrad") == nil)
  }

  /// A model that no memory could hold is refused before its weights are sampled.
  @Test func aModelBeyondTheMachinesMemoryIsRefused() throws {
    let model = ModelConfiguration(
      cell: try CellRegistry.standard.cell(named: "lstm"), hiddenSize: 65_536, layers: 256)
    let corpus = try TokenizedCorpus(Tales(characters: 2_000, seed: 2))
    let task = LanguageModelTask.Configuration(
      dataset: "tales", model: model,
      windows: Windows(.sequential, batchSize: 1, sequenceLength: 2, offset: 0))
    let error = #expect(throws: InvalidSetting.self) { try LanguageModelTask(task, corpus) }
    #expect(
      error?.expected.contains("weights and gradients of at most ") == true,
      "\(String(describing: error))")
  }

  /// Adam keeps two arrays for each that is trained, plain gradient descent one; frozen ones have none.
  @Test func theOptimizersStateCountsAsMemory() throws {
    let task = LineTask.random(batches: 1, rows: 2)
    var generator = Philox(seed: 1)
    let model = task.makeModel(using: &generator)
    let bytes = 4 * model.parameterCount
    let frozen = model.parameters.map { ParameterGroup($0.name, learningRateScale: 0) }
    func refuses(_ limit: Int, _ change: (inout TrainingSettings) -> Void) -> String? {
      var settings = TrainingSettings()
      change(&settings)
      do throws(InvalidSetting) {
        try settings.checkMemory(of: model, within: MemoryLimit(bytes: limit, name: "a test's"))
        return nil
      } catch {
        return "\(error)"
      }
    }
    #expect(refuses(4 * bytes) { _ in } == nil)
    #expect(
      refuses(4 * bytes - 1) { _ in }
        == "model: expected weights, gradients and optimizer state of at most \(4 * bytes - 1) "
        + "bytes, a test's, found \(4 * bytes)")
    #expect(refuses(3 * bytes) { $0.optimizer = .sgd() } == nil)
    #expect(refuses(3 * bytes - 1) { $0.optimizer = .sgd() } != nil)
    #expect(refuses(2 * bytes) { $0.groups = frozen } == nil)
  }

  /// Engines that can't train a layer with random options report it before training.
  @Test func enginesRefuseChanceAsASetting() throws {
    var options = Recurrent.Options()
    options.weightDropout = 0.5
    let model = ModelConfiguration(
      cell: try CellRegistry.standard.cell(named: "lstm"), embeddingSize: 8, hiddenSize: 12,
      recurrent: options)
    let task = LanguageModelTask.Configuration(
      dataset: "tales", model: model,
      windows: Windows(.sequential, batchSize: 2, sequenceLength: 8, offset: 0), engine: .rtrl)
    let error = #expect(throws: InvalidSetting.self) { try task.validate() }
    #expect(error.map { "\($0)" }?.contains("weightDropout: expected 0") == true)
  }
}
