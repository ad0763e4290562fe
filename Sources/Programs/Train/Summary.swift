import Models
import ProgramsCore
import Training

/// The summary at the end of `train`.
struct Summary {
  /// The loss beside a baseline or the task's levels; empty if nothing was evaluated.
  private(set) var verdict = ""
  /// Samples of the model.
  private(set) var samples = ""
  /// The program that uses the model, and its arguments after the model's.
  let user: Program
  let example: [String]

  /// The loss of a language model beside the entropy of the language, and a generated text.
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

  /// Whether a sequence model has solved its task, and answers to some samples.
  init(_ trainer: Trainer<SequenceTask>) {
    (user, example) = (.predict, ["FILE"])
    guard let measured = trainer.bestEvaluation ?? trainer.lastEvaluation else { return }
    samples = measured.samples.map { $0 + "\n" }.joined()
    if let levels = trainer.task.samples.levels {
      verdict = levels.line(for: measured) + "\n"
    } else if let guess = try? trainer.task.baseline() {
      verdict = guess.line(for: measured) + "\n"
    }
  }
}
