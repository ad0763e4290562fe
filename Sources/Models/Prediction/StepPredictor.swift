import Cells
import Checkpoint
import Datasets
import Requirements
import TensorCore

/// Answers step by step and keeps the state between steps: for filters, forecasts and tags of a stream.
///
/// It is a ``Session``: a copy goes on separately, and it can be saved in the middle of its stream.
public struct StepPredictor: Session {
  /// The model's states after the steps so far.
  public private(set) var state: RecurrentState

  private let model: SequenceReader
  private let interface: SequenceInterface
  private let weights: WeightsChecksum
  /// The last answers of a forecaster, as many as it predicts steps ahead.
  private var ahead: [[Float]] = []

  /// A predictor at the beginning of a sequence; nil for a model that needs whole sequences.
  public init?(_ predictor: SequencePredictor) {
    guard case .reader(let model) = predictor.saved.model, model.isStepwise else { return nil }
    self.model = model
    interface = predictor.saved.interface
    weights = WeightsChecksum(of: model)
    state = model.zeroState(batch: 1)
  }

  /// Begins another sequence.
  public mutating func reset() {
    state = model.zeroState(batch: 1)
    ahead = []
  }

  /// The answers to the next steps.
  ///
  /// - Precondition: the steps have the model's input kind.
  public mutating func prediction(for steps: SampleValue) -> Prediction {
    let outputs: [Tensor]
    switch steps {
    case .features(let steps): outputs = (0..<steps.count).map { output(Array(steps[$0])) }
    case .tokens(let ids): outputs = ids.map { model.step([$0], from: &state) }
    case .label, .vector: failure("expected steps of a sequence, found \(steps)")
    }
    guard let first = outputs.first else { return Prediction(steps, steps) }
    let all = outputs.count == 1 ? first : concatenate(outputs, along: 0)
    let target = interface.target
    if target.isDiscrete { return Prediction(steps, .tokens(all.argmax())) }
    func answer(_ numbers: [Float]) -> SampleValue {
      .features(FeatureSequence(numbers, width: target.size))
    }
    return Prediction(
      steps, answer(model.points(all).scalars),
      quantiles: model.quantiles(all).map { .init(share: $0.share, value: answer($0.numbers)) })
  }

  /// Forecasts the steps after those given; each predicted step is the input for the following ones. Does not change
  /// the state.
  ///
  /// - Precondition: ``SequencePredictor/canForecast``; at least as many steps were given as the model predicts ahead.
  public func forecast(_ count: Int) -> FeatureSequence {
    require(
      interface.stepsAhead == ahead.count,
      "expected \(interface.stepsAhead ?? 0) values before a forecast, found \(ahead.count)")
    var copy = self
    var values: [Float] = []
    for _ in 0..<count {
      let next = copy.ahead[0]
      values += next
      _ = copy.output(next)
    }
    return FeatureSequence(values, width: interface.target.size)
  }

  /// The output after one more step of numbers.
  private mutating func output(_ step: [Float]) -> Tensor {
    let output = model.step(Tensor(step, shape: [1, step.count]), from: &state)
    if let stepsAhead = interface.stepsAhead {
      ahead.append(model.points(output).scalars)
      if ahead.count > stepsAhead { ahead.removeFirst() }
    }
    return output
  }
}

extension StepPredictor {
  private static let kind = "steps"

  /// A session besides its states.
  private struct Details: Codable {
    /// The number of a forecaster's last answers, array `ahead`.
    var ahead: Int
  }

  private typealias Header = SessionHeader<Details>

  public func write(to checkpoint: inout Checkpoint) throws(CheckpointError) {
    let header = Header(
      kind: Self.kind, weights: weights.value, details: Details(ahead: ahead.count))
    try header.write(state, to: &checkpoint)
    guard !ahead.isEmpty else { return }
    checkpoint.set(
      Tensor(ahead.flatMap(\.self), shape: [ahead.count, interface.target.size]), .carry, "ahead")
  }

  public mutating func restore(from reader: CheckpointReader) throws(CheckpointError) {
    let count = try Header(Self.kind, weights, reading: reader).details.ahead
    guard 0...(interface.stepsAhead ?? 0) ~= count else {
      throw Header.mismatch(
        reader, "details.ahead", expected: "at most \(interface.stepsAhead ?? 0)",
        found: "\(count)")
    }
    var answers: [[Float]] = []
    if count > 0 {
      let found = try reader.tensor(.carry, "ahead", shape: [count, interface.target.size])
      answers = (0..<count).map { found.at($0).scalars }
    }
    state = try reader.states(like: state)
    ahead = answers
  }
}
