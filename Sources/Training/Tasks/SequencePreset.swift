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
    let known = LabPreset.known[String(dataset.prefix { $0 != ":" })]
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

  /// The presets that solve the synthetic tasks, by name.
  static let known: [String: LabPreset] = [
    "adding": LabPreset(batchSize: 32, steps: 4000, learningRate: 0.01, evaluateEvery: 500),
    "copy": LabPreset(hiddenSize: 96, steps: 5000, learningRate: 0.01, evaluateEvery: 500),
    "recall": LabPreset(
      cell: "gated-deltanet", embeddingSize: 64, steps: 1000, learningRate: 0.01,
      evaluateEvery: 250),
    "echo": LabPreset(hiddenSize: 96, steps: 3000, evaluateEvery: 500),
    "sines": LabPreset(hiddenSize: 96, steps: 3000, evaluateEvery: 500),
    // Without units that remember from the beginning some seeds never learn it.
    "temporal-order": LabPreset(
      steps: 2000, evaluateEvery: 250, initialization: .chrono(steps: 100, forget: "z")),
    "parity": LabPreset(steps: 2000, evaluateEvery: 250),
    "reber": LabPreset(bucketPool: 8, steps: 1500, evaluateEvery: 250),
    "embedded-reber": LabPreset(bucketPool: 8, steps: 1500, evaluateEvery: 250),
    "dyck": LabPreset(hiddenSize: 128, bucketPool: 8, steps: 3000, evaluateEvery: 500),
    "mackey-glass": LabPreset(steps: 800, evaluateEvery: 200),
    "sorting": LabPreset(isBidirectional: true, bucketPool: 8, steps: 3000, evaluateEvery: 500),
    "reversing": LabPreset(isBidirectional: true, bucketPool: 8, steps: 3000, evaluateEvery: 500),
    "dates": LabPreset(isBidirectional: true, bucketPool: 8, steps: 2000, evaluateEvery: 500),
    "names": LabPreset(hiddenSize: 96, bucketPool: 8, steps: 2000, evaluateEvery: 500),
    "morse": LabPreset(isBidirectional: true, bucketPool: 8, steps: 2500, evaluateEvery: 250),
    "idioms": LabPreset(isBidirectional: true, bucketPool: 8, steps: 600, evaluateEvery: 200),
  ]

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
