import Datasets
import Requirements

/// Turns lines into a model's answers, as soon as they can be given: what `predict` does with a stream.
///
/// A model of numbers that can answer at each step does so, line by line, and keeps its state up to an empty
/// line. One that needs the whole sequence gathers its lines up to an empty one. For all other models a line is
/// an input. Inputs are answered in groups of so many; a first line that names the columns is passed over.
/// Where forecasts are wanted, the answer to a sequence is the steps after its end.
public struct LineAnswering: Sendable {
  private var predictor: SequencePredictor
  private var stepwise: StepPredictor?
  private let group: Int
  private let ahead: Int?
  private var inputs: [SampleValue] = []
  /// The steps of a sequence of numbers that is not over.
  private var steps: FeatureSequence?
  private var isFirst = true

  /// Answers of a predictor, so many at a time.
  ///
  /// - Parameter ahead: The steps after a sequence's end that are wanted, and not an answer to each of its steps.
  /// - Precondition: `group` is positive, and so is `ahead`, where the predictor
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

  /// The answers that can be given after one more line.
  ///
  /// - Throws: ``UnreadableInput``.
  public mutating func take(_ line: String) throws(UnreadableInput) -> [Prediction] {
    let kind = predictor.saved.interface.input
    defer { isFirst = false }
    if isFirst, kind.isHeader(line) { return [] }
    guard !line.allSatisfy(\.isWhitespace) else { return try endSequence() }
    let value = try kind.value(reading: line)
    guard case .features(let new) = value else {
      if value.length == 0 { return [] }
      return try add(value)
    }
    // Steps between semicolons, or in JSON, are a whole sequence.
    let isWhole = line.contains(";") || line.hasPrefix("{")
    if isWhole {
      stepwise?.reset()
      return try endSequence() + add(value)
    }
    if let prediction = stepwise?.prediction(for: new) { return [prediction] }
    let known = steps?.values ?? []
    steps = FeatureSequence(known + new.values, width: new.width)
    return []
  }

  /// The answers that are left at the end.
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

  private mutating func flush() -> [Prediction] {
    defer { inputs = [] }
    if let ahead { return predictor.forecasts(for: inputs, steps: ahead) }
    return predictor.predictions(for: inputs)
  }
}
