import Cells
import FileCore
import Models
import TensorCore
import Training

/// What the page needs of a trainer, of whatever task.
protocol LiveTrainer: Sendable {
  var steps: Int { get }
  var settings: TrainingSettings { get set }
  var isBetweenSteps: Bool { get }
  var lastEvaluation: Evaluation? { get }
  var record: RunRecord { get }
  var weightCount: Int { get }
  /// The checksum of the weights: equal where all bits are.
  var fingerprint: UInt32 { get }
  var lossFloor: Double? { get }
  mutating func next() throws -> TrainingEvent?
}

extension Trainer: LiveTrainer {
  var lossFloor: Double? { task.lossFloor }

  /// A record of the training that is about to begin.
  var record: RunRecord {
    RunRecord(
      title: task.line, settings: settings.line, hints: task.hints.map(\.description),
      baseline: try? task.baseline(), floor: task.lossFloor)
  }

  var weightCount: Int { model.parameterCount }

  var fingerprint: UInt32 { model.weightChecksum }
}

/// One model that learns, and its curves.
struct Learner: Sendable {
  /// The cell's name.
  let title: String
  private(set) var trainer: any LiveTrainer
  /// The record of the training, for its report.
  private(set) var record: RunRecord
  /// The losses of steps and of the validation samples, since the messages that were sent last.
  private(set) var news = News()
  /// Why the training can't go on; nil while it can.
  private(set) var fault: String?
  private(set) var unitsRead = 0
  /// The checksum of the weights after step ``fingerprintStep``.
  private(set) var fingerprint: String?
  private let clock = ContinuousClock()
  private var seconds = 0.0

  /// The step whose weights are compared: early, so that one need not wait.
  static let fingerprintStep = 100

  /// Losses that the page has not seen.
  struct News: Sendable, Hashable, Codable {
    var steps: [[Double]] = []
    var validation: [[Double]] = []
  }

  init(title: String, _ trainer: any LiveTrainer) {
    (self.title, self.trainer) = (title, trainer)
    record = trainer.record
  }

  /// The language model; nil where the data are samples.
  var language: SavedLanguageModel? { (trainer as? LanguageModelTrainer)?.saved }

  /// The sequence model; nil where the data are a text.
  var sequence: SavedSequenceModel? {
    (trainer as? Trainer<SequenceTask>).map { $0.task.saved($0.result) }
  }

  /// The configuration of the model, of either kind.
  var configuration: ModelConfiguration? {
    language?.model.configuration ?? sequence?.model.configuration
  }

  /// The learning rate from the next step on.
  var rate: Double {
    get { trainer.settings.learningRate }
    set { trainer.settings.learningRate = newValue }
  }

  /// Trains one step, with the measurement that is due after it.
  mutating func step() {
    guard fault == nil else { return }
    let began = clock.now
    do {
      repeat {
        guard let event = try trainer.next() else { break }
        note(event, seconds: seconds + (clock.now - began) / .seconds(1))
      } while fault == nil && (!trainer.isBetweenSteps || trainer.steps == 0)
    } catch {
      fault = "\(error)"
    }
    seconds += (clock.now - began) / .seconds(1)
    if trainer.steps == Self.fingerprintStep, fingerprint == nil {
      fingerprint = hexadecimal(trainer.fingerprint, digits: 8)
    }
  }

  private mutating func note(_ event: TrainingEvent, seconds: Double) {
    record.note(event, seconds: seconds)
    switch event {
    case .step(let step):
      news.steps.append([Double(step.number), step.loss])
      unitsRead += step.units
    case .evaluation(let measured):
      news.validation.append([Double(measured.step), measured.evaluation.loss])
    case .diverged(let divergence): fault = "\(divergence)"
    default: break
    }
  }

  /// The losses that were not taken yet.
  mutating func takeNews() -> News {
    defer { news = News() }
    return news
  }
}
