import Checkpoint
import TensorCore
import Testing
import Training

/// What the trainer promises for any task.
@Suite struct TrainerLawTests {
  /// Float32 weights of size 1 after a few steps.
  static let tolerance: Float = 1e-5

  private func weights(_ trainer: Trainer<LineTask>) -> [Float] { trainer.model.weight.scalars }

  private func trained(
    _ task: LineTask, _ change: (inout TrainingSettings) -> Void = { _ in }
  ) throws -> Trainer<LineTask> {
    var settings = TrainingSettings()
    settings.optimizer = .sgd()
    settings.learningRate = 0.1
    settings.clip = nil
    settings.epochs = 3
    change(&settings)
    var trainer = try Trainer(task, settings)
    try trainer.run { _ in }
    return trainer
  }

  /// Two batches of four rows teach what one of their eight rows does.
  @Test func accumulationIsALargerBatch() throws {
    let small = LineTask.random(batches: 6, rows: 4)
    let large = LineTask(
      pairs: stride(from: 0, to: 6, by: 2).map { index in
        let (a, b) = (small.pairs[index], small.pairs[index + 1])
        return .init(x: concatenate([a.x, b.x]), y: concatenate([a.y, b.y]))
      })
    let accumulated = try trained(small) { $0.accumulation = 2 }
    let whole = try trained(large)
    #expect(accumulated.steps == 9 && whole.steps == 9)
    for (a, b) in zip(weights(accumulated), weights(whole)) {
      #expect(abs(a - b) < Self.tolerance)
    }
  }

  /// An epoch of five batches makes three steps of two: the last one of a single batch.
  @Test func anEpochsLastStepMayBeShort() throws {
    let trainer = try trained(.random(batches: 5, rows: 2)) { $0.accumulation = 2 }
    #expect(trainer.totalSteps == 9 && trainer.steps == 9)
  }

  @Test func frozenParametersStayAndDoNotCount() throws {
    let task = LineTask.random(batches: 2, rows: 4)
    var generator = Philox(seed: 1)
    let start = task.makeModel(using: &generator)
    let frozen = try trained(task) { settings in
      settings.groups = [ParameterGroup("line", learningRateScale: 0)]
      settings.optimizer = .adamW
    }
    #expect(weights(frozen) == start.weight.scalars)
    #expect(frozen.model.other.scalars != start.other.scalars, "decay moves what is not frozen")
    var norms: [Double] = []
    var settings = TrainingSettings()
    settings.groups = [ParameterGroup("line", learningRateScale: 0)]
    var trainer = try Trainer(task, settings)
    try trainer.run { if case .step(let step) = $0 { norms.append(step.gradientNorm) } }
    #expect(norms == [0, 0])
  }

