import Models
import Training
import ProgramsCore

/// What `train` says when it is done.
struct Summary {
  /// How good the model is; empty where nothing was measured.
  private(set) var verdict = ""
  /// What it writes or answers.
  private(set) var samples = ""
  /// The program that uses the model, and arguments beside the model's.
  let user: Program
  let example: [String]

  /// Of a language model: how far it is from the language's own entropy, and what it writes.
  init(_ trainer: LanguageModelTrainer) {
    if let loss = trainer.lastEvaluation?.loss, let floor = trainer.task.corpus.validationFloor {
      let above = (100 * (loss / floor - 1)).text(1)
      verdict += "validation loss \(loss.text(4)) nats a \(trainer.task.unit.dropLast()); "
      verdict += "the language's own entropy, which no model can beat, is \(floor.text(4)): "
      verdict += "\(above)% above it\n"
    } else if let measured = trainer.bestEvaluation ?? trainer.lastEvaluation,
      let guess = Baseline(trainer.task.corpus)
    {
      verdict += guess.line(for: measured) + "\n"
    }
    (user, example) = (.generate, [])
    let sampler = Sampler(temperature: 0.8)
    samples = trainer.saved.generation(sampler: sampler, seed: 1).prefix(500).joined() + "\n"
  }

  /// Of any other model: whether it has solved its task, and what it makes of some samples.
  init(_ trainer: Trainer<SequenceTask>) {
    (user, example) = (.predict, ["FILE"])
    guard let measured = trainer.bestEvaluation ?? trainer.lastEvaluation else { return }
    samples = measured.samples.map { $0 + "\n" }.joined()
    if let levels = trainer.task.samples.levels {
      verdict = levels.line(for: measured) + "\n"
    } else if let guess = try? Baseline(trainer.task.samples) {
      verdict = guess.line(for: measured) + "\n"
    }
  }
}
