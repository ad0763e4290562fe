import Checkpoint
import Datasets
import Models
import TensorCore

/// Trains the model of any task; training can be stopped after any step, saved, and resumed bit-exactly.
///
/// ```swift
/// var trainer = try Trainer(task, settings)
/// try trainer.run { event in if case .epoch(let epoch) = event { print(epoch.loss) } }
/// try trainer.save(to: "model.rnnz")
/// ```
///
/// Training that was stopped, saved and resumed ends with the same bits as uninterrupted training.
public struct Trainer<Task: TrainingTask>: Sendable {
  /// The task.
  public let task: Task
  /// The training settings. Between two steps, the learning rate may change.
  public package(set) var settings: TrainingSettings
  /// The model after the last step.
  public internal(set) var model: Task.Model
  /// The number of completed steps.
  public internal(set) var steps = 0
  /// The last evaluation.
  public internal(set) var lastEvaluation: Evaluation?
  /// The best measurement since training began or went on.
  public private(set) var bestEvaluation: Evaluation?
  /// The smallest loss that was measured, since training first began.
  public var bestLoss: Double? { progress.bestLoss }
  /// Whether training has come to its end, of whatever kind.
  public internal(set) var isFinished = false

  /// Whether there is an event ``TrainingEvent/distributions(_:)`` before each evaluation.
  public var reportsDistributions = false

  /// The processes that train together.
  public let group: ProcessGroup
  /// Whether all ranks agreed to stop after the last step, because one of them wants to.
  public internal(set) var isAskedToStop = false

  var optimizer: any Optimizer
  var batches: BatchReader<Task>
  /// The random generator of dropout.
  var dropoutGenerator: Philox
  /// The data carried to the next batch.
  var carry: Task.Carry?
  /// The data carried to the next batch by each own shard, if batches are cut.
  var shardCarries: [Int: Task.Carry] = [:]
  /// What other ranks carry, as far as it was collected for saving.
  var collected = CollectedCarries()
  /// The sums over ranks, which keep their memory from step to step.
  var reduction: GradientReduction?
  /// The losses of the current epoch.
  var lossSum = 0.0
  var lossCount = 0
  var progress = MeasuredProgress()
  var average = AverageOfWeights()
  /// The weights of the best evaluation, in the model's order; empty unless they are kept.
  var best: [Tensor] = []
  private var events: [TrainingEvent] = []
  private var hasStarted = false

  /// Starts new training.
  ///
  /// - Throws: `InvalidSetting`, or errors of the data, whose first batch is read.
  public init(
    _ task: Task, _ settings: TrainingSettings, in group: ProcessGroup = ProcessGroup()
  ) throws {
    try settings.validate()
    var generator = Philox(seed: settings.seed)
    let model = task.makeModel(using: &generator)
    try self.init(task, settings, model, from: BatchCursor(), in: group)
    dropoutGenerator = Philox(seed: settings.seed, stream: 1)
  }

  /// Training of a given model from a position in the data.
  init(
    _ task: Task, _ settings: TrainingSettings, _ model: Task.Model, from cursor: BatchCursor,
    in group: ProcessGroup
  ) throws {
    try settings.groups.validate(for: model)
    try settings.sharding?.validate(rows: task.rowsPerBatch)
    try settings.checkMemory(of: model)
    guard settings.sharding != nil || group.ranks == 1 else {
      throw InvalidSetting("shards", expected: "a number, for several ranks", found: "none")
    }
    self.group = group
    self.task = task
    self.settings = settings
    self.model = model
    optimizer = OptimizerChoice.make(settings)
    let shards = settings.sharding?.count ?? 1
    batches = try BatchReader(
      task, seed: settings.seed,
      shards: ShardTree.owned(by: group.rank, of: group.ranks, shards: shards), of: shards,
      from: cursor)
    dropoutGenerator = Philox(seed: settings.seed, stream: 1)
    guard !settings.schedule.needsTotal || totalSteps != nil else {
      throw InvalidSetting(
        "max steps", expected: "a number, for a schedule over data of unknown length", found: "none"
      )
    }
    try requireSameRanks(cursor)
  }

