import Cells
import Datasets
import Models

/// Initial models and settings: for the synthetic tasks those that solve them in some minutes, for other samples those
/// that suit their shape.
///
/// ```swift
/// let preset = try SequencePreset(dataset: "adding:100", samples)
/// let trainer = try Trainer(SequenceTask(preset.task, samples: samples), preset.settings)
/// ```
public struct SequencePreset: Sendable {
  /// The model and the batch sizes.
  public var task: SequenceTask.Configuration
  /// The training settings.
  public var settings: TrainingSettings

  /// The preset for a dataset, by what stands before the colon of its name, and by its samples.
  ///
  /// - Parameters:
  ///   - dataset: the dataset's name.
  ///   - samples: its samples.
  ///   - steps: the steps to reach with samples of one's own, whose batches and epochs fit their number.
  public init(
    dataset: String, _ samples: TaskSamples, steps: Int = TrainingSettings.usualSteps
  ) throws(UnknownCell) {
    let known = LabPreset.named(String(dataset.prefix { $0 != ":" }))
    let (lab, isOwn) = (known ?? LabPreset.of(samples), known == nil)
    var model = ModelConfiguration(cell: try CellRegistry.standard.cell(named: lab.cell))
    model.hiddenSize = lab.hiddenSize
    model.embeddingSize = lab.embeddingSize
    model.isBidirectional = lab.isBidirectional
    model.recurrent.initialization = lab.initialization
    model.attention = .general
    task = SequenceTask.Configuration(dataset: dataset, model: model)
    task.batchSize = lab.batchSize
    task.bucketPool = lab.bucketPool
    settings = TrainingSettings()
    settings.epochs = lab.epochs
    settings.steps = lab.steps
    settings.learningRate = lab.learningRate
    settings.schedule = lab.schedule
    settings.evaluateEvery = lab.evaluateEvery
    settings.keepsBest = true
    guard isOwn, let count = samples.training.count else { return }
    while task.batchSize > 4, count < 30 * task.batchSize { task.batchSize /= 2 }
    settings = settings.fitted(
      stepsPerEpoch: (count + task.batchSize - 1) / task.batchSize, steps: steps)
  }
}

/// The preset of a task.
struct LabPreset {
  var cell = "gru"
  var hiddenSize = 64
  var embeddingSize = 16
  var isBidirectional = false
  var batchSize = 64
  var bucketPool = 1
  var epochs = 10
  var steps: Int?
  var learningRate = 0.005
  var schedule = LearningRateSchedule.cosine()
  var evaluateEvery: Int?
  var initialization = Recurrent.Options().initialization

  /// The preset that solves a synthetic task; nil for other names.
  static func named(_ name: String) -> LabPreset? {
    var preset = LabPreset()
    switch name {
    case "adding":
      (preset.steps, preset.evaluateEvery) = (4000, 500)
      (preset.batchSize, preset.learningRate) = (32, 0.01)
    case "copy":
      (preset.steps, preset.evaluateEvery, preset.hiddenSize) = (5000, 500, 96)
      preset.learningRate = 0.01
    case "recall":
      (preset.steps, preset.evaluateEvery, preset.learningRate) = (1000, 250, 0.01)
      (preset.cell, preset.embeddingSize) = ("gated-deltanet", 64)
    case "echo", "sines":
      (preset.steps, preset.evaluateEvery, preset.hiddenSize) = (3000, 500, 96)
    case "temporal-order":
      (preset.steps, preset.evaluateEvery) = (2000, 250)
      // Without units that remember from the beginning some seeds never learn it.
      preset.initialization = .chrono(steps: 100, forget: "z")
    case "parity":
      (preset.steps, preset.evaluateEvery) = (2000, 250)
    case "reber", "embedded-reber":
      (preset.steps, preset.evaluateEvery, preset.bucketPool) = (1500, 250, 8)
    case "dyck":
      (preset.steps, preset.evaluateEvery, preset.bucketPool) = (3000, 500, 8)
      preset.hiddenSize = 128
    case "mackey-glass":
      (preset.steps, preset.evaluateEvery) = (800, 200)
    case "sorting", "reversing":
      (preset.steps, preset.evaluateEvery, preset.bucketPool) = (3000, 500, 8)
      preset.isBidirectional = true
    case "dates":
      (preset.steps, preset.evaluateEvery, preset.bucketPool) = (2000, 500, 8)
      (preset.isBidirectional, preset.hiddenSize) = (true, 64)
    case "names":
      (preset.steps, preset.evaluateEvery, preset.hiddenSize) = (2000, 500, 96)
    case "morse":
      (preset.steps, preset.evaluateEvery, preset.bucketPool) = (2000, 250, 8)
      preset.isBidirectional = true
    case "idioms":
      (preset.steps, preset.evaluateEvery, preset.isBidirectional) = (600, 200, true)
    default: return nil
    }
    return preset
  }

  /// The initial preset for samples of a shape.
  static func of(_ samples: TaskSamples) -> LabPreset {
    var preset = LabPreset()
    preset.learningRate = 0.002
    if samples.training.count == nil { preset.schedule = .constant }
    preset.bucketPool = samples.shape == .oneToOne ? 1 : 16
    switch samples.shape {
    case .manyToOne, .manyToManyDelayed, .manyToManyOrdered: preset.isBidirectional = true
    case .manyToManyInStep: preset.isBidirectional = samples.target.isDiscrete
    case .oneToOne, .oneToMany: break
    }
    return preset
  }
}
