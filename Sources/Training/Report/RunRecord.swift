import Checkpoint
import FileCore

/// What has happened in a training, as its events told: what its report and its plot are made of.
///
/// ```swift
/// var record = RunRecord(title: task.line, settings: settings.line)
/// try trainer.run { record.note($0, seconds: clock.seconds, bytes: 0) }
/// let page = RunReport(record).html
/// ```
///
/// It takes bounded memory, however long the training, and is saved beside it, so that training which goes on
/// has one report.
public struct RunRecord: Codable, Sendable {
  /// A measurement and when it was made.
  public struct Measured: Codable, Sendable {
    /// Steps done before it.
    public let step: Int
    /// Whether its loss was the smallest so far.
    public let isBest: Bool
    /// Seconds since training began.
    public let seconds: Double
    /// What was measured; of older measurements without matrices and curves.
    public fileprivate(set) var evaluation: Evaluation
  }

  /// What is learned from what.
  public let title: String
  /// How it is trained.
  public let settings: String
  /// What may be wrong with the settings.
  public let hints: [String]
  /// The number of weights.
  public private(set) var parameterCount = 0
  /// What the speed is counted in.
  public private(set) var unit = "units"
  /// The loss of each step.
  public private(set) var loss = SampledCurve()
  /// The norm of each step's gradients before clipping.
  public private(set) var gradientNorm = SampledCurve()
  /// The step sizes.
  public private(set) var learningRate = SampledCurve()
  /// The memory of the process in bytes.
  public private(set) var memory = SampledCurve()
  /// The measurements.
  public private(set) var measurements: [Measured] = []
  /// Steps done.
  public private(set) var steps = 0
  /// Units learned from.
  public private(set) var units = 0
  /// Seconds of training, all parts together.
  public private(set) var seconds = 0.0
  /// How it ended, or that it has not.
  public private(set) var ending = "training"

  /// The seconds before training went on the last time.
  private var secondsBefore = 0.0
  /// The most measurements whose samples are kept.
  private static let mostMeasurements = 400

  /// A record of a training that is about to begin.
  public init(title: String, settings: String, hints: [String] = []) {
    self.title = title
    self.settings = settings
    self.hints = hints
  }

  /// Takes in an event.
  ///
  /// - Parameters:
  ///   - event: what happened.
  ///   - seconds: since training began, or went on.
  ///   - bytes: the memory of the process; 0 if it is not known.
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
    case .evaluation(let measured): add(measured)
    case .epoch: return
    case .stopped: ending = "stopped"
    case .diverged(let divergence): ending = "\(divergence)"
    case .finished(.complete): ending = "complete"
    case .finished(.noImprovement): ending = "stopped early, when nothing got better"
    }
  }

  private mutating func begin(_ start: TrainingEvent.Start) {
    (parameterCount, unit, ending) = (start.parameterCount, start.unit, "training")
    steps = start.steps
    for path in [\RunRecord.loss, \.gradientNorm, \.learningRate, \.memory] {
      self[keyPath: path].cut(after: start.steps)
    }
    measurements.removeAll { $0.step > start.steps }
  }

  private mutating func add(_ measured: TrainingEvent.Measurement) {
    let kept = measured.isBest ? nil : measurements.lastIndex { $0.isBest }
    for index in measurements.indices where index != kept {
      measurements[index].evaluation.confusion = nil
      measurements[index].evaluation.curves = []
    }
    measurements.append(
      Measured(
        step: measured.step, isBest: measured.isBest, seconds: seconds,
        evaluation: measured.evaluation))
    if measurements.count > Self.mostMeasurements {
      // Every second one goes, but never the best.
      measurements = measurements.enumerated().filter {
        $0.offset % 2 == 1 || $0.element.step == best?.step
      }.map(\.element)
    }
  }

  /// The measurement with the smallest loss.
  public var best: Measured? { measurements.last { $0.isBest } }

  /// What a file holds.
  public func encoded() throws -> String { try JSONValue(encoding: self).text }

  /// Reads what ``encoded()`` wrote.
  public init(decoding text: String) throws {
    self = try JSONValue(parsing: Array(text.utf8), maximumDepth: 32).decoded(as: RunRecord.self)
  }
}
