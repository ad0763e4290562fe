import Checkpoint
import FileCore

/// A record of a training run, collected from its events, for its report and plot.
///
/// ```swift
/// var record = RunRecord(title: task.line, settings: settings.line)
/// try trainer.run { record.note($0, seconds: clock.seconds, bytes: 0) }
/// let page = RunReport(record).html
/// ```
///
/// It takes bounded memory for any length of training. It is saved beside the checkpoints, so that resumed training has
/// one report.
public struct RunRecord: Codable, Sendable {
  /// An evaluation and its time.
  public struct Measured: Codable, Sendable {
    /// The number of steps before it.
    public let step: Int
    /// Whether its loss is the smallest so far.
    public let isBest: Bool
    /// Seconds since training began.
    public let seconds: Double
    /// The evaluation; older ones are kept without matrices, curves and answers.
    public fileprivate(set) var evaluation: Evaluation
  }

  /// A fact about where a run comes from: the command, the date.
  public struct Fact: Codable, Hashable, Sendable {
    /// The name.
    public let name: String
    /// The value.
    public let value: String

    /// A name and its value.
    public init(_ name: String, _ value: String) {
      self.name = name
      self.value = value
    }
  }

  /// A description of the task.
  public let title: String
  /// A description of the training settings.
  public let settings: String
  /// Hints on doubtful settings.
  public let hints: [String]
  /// Where the run comes from; empty in a record that was saved before it had facts.
  public var facts: [Fact] { origin ?? [] }
  private let origin: [Fact]?
  /// What guessing gives, if that is known.
  public let baseline: Baseline?
  /// The loss that no model can beat, if that is known.
  public let floor: Double?
  /// The number of weights.
  public private(set) var parameterCount = 0
  /// The unit of the speed.
  public private(set) var unit = "units"
  /// The loss of each step.
  public private(set) var loss = SampledCurve()
  /// The norm of each step's gradients before clipping.
  public private(set) var gradientNorm = SampledCurve()
  /// The learning rates.
  public private(set) var learningRate = SampledCurve()
  /// The memory of the process in bytes.
  public private(set) var memory = SampledCurve()
  /// Units a second, over stretches of half a second and more.
  public var speed: SampledCurve { paces ?? SampledCurve() }
  /// The evaluations.
  public private(set) var measurements: [Measured] = []
  /// The weights and gradients at the first and the last evaluation, as far as they were reported.
  public var distributions: [ParameterDistributions] { spreads ?? [] }
  private var spreads: [ParameterDistributions]?
  /// The number of steps so far.
  public private(set) var steps = 0
  /// The number of units trained on.
  public private(set) var units = 0
  /// The duration of training in seconds, over all runs.
  public private(set) var seconds = 0.0
  /// How training ended, or `training`.
  public private(set) var ending = "training"
  /// Whether training has not ended yet.
  public var isRunning: Bool { ending == "training" }
  /// Whether the training came to its end: it neither runs, nor was stopped, nor diverged.
  package var isComplete: Bool { [Self.complete, Self.early].contains(ending) }
  private static let complete = "complete"
  private static let early = "stopped early, when nothing got better"

  /// The speeds; nil in a record that was saved before it had them.
  private var paces: SampledCurve?
  /// The units and seconds at the last speed.
  private var pacedUnits: Int?
  private var pacedAt: Double?

  /// The seconds before training was last resumed.
  private var secondsBefore = 0.0
  /// The most evaluations that are kept.
  private static let mostMeasurements = 400

  /// A record of a new training run.
  ///
  /// - Parameters:
  ///   - title: a description of the task.
  ///   - settings: a description of the training settings.
  ///   - hints: hints on doubtful settings.
  ///   - facts: where the run comes from.
  ///   - baseline: what guessing gives.
  ///   - floor: the loss that no model can beat.
  public init(
    title: String, settings: String, hints: [String] = [], facts: [Fact] = [],
    baseline: Baseline? = nil, floor: Double? = nil
  ) {
    (self.baseline, self.floor) = (baseline, floor)
    origin = facts
    self.title = title
    self.settings = settings
    self.hints = hints
  }

  /// Records an event.
  ///
  /// - Parameters:
  ///   - event: the event.
  ///   - seconds: the time since training began or was resumed.
  ///   - bytes: the memory of the process; 0 if unknown.
  public mutating func note(_ event: TrainingEvent, seconds: Double, bytes: Int = 0) {
    if case .started = event { secondsBefore = self.seconds }
    self.seconds = secondsBefore + seconds
    switch event {
    case .started(let start): begin(start)
    case .step(let step):
      steps = step.number
      units += step.units
      loss.add(step.loss, step: step.number)
      gradientNorm.add(step.gradientNorm, step: step.number)
      learningRate.add(step.learningRate, step: step.number)
      if bytes > 0 { memory.add(Double(bytes), step: step.number) }
      notePace(step.number)
    case .evaluation(let measured): add(measured)
    case .distributions(let all): spreads = Array(distributions.prefix(1)) + [all]
    case .epoch: return
    case .stopped: ending = "stopped"
    case .diverged(let divergence): ending = "\(divergence)"
    case .finished(.complete): ending = Self.complete
    case .finished(.noImprovement): ending = Self.early
    }
  }

  private mutating func begin(_ start: TrainingEvent.Start) {
    (parameterCount, unit, ending) = (start.parameterCount, start.unit, "training")
    steps = start.steps
    for path in [\RunRecord.loss, \.gradientNorm, \.learningRate, \.memory] {
      self[keyPath: path].cut(after: start.steps)
    }
    measurements.removeAll { $0.step > start.steps }
    spreads?.removeAll { $0.step > start.steps }
    paces?.cut(after: start.steps)
    (pacedUnits, pacedAt) = (units, seconds)
  }

  /// Adds a speed where enough time has passed for one.
  private mutating func notePace(_ step: Int) {
    let passed = seconds - (pacedAt ?? 0)
    guard passed >= 0.5 else { return }
    var curve = speed
    curve.add(Double(units - (pacedUnits ?? 0)) / passed, step: step)
    (paces, pacedUnits, pacedAt) = (curve, units, seconds)
  }

  private mutating func add(_ measured: TrainingEvent.Measurement) {
    let kept = measured.isBest ? nil : measurements.lastIndex { $0.isBest }
    for index in measurements.indices where index != kept {
      measurements[index].evaluation.confusion = nil
      measurements[index].evaluation.curves = []
      measurements[index].evaluation.answers = []
      measurements[index].evaluation.comparisons = []
    }
    measurements.append(
      Measured(
        step: measured.step, isBest: measured.isBest, seconds: seconds,
        evaluation: measured.evaluation))
    if measurements.count > Self.mostMeasurements {
      // Removes every second one, but never the best.
      measurements = measurements.enumerated().filter {
        $0.offset % 2 == 1 || $0.element.step == best?.step
      }.map(\.element)
    }
  }

  /// The evaluation with the smallest loss.
  public var best: Measured? { measurements.last { $0.isBest } }

  /// The record as JSON text.
  public func encoded() throws -> String { try JSONValue(encoding: self).text }

  /// Reads what ``encoded()`` wrote.
  public init(decoding text: String) throws {
    self = try JSONValue(parsing: Array(text.utf8), maximumDepth: 32).decoded(as: RunRecord.self)
  }
}
