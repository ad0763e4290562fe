import AppSupport
import Training

/// Shows training's events on the console and writes them to the log.
struct Renderer {
  private var progress: ProgressText
  private let log: LineFile?
  private let clock = ContinuousClock()
  private let start: ContinuousClock.Instant

  init(log path: String?, appends: Bool) throws {
    progress = ProgressText(Console.output.isTerminal ? .bar : .lines)
    log = try path.map { try LineFile($0, appends: appends) }
    if let log, log.isEmpty { log.write("step,epoch,loss,gradient_norm,learning_rate") }
    start = clock.now
  }

  mutating func render(_ event: TrainingEvent) {
    let elapsed = clock.now - start
    let seconds =
      Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) * 1e-18
    Console.output.write(progress.text(for: event, seconds: seconds))
    if let log, case .step(let step) = event {
      log.write(
        "\(step.number),\(step.epoch),\(step.loss),\(step.gradientNorm),\(step.learningRate)")
    }
  }
}

/// What `train` says when it is done.
struct Summary {
  let text: String

  init(_ trainer: LanguageModelTrainer, path: String) {
    var text = ""
    let loss = trainer.lastEvaluation?.loss
    if let loss, let floor = trainer.task.corpus.validationFloor {
      let above = (100 * (loss / floor - 1)).text(1)
      text += "validation loss \(loss.text(4)) nats a character; "
      text += "the language's own entropy, which no model can beat, is \(floor.text(4)): "
      text += "\(above)% above it\n"
    }
    text += "saved to \(path)\n\n"
    let sampler = Sampler(temperature: 0.8)
    text += trainer.saved.generation(sampler: sampler, seed: 1).prefix(500).joined()
    self.text = text + "\n"
  }
}
