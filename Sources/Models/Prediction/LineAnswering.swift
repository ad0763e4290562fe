import Datasets
import Requirements
import TensorCore

/// Turns lines of input into a model's answers, each as early as possible; `predict` uses it for streams.
///
/// A stepwise model of numbers answers each line and keeps its state up to an empty line. A model of numbers that
/// needs the whole sequence collects lines up to an empty one. For all other models a line is an input. Inputs are
/// answered in batches of `group`. A first line with the columns' names is skipped. With `ahead`, the answer to a
/// sequence is a forecast of the steps after its end.
public struct LineAnswering: Sendable {
  private var predictor: SequencePredictor
  private var stepwise: StepPredictor?
  private let group: Int
  private let ahead: Int?
  private var inputs: [SampleValue] = []
  /// The steps of an unfinished sequence of numbers.
  private var steps: FeatureSequence?
  private var isFirst = true

  /// Answers of a predictor, in batches of `group`.
  ///
  /// - Parameters:
  ///   - predictor: the predictor.
  ///   - group: the number of lines that are answered together.
  ///   - ahead: the number of steps to forecast after a sequence's end, instead of an answer to each step.
  /// - Precondition: `group` is positive; `ahead` is nil, or positive for a predictor that
  ///   ``SequencePredictor/canForecast``.
  public init(_ predictor: SequencePredictor, group: Int = 1, ahead: Int? = nil) {
    require(group > 0, "expected groups of one line or more, found \(group)")
    require(
      ahead.map { $0 > 0 && predictor.canForecast } ?? true,
      "\(ahead ?? 0) steps ahead, by a model of \(predictor.saved.interface.target.word)")
    self.predictor = predictor
    self.group = group
    self.ahead = ahead
    let answersSteps = ahead == nil && predictor.saved.interface.target.isSequence
    if answersSteps { stepwise = StepPredictor(predictor) }
  }

  /// Whether a line is an input by itself, and not a step of a sequence, an empty line or a heading.
  public func isInput(_ line: String) -> Bool {
    let kind = predictor.saved.interface.input
    if case .features = kind { return false }
    return !line.allSatisfy(\.isWhitespace) && !(isFirst && kind.isHeader(line))
  }

  /// What comes of a line that is answered by itself.
  public enum Outcome: Sendable {
    /// The model's answer.
    case answer(Prediction)
    /// None: the line is empty, or has the columns' names.
    case nothing
    /// An error: the line is no input.
    case invalid(UnreadableInput)
  }

  /// Whether each line is an input by itself, which ``outcomes(of:)`` needs.
  public var answersSingleLines: Bool {
    if case .features = predictor.saved.interface.input { false } else { true }
  }

  /// What comes of the next lines, in their order; nil stands for a line that is not UTF-8. Lines are parsed and answered
  /// on all threads.
  ///
  /// - Precondition: ``answersSingleLines``; no line waits for its group.
  public mutating func outcomes(of lines: [String?]) -> [Outcome] {
    require(
      answersSingleLines && inputs.isEmpty,
      "expected a model that answers single lines and none that waits, found \(inputs.count)")
    let kind = predictor.saved.interface.input
    let values = ThreadTeam.map(lines, sharing: 64) {
      line -> Result<SampleValue?, UnreadableInput> in
      do throws(UnreadableInput) {
        return .success(try Self.value(of: line, kind))
      } catch {
        return .failure(error)
      }
    }
    let heading = isFirst && lines.first?.map { kind.isHeader($0) } == true
    isFirst = isFirst && lines.isEmpty
    var parsed: [(line: Int, value: SampleValue)] = []
    var outcomes = [Outcome](repeating: .nothing, count: lines.count)
    for (index, value) in values.enumerated() where index > 0 || !heading {
      switch value {
      case .success(let value?): parsed.append((index, value))
      case .success(nil): continue
      case .failure(let error): outcomes[index] = .invalid(error)
      }
    }
    let answers = predictor.predictions(for: parsed.map(\.value))
    for (entry, answer) in zip(parsed, answers) { outcomes[entry.line] = .answer(answer) }
    return outcomes
  }

  /// The input of a line; nil for an empty one.
  private static func value(
    of line: String?, _ kind: ValueKind
  ) throws(UnreadableInput) -> SampleValue? {
    guard let line else { throw .notUTF8 }
    if line.allSatisfy(\.isWhitespace) { return nil }
    return try kind.value(reading: line)
  }

  /// The answers that are complete after one more line.
  ///
  /// - Throws: ``UnreadableInput``.
  public mutating func take(_ line: String) throws(UnreadableInput) -> [Prediction] {
    let kind = predictor.saved.interface.input
    defer { isFirst = false }
    if isFirst, kind.isHeader(line) { return [] }
    guard !line.allSatisfy(\.isWhitespace) else { return try endSequence() }
    let value = try kind.value(reading: line)
    guard case .features(let new) = value else { return try add(value) }
    // Steps between semicolons, or in JSON, are a whole sequence.
    let isWhole = line.contains(";") || line.looksLikeJSON
    if isWhole {
      stepwise?.reset()
      return try endSequence() + add(value)
    }
    if let prediction = stepwise?.prediction(for: value) { return flush() + [prediction] }
    let known = steps?.values ?? []
    steps = FeatureSequence(known + new.values, width: new.width)
    return []
  }

  /// The remaining answers at the end of the input.
  ///
  /// - Throws: ``UnreadableInput``.
  public mutating func finish() throws(UnreadableInput) -> [Prediction] {
    try endSequence() + flush()
  }

  private mutating func endSequence() throws(UnreadableInput) -> [Prediction] {
    stepwise?.reset()
    guard let whole = steps else { return [] }
    steps = nil
    return try add(.features(whole))
  }

  private mutating func add(_ input: SampleValue) throws(UnreadableInput) -> [Prediction] {
    let length = input.length ?? 0
    if ahead != nil, let least = predictor.saved.interface.stepsAhead, length < least {
      throw UnreadableInput(
        expected: "at least \(least) steps to go on from", found: "\(length)")
    }
    inputs.append(input)
    return inputs.count >= group ? flush() : []
  }

  /// The answers to the inputs that wait for their group to be full.
  public mutating func flush() -> [Prediction] {
    defer { inputs = [] }
    if let ahead { return predictor.forecasts(for: inputs, steps: ahead) }
    return predictor.predictions(for: inputs)
  }
}
