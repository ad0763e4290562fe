import Models
import TensorCore

/// The training that all open pages see: a loop that trains step by step, and between two steps answers the pages.
package actor Session {
  private(set) var setup: Setup
  /// How many setups there were; pages drop messages of older ones.
  private var number = 0
  private var learners: [Learner] = []
  private var history: [Learner.News] = []
  private var isRunning = true
  private var temperature = 0.8
  /// Steps that were asked for while the training pauses.
  private var pendingSteps = 0
  private var charactersPerSecond = 0
  private var pages: [Int: AsyncStream<String>.Continuation] = [:]
  private var lastPage = 0

  /// The most pages that are told of progress; beyond it, the oldest is forgotten.
  private static let mostPages = 64
  /// The most points of a curve that a page gets when it opens.
  private static let mostPoints = 2_000

  package init(_ setup: Setup) { self.setup = setup }

  // MARK: Training

  /// Trains until the task is cancelled.
  package func run() async {
    if learners.isEmpty { try? begin(setup) }
    let clock = ContinuousClock()
    var (told, sampled, measured) = (clock.now, clock.now - .seconds(1), clock.now)
    var charactersBefore = 0
    while !Task.isCancelled {
      let isIdle = !isRunning && pendingSteps == 0
      if isIdle { try? await Task.sleep(for: .milliseconds(20)) } else { step() }
      let now = clock.now
      if now - told > .milliseconds(100) {
        tellProgress()
        told = now
      }
      if now - sampled > .seconds(1) {
        if !isIdle, !pages.isEmpty { tell(json(sample())) }
        let characters = learners.first?.charactersRead ?? 0
        let seconds = (now - measured) / .seconds(1)
        charactersPerSecond = max(0, Int(Double(characters - charactersBefore) / seconds))
        (charactersBefore, measured, sampled) = (characters, now, now)
      }
      await Task.yield()
    }
  }

  private func step() {
    for index in learners.indices { learners[index].step() }
    pendingSteps = max(0, pendingSteps - 1)
    if learners.allSatisfy({ $0.fault != nil }) { isRunning = false }
  }

  /// Starts the training of a setup anew.
  ///
  /// - Throws: What is wrong with the setup; the old training then goes on.
  package func begin(_ setup: Setup) throws {
    learners = try setup.learners()
    history = learners.map { _ in Learner.News() }
    self.setup = setup
    number += 1
    pendingSteps = 0
    isRunning = true
    tell(json(opening))
  }

  /// What the controls say: they act before the next step.
  package func control(_ control: Control) throws {
    if let rate = control.rate {
      guard rate > 0, rate <= 10 else {
        throw Refusal("rate: expected a number above 0, at most 10, found \(rate)")
      }
      for index in learners.indices { learners[index].rate = rate }
    }
    if let temperature = control.temperature {
      guard (0...5).contains(temperature) else {
        throw Refusal("temperature: expected 0 to 5, found \(temperature)")
      }
      self.temperature = temperature
    }
    switch control.action {
    case .start: isRunning = true
    case .pause: isRunning = false
    case .step:
      isRunning = false
      pendingSteps = min(100, pendingSteps + 1)
    case .reset: try begin(setup)
    case nil: break
    }
  }

  package struct Control: Codable, Sendable {
    package enum Action: String, Codable, Sendable { case start, pause, step, reset }
    package var action: Action?
    package var rate: Double?
    package var temperature: Double?
    package init(action: Action? = nil, rate: Double? = nil, temperature: Double? = nil) {
      (self.action, self.rate, self.temperature) = (action, rate, temperature)
    }
  }

  // MARK: Pages

  /// The messages to a page that has opened; they end when it closes.
  package func messages() -> AsyncStream<String> {
    let (stream, continuation) = AsyncStream.makeStream(
      of: String.self, bufferingPolicy: .bufferingNewest(64))
    lastPage += 1
    let page = lastPage
    pages[page] = continuation
    continuation.onTermination = { [weak self] _ in
      Task { await self?.forget(page) }
    }
    if pages.count > Self.mostPages, let oldest = pages.keys.min() {
      pages.removeValue(forKey: oldest)?.finish()
    }
    continuation.yield(json(opening))
    return stream
  }

  private func forget(_ page: Int) { pages[page] = nil }

  private func tell(_ message: String) {
    for page in pages.values { page.yield(message) }
  }

  private func tellProgress() {
    let lanes = learners.indices.map { index in
      let news = learners[index].takeNews()
      history[index].add(news, keeping: Self.mostPoints)
      return Progress.Lane(
        title: learners[index].title, step: learners[index].trainer.steps, news: news,
        fault: learners[index].fault)
    }
    tell(
      json(
        Progress(
          isRunning: isRunning, setup: number, charactersPerSecond: charactersPerSecond,
          lanes: lanes)))
  }

  private var opening: Opening {
    Opening(
      setup: setup, number: number, isRunning: isRunning, temperature: temperature,
      rate: learners.first?.rate ?? setup.rate, floor: learners.first?.trainer.task.lossFloor,
      lanes: zip(learners, history).map {
        .init(title: $0.title, weights: $0.trainer.model.parameterCount, history: $1)
      },
      text: excerpt)
  }

  /// The beginning of the validation text, to be read in the views.
  private var excerpt: String {
    guard let corpus = learners.first?.trainer.task.corpus else { return "" }
    return corpus.tokenizer.decode(corpus.validation.prefix(800))
  }

  private func sample() -> WrittenText {
    WrittenText(
      lanes: learners.map { learner in
        (try? written(
          by: learner.saved, after: "\n", length: 220, sampler: Sampler(temperature: temperature),
          seed: UInt64(learner.trainer.steps))) ?? []
      })
  }

  // MARK: Models

  /// The model of a lane as it is after the last step.
  package func model(_ lane: Int) throws -> SavedLanguageModel {
    guard learners.indices.contains(lane) else {
      throw Refusal("lane: expected 0 to \(learners.count - 1), found \(lane)")
    }
    return learners[lane].saved
  }

  /// The number of steps that every model has learned.
  package var steps: [Int] { learners.map(\.trainer.steps) }
}

extension Learner.News {
  /// Adds points; of more than `most`, every second one of the older half goes.
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