  /// A group's rate of a tenth is a tenth of the rate.
  @Test func groupsHaveTheirOwnRateAndDecay() throws {
    let task = LineTask.random(batches: 2, rows: 4)
    let slow = try trained(task) { $0.groups = [ParameterGroup("line", learningRateScale: 0.1)] }
    let slower = try trained(task) { $0.learningRate = 0.01 }
    for (a, b) in zip(weights(slow), weights(slower)) { #expect(abs(a - b) < 1e-7) }
    let decayed = try trained(task) { $0.weightDecay = 0.5 }
    let spared = try trained(task) {
      $0.weightDecay = 0.5
      $0.groups = [ParameterGroup("other", weightDecay: 0)]
    }
    #expect(weights(decayed) == weights(spared))
    #expect(spared.model.other.scalars == [1, 2] && decayed.model.other.scalars[0] < 1)
  }

  @Test func gradientsAreClippedByValue() throws {
    let task = LineTask.random(batches: 1, rows: 8)
    var generator = Philox(seed: 1)
    let start = task.makeModel(using: &generator).weight.scalars
    let trainer = try trained(task) {
      $0.clipValue = 0.01
      $0.epochs = 1
    }
    let moves = zip(weights(trainer), start).map { abs($0 - $1) }
    #expect(moves.allSatisfy { $0 < 0.001_001 } && moves.contains { $0 > 0.000_99 })
  }

  @Test func patienceEndsTrainingAndTheBestIsKept() throws {
    var task = LineTask.random(batches: 2, rows: 4)
    task.measured = [1, 0.5, 0.6, 0.7, 0.8, 0.1]
    var settings = TrainingSettings()
    settings.epochs = 100
    settings.patience = 3
    settings.keepsBest = true
    var trainer = try Trainer(task, settings)
    var best: [[Float]] = []
    var ending: TrainingEvent.Ending?
    while let event = try trainer.next() {
      if case .evaluation(let measured) = event, measured.isBest {
        best.append(trainer.model.weight.scalars)
      }
      if case .finished(let how) = event { ending = how }
    }
    #expect(ending == .noImprovement && trainer.steps == 10)
    #expect(best.count == 2)
    #expect(trainer.result.weight.scalars == best[1])
    #expect(trainer.model.weight.scalars != best[1])
  }

  @Test func measurementsComeEverySoManySteps() throws {
    var task = LineTask.random(batches: 5, rows: 4)
    task.measured = [1]
    var settings = TrainingSettings()
    settings.epochs = 2
    settings.evaluateEvery = 4
    var trainer = try Trainer(task, settings)
    var steps: [Int] = []
    try trainer.run { if case .evaluation(let measured) = $0 { steps.append(measured.step) } }
    #expect(steps == [4, 8, 10], "and at the end")
  }

  @Test func theMostStepsEndTraining() throws {
    let trainer = try trained(.random(batches: 5, rows: 2)) { $0.steps = 7 }
    #expect(trainer.steps == 7 && trainer.isFinished && trainer.totalSteps == 7)
  }

  /// Finished training goes on where the settings ask for more.
  @Test func moreEpochsGoOn() throws {
    let task = LineTask.random(batches: 3, rows: 4)
    let short = try trained(task)
    var settings = short.settings
    settings.epochs = 5
    let reader = try CheckpointReader(bytes: short.checkpoint().encoded(compression: .none))
    let ended = try Trainer(resuming: reader, task)
    #expect(ended.isFinished)
    var longer = try Trainer(resuming: reader, task, settings)
    try longer.run { _ in }
    let whole = try trained(task) { $0.epochs = 5 }
    #expect(weights(longer) == weights(whole))
  }
}

/// Training that cannot go on says so, and leaves the last good weights.
@Suite struct DivergenceTests {
  private func run(
    _ task: LineTask, _ settings: TrainingSettings
  ) throws -> (Divergence, Trainer<LineTask>) {
    var trainer = try Trainer(task, settings)
    var reported: Divergence?
    let thrown = #expect(throws: Divergence.self) {
      try trainer.run { if case .diverged(let divergence) = $0 { reported = divergence } }
    }
    #expect(thrown?.description == reported?.description)
    return (try #require(thrown), trainer)
  }

  @Test func aLossThatIsNoNumberIsNamed() throws {
    var task = LineTask.random(batches: 4, rows: 2)
    task.pairs[2].x = Tensor(full: [2, 3], of: .nan)
    let (divergence, trainer) = try run(task, TrainingSettings())
    guard case .loss(let loss) = divergence.fault else {
      Issue.record("\(divergence)")
      return
    }
    #expect(loss.isNaN && divergence.step == 3 && divergence.parameter == "line.weight")
    #expect(divergence.description.contains("training diverged at step 3: the loss became nan"))
    #expect(divergence.description.contains("try a learning rate of 0.0002"))
    #expect(trainer.steps == 2)
    #expect(trainer.model.weight.scalars.allSatisfy { $0.isFinite })
    // The file of the last good step is whole.
    #expect(throws: Never.self) {
      try Trainer(
        resuming: CheckpointReader(bytes: trainer.checkpoint().encoded(compression: .none)), task)
    }
  }

  @Test func anExplodingNormIsNamed() throws {
    var settings = TrainingSettings()
    settings.optimizer = .sgd()
    settings.learningRate = 40
    settings.clip = nil
    settings.epochs = 100
    let (divergence, trainer) = try run(.random(batches: 1, rows: 8), settings)
    guard case .norm(let norm, let limit) = divergence.fault else {
      Issue.record("\(divergence)")
      return
    }
    #expect(norm > limit && limit == 1e6 && divergence.parameter == "line.weight")
    #expect(divergence.advice.contains(.clipping(norm: 1)))
    #expect(trainer.steps == divergence.step - 1)
  }
}
