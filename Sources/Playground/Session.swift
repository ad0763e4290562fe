import Models
import Training

/// The training that all open pages see: a loop that trains step by step, and between two steps answers the pages.
package actor Session {
  private(set) var setup: Setup
  /// How many setups there were; pages drop messages of older ones.
  private(set) var number = 0
  private(set) var learners: [Learner] = []
  private(set) var history: [Learner.News] = []
  private(set) var isRunning = true
  private(set) var temperature = 0.8
  /// Steps that were asked for while the training pauses.
  private var pendingSteps = 0
  private var unitsPerSecond = 0
  /// The learners on a stream, once a page has asked for them.
  private var lesson: StreamLesson?
  private var isLessonRunning = false
  private var pages: [Int: AsyncStream<String>.Continuation] = [:]
  private var lastPage = 0
  /// The branches that pages have taken.
  nonisolated let trees = BranchTrees()
  /// Goes on with curves that were drawn.
  nonisolated let forecaster = Forecaster()

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
    var unitsBefore = 0
    while !Task.isCancelled {
      let isIdle = !isRunning && pendingSteps == 0
      if !isIdle { step() }
      if isLessonRunning { lesson?.advance(for: .milliseconds(15)) }
      if isIdle, !isLessonRunning { try? await Task.sleep(for: .milliseconds(20)) }
      let now = clock.now
      if now - told > .milliseconds(100) {
        tellProgress()
        told = now
      }
      if now - sampled > .seconds(1) {
        if !isIdle, !pages.isEmpty { tell(json(sample())) }
        if isLessonRunning { tellLesson() }
        let units = learners.first?.unitsRead ?? 0
        let seconds = (now - measured) / .seconds(1)
        unitsPerSecond = max(0, Int(Double(units - unitsBefore) / seconds))
        (unitsBefore, measured, sampled) = (units, now, now)
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
  }

  // MARK: The stream

  /// Begins the lesson on a stream anew, pauses it or goes on with it.
  func control(_ control: StreamControl) throws {
    if let options = control.options { lesson = try StreamLesson(options) }
    if lesson == nil { lesson = try StreamLesson(.init()) }
    isLessonRunning = control.isRunning
    tellLesson()
  }

  struct StreamControl: Codable, Sendable {
    var options: StreamLesson.Options?
    var isRunning: Bool
  }

  private func tellLesson() {
    guard let lesson, !pages.isEmpty else { return }
    tell(json(StreamNews(lesson, isRunning: isLessonRunning)))
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
    if let lesson { continuation.yield(json(StreamNews(lesson, isRunning: isLessonRunning))) }
    return stream
  }

  private func forget(_ page: Int) {
    pages[page] = nil
    // A stream that nobody sees would learn for nothing.
    if pages.isEmpty { isLessonRunning = false }
  }

  /// The number of open pages.
  package var pageCount: Int { pages.count }

  private func tell(_ message: String) {
    for page in pages.values { page.yield(message) }
  }

  private func tellProgress() {
    let lanes = learners.indices.map { index in
      let news = learners[index].takeNews()
      history[index].add(news, keeping: Self.mostPoints)
      return Progress.Lane(
        title: learners[index].title, step: learners[index].trainer.steps, news: news,
        fault: learners[index].fault, fingerprint: learners[index].fingerprint)
    }
    tell(
      json(
        Progress(
          isRunning: isRunning, setup: number, unitsPerSecond: unitsPerSecond, lanes: lanes)))
  }
}