  /// The number of complete epochs.
  package var epochs: Int { batches.cursor.epoch }

  /// The total number of steps, if known. An epoch of random windows may have one step less than the first one.
  public var totalSteps: Int? {
    let all = task.batchesPerEpoch.map {
      settings.epochs * (($0 + settings.accumulation - 1) / settings.accumulation)
    }
    return [all, settings.steps].compactMap(\.self).min()
  }

  /// The model for use and saving: of the best evaluation, averaged, or the current one, according to the settings.
  public var result: Task.Model {
    settings.keepsBest && !best.isEmpty ? model.with(best) : current
  }

  /// The current model for use: averaged, or unchanged.
  private var current: Task.Model { average.count > 0 ? model.with(average.values) : model }

  /// Trains to the end, or until `shouldStop`, which is called after every step, returns true.
  ///
  /// - Throws: ``Divergence``, or errors of data read in training.
  public mutating func run(
    until shouldStop: () -> Bool = { false }, _ report: (TrainingEvent) -> Void
  ) throws {
    while let event = try next() {
      report(event)
      guard events.isEmpty, !isFinished, shouldStop() else { continue }
      report(.stopped(steps: steps))
      return
    }
  }

  /// Returns the next pending event; if there is none, runs the next step. Nil after the last event.
  ///
  /// Between two events the trainer can be read and saved.
  ///
  /// - Throws: ``Divergence``, after its event; errors of data read in training.
  public mutating func next() throws -> TrainingEvent? {
    if !hasStarted {
      hasStarted = true
      return .started(start)
    }
    if events.isEmpty, !isFinished { try withPrecision(settings.precision) { try step() } }
    return events.isEmpty ? nil : events.removeFirst()
  }

  /// Whether the last step and all its events are complete, so that a saved file is consistent.
  public var isBetweenSteps: Bool { events.isEmpty }

  private var start: TrainingEvent.Start {
    TrainingEvent.Start(
      parameterCount: model.parameterCount, choices: task.choices,
      unitsPerEpoch: task.unitsPerEpoch, unit: task.unit, epochs: settings.epochs,
      steps: steps, totalSteps: totalSteps, ranks: group.ranks)
  }
}

// MARK: A step

extension Trainer {
  private mutating func step() throws {
    if let divergence = progress.divergence { throw divergence }
    let epoch = batches.cursor.epoch
    let waited = group.timeWaited
    let (loss, gradients, size) =
      try settings.sharding.map { try shardedGradients(epoch: epoch, $0) }
      ?? accumulatedGradients(epoch: epoch)
    let norm = settings.groups.norm(of: gradients)
    let fault = Divergence.find(
      loss: loss, gradients: gradients, norm: norm, step: steps + 1, settings: settings)
    if let fault {
      progress.divergence = fault
      events.append(.diverged(fault))
      return
    }
    optimizer.learningRate = settings.schedule.rate(
      base: settings.learningRate, step: steps, total: totalSteps ?? 1,
      reductions: progress.reductions)
    optimizer.apply(
      gradients, to: &model, scale: clippingScale(norm, to: settings.clip), groups: settings.groups)
    steps += 1
    average.add(model.parameters.map(\.value), step: steps, settings.averaging)
    lossSum += loss
    lossCount += 1
    events.append(
      .step(
        TrainingEvent.Step(
          number: steps, epoch: epoch + 1, totalSteps: totalSteps, loss: loss, gradientNorm: norm,
          learningRate: optimizer.learningRate, units: size,
          secondsWaited: (group.timeWaited - waited) / .seconds(1))))
    if reportsDistributions, isEvaluationDue(after: epoch) {
      events.append(.distributions(.init(step: steps, model: model, gradients: gradients)))
    }
    try finishStep(epoch: epoch)
  }

