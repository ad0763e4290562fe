import Datasets

/// Turns lines into a model's answers, as soon as they can be given: what `predict` does with a stream.
///
/// A model of numbers that can answer at each step does so, line by line, and keeps its state up to an empty
/// line. One that needs the whole sequence gathers its lines up to an empty one. For all other models a line is
/// an input. Inputs are answered in groups of so many; a first line that names the columns is passed over.
public struct LineAnswering: Sendable {
  private var predictor: SequencePredictor
  private var stepwise: StepPredictor?
  private let group: Int
  private var inputs: [SampleValue] = []
  /// The steps of a sequence of numbers that is not over.
  private var steps: FeatureSequence?
  private var isFirst = true

  /// Answers of a predictor, so many at a time.
  ///
  /// - Precondition: `group` is positive.
  public init(_ predictor: SequencePredictor, group: Int = 1) {
    precondition(group > 0, "answers in groups of \(group)")
    self.predictor = predictor
    self.group = group
    if predictor.saved.interface.target.isSequence { stepwise = StepPredictor(predictor) }
  }

  /// The answers that can be given after one more line.
  ///
  /// - Throws: ``UnreadableInput``.
  public mutating func take(_ line: String) throws(UnreadableInput) -> [Prediction] {
    let kind = predictor.saved.interface.input
    defer { isFirst = false }
    if isFirst, kind.isHeader(line) { return [] }
    guard !line.allSatisfy(\.isWhitespace) else { return endSequence() }
    let value = try kind.value(reading: line)
    guard case .features(let new) = value else {
      if value.length == 0 { return [] }
      return add(value)
    }
    // Steps between semicolons, or in JSON, are a whole sequence.
    let isWhole = line.contains(";") || line.hasPrefix("{")
    if isWhole {
      stepwise?.reset()
      return endSequence() + add(value)
    }
    if let prediction = stepwise?.prediction(for: new) { return [prediction] }
    let known = steps?.values ?? []
    steps = FeatureSequence(known + new.values, width: new.width)
    return []
  }

  /// The answers that are left at the end.
  public mutating func finish() -> [Prediction] {
    endSequence() + flush()
  }

  private mutating func endSequence() -> [Prediction] {
    stepwise?.reset()
    guard let whole = steps else { return [] }
    steps = nil
    return add(.features(whole))
  }

  private mutating func add(_ input: SampleValue) -> [Prediction] {
    inputs.append(input)
    return inputs.count >= group ? flush() : []
  }

  private mutating func flush() -> [Prediction] {
    defer { inputs = [] }
    return predictor.predictions(for: inputs)
  }
}
