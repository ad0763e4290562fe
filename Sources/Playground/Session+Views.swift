import Models
import Training

extension Session {
  /// What a page shows when it opens.
  var opening: Opening {
    let first = learners.first
    return Opening(
      setup: setup, data: DataChoice.named(setup.data)?.kind ?? .text, number: number,
      isRunning: isRunning, temperature: temperature, rate: first?.rate ?? setup.rate,
      unit: first?.language == nil ? "samples" : "characters", floor: first?.trainer.lossFloor,
      lanes: zip(learners, history).map {
        .init(title: $0.title, weights: $0.trainer.weightCount, history: $1)
      },
      text: excerpt)
  }

  /// The beginning of the validation text, to be read in the views.
  private var excerpt: String {
    guard let trainer = learners.first?.trainer as? LanguageModelTrainer else { return "" }
    let corpus = trainer.task.corpus
    return corpus.tokenizer.decode(corpus.validation.prefix(800))
  }

  /// What the models can do now.
  func sample() -> WrittenText {
    WrittenText(setup: number, lanes: learners.map(sample(of:)))
  }

  private func sample(of learner: Learner) -> WrittenText.Lane {
    if let fault = learner.fault { return .init(measures: fault) }
    guard let language = learner.language else {
      guard let evaluation = learner.trainer.lastEvaluation else { return .init() }
      return .init(
        answers: Array(evaluation.answers.prefix(10)), curves: Array(evaluation.curves.prefix(4)),
        measures: evaluation.line)
    }
    let sampler = Sampler(temperature: temperature)
    let pieces = try? Stepwise(language, after: "\n")
      .written(length: 220, sampler: sampler, seed: UInt64(learner.trainer.steps))
    return .init(pieces: pieces ?? [])
  }

  // MARK: Models

  /// A lane as it is after the last step.
  func learner(_ lane: Int) throws -> Learner {
    guard learners.indices.contains(lane) else {
      throw Refusal("lane: expected 0 to \(learners.count - 1), found \(lane)")
    }
    return learners[lane]
  }

  /// A lane's language model as it is after the last step, with the number of steps.
  func language(_ lane: Int) throws -> (model: SavedLanguageModel, step: Int) {
    let learner = try learner(lane)
    guard let model = learner.language else {
      throw Refusal("data: expected a text, whose characters can be read, found samples")
    }
    return (model, learner.trainer.steps)
  }
}

extension Learner.News {
  /// Adds points; of more than `most`, every second one goes.
  mutating func add(_ news: Self, keeping most: Int) {
    steps += news.steps
    validation += news.validation
    steps = Self.thinned(steps, to: most)
    validation = Self.thinned(validation, to: most)
  }

  private static func thinned(_ points: [[Double]], to most: Int) -> [[Double]] {
    guard points.count > most else { return points }
    return points.enumerated().filter { $0.offset % 2 == 0 }.map(\.element)
  }
}