  /// The mean loss and gradients over all targets of the batches of one step, clipped by value.
  ///
  /// A batch's loss is the mean over its targets; it is weighted by their number, so that some batches of any lengths
  /// give what one batch with all their samples gives.
  private mutating func accumulatedGradients(
    epoch: Int
  ) throws -> (loss: Double, gradients: Gradients, size: Int) {
    let moment = TrainingMoment(
      step: steps, totalSteps: totalSteps, labelSmoothing: settings.labelSmoothing)
    var (sum, gradients, size, count): (Double, Gradients?, Int, Int) = (0, nil, 0, 0)
    var targets = 0
    while count < settings.accumulation, batches.cursor.epoch == epoch {
      let cut = try batches.next(task, seed: settings.seed)
      guard let batch = cut.shards.first ?? nil else { continue }
      var generator = dropoutGenerator
      let (task, before) = (task, carry)
      let (loss, after, new) = valueAndGradient(of: model) { model in
        task.loss(of: model, on: batch, from: before, at: moment, using: &generator)
      }
      (dropoutGenerator, carry) = (generator, after)
      // A single batch needs no weight.
      let isOnly = count == 0 && (settings.accumulation == 1 || batches.cursor.epoch > epoch)
      let weight = isOnly ? 1 : task.targets(of: batch)
      let weighted = isOnly ? new : new.mapValues { $0 * Float(weight) }
      gradients = gradients.map { $0.adding(weighted) } ?? weighted
      sum += Double(loss.scalar) * Double(weight)
      targets += weight
      size += task.size(of: batch)
      count += 1
    }
    var mean = gradients ?? Gradients([])
    if targets > 1 { mean = mean.mapValues { $0 * (1 / Float(targets)) } }
    return (sum / Double(max(1, targets)), clippedByValue(mean), size)
  }

  /// Gradients whose elements are limited, if the settings say so.
  func clippedByValue(_ gradients: Gradients) -> Gradients {
    guard let limit = settings.clipValue.map({ Float($0) }) else { return gradients }
    return gradients.mapValues { clamp($0, from: -limit, to: limit) }
  }

  /// Evaluates if due, and ends the epoch or training if complete.
  private mutating func finishStep(epoch: Int) throws {
    let endsEpoch = batches.cursor.epoch > epoch
    var evaluation: Evaluation?
    if isEvaluationDue(after: epoch), let measured = try evaluateCurrent() {
      evaluation = measured
      note(measured)
    }
    if endsEpoch {
      events.append(
        .epoch(
          .init(
            number: epoch + 1, loss: lossSum / Double(max(1, lossCount)), evaluation: evaluation)))
      (lossSum, lossCount) = (0, 0)
    }
    guard isLast || progress.isOver(patience: settings.patience) else { return }
    isFinished = true
    events.append(.finished(isLast ? .complete : .noImprovement))
  }

  /// Whether training is at its last step.
  private var isLast: Bool {
    batches.cursor.epoch >= settings.epochs || steps >= settings.steps ?? .max
  }

  /// Whether the model is evaluated after a step of an epoch.
  private func isEvaluationDue(after epoch: Int) -> Bool {
    isLast
      || settings.evaluateEvery.map { steps.isMultiple(of: $0) } ?? (batches.cursor.epoch > epoch)
  }

  private func evaluateCurrent() throws -> Evaluation? {
    guard let sharding = settings.sharding else { return try task.evaluate(current) }
    return try task.evaluate(current, sharing: EvaluationShare(group, shards: sharding.count))
  }

  private mutating func note(_ evaluation: Evaluation) {
    lastEvaluation = evaluation
    let isBest = progress.note(evaluation.loss, schedule: settings.schedule)
    if isBest { bestEvaluation = evaluation }
    if isBest, settings.keepsBest { best = current.parameters.map(\.value) }
    events.append(
      .evaluation(TrainingEvent.Measurement(step: steps, isBest: isBest, evaluation: evaluation)))
  }
}

extension Gradients {
  /// The sum with other gradients of the same model.
  fileprivate func adding(_ other: Gradients) -> Gradients {
    var rest = other.values[...]
    return mapValues { $0 + (rest.popFirst() ?? Tensor(zeros: $0.shape)) }
  }
}
