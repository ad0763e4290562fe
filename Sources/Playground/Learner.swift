import Cells
import Models
import Training

/// One model that learns, and its curves.
struct Learner: Sendable {
  /// The cell's name.
  let title: String
  private(set) var trainer: LanguageModelTrainer
  /// The losses of steps and of the validation text, since the messages that were sent last.
  private(set) var news = News()
  /// Why the training can't go on; nil while it can.
  private(set) var fault: String?
  private(set) var charactersRead = 0

  /// Losses that the page has not seen.
  struct News: Sendable, Hashable, Codable {
    var steps: [[Double]] = []
    var validation: [[Double]] = []
    var isEmpty: Bool { steps.isEmpty && validation.isEmpty }
  }

  init(title: String, _ trainer: LanguageModelTrainer) {
    self.title = title
    self.trainer = trainer
  }

  var saved: SavedLanguageModel { trainer.saved }

  /// The learning rate from the next step on.
  var rate: Double {
    get { trainer.settings.learningRate }
    set { trainer.settings.learningRate = newValue }
  }

  /// Trains one step, with the measurement that is due after it.
  mutating func step() {
    guard fault == nil else { return }
    do {
      repeat {
        guard let event = try trainer.next() else { return }
        note(event)
      } while fault == nil && (!trainer.isBetweenSteps || trainer.steps == 0)
    } catch {
      fault = "\(error)"
    }
  }

  private mutating func note(_ event: TrainingEvent) {
    switch event {
    case .step(let step):
      news.steps.append([Double(step.number), step.loss])
      charactersRead += step.units
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
