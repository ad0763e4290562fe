import Cells
import Datasets
import Requirements
import TensorCore

/// Answers inputs with a trained sequence model of any shape.
///
/// ```swift
/// let predictor = SequencePredictor(try SavedSequenceModel(path: "dates.rnnz"))
/// let input = try predictor.saved.interface.input.value(reading: "march third, nineteen ninety-four")
/// predictor.predictions(for: [input])[0].text(predictor.saved.interface)  // 1994-03-03
/// ```
public struct SequencePredictor: Sendable {
  /// How a model that writes sequences chooses tokens.
  public struct Writing: Sendable {
    /// How a token is sampled; by default greedily.
    public var sampler = Sampler.greedy
    /// The beam width; 1 for no beam search. With beam search nothing is sampled.
    public var beamWidth = 1
    /// The most tokens of an answer.
    public var limit = 200
    /// The seed of sampling.
    public var seed: UInt64 = 0

    /// Greedy writing of at most 200 tokens.
    public init() {}

    /// Checks that every number is in its range.
    ///
    /// - Throws: ``InvalidSetting`` with the first number that is not.
    public func validate() throws(InvalidSetting) {
      try sampler.validate()
      try InvalidSetting.check("beam", beamWidth, in: 1...1024)
      try InvalidSetting.check("length", limit, in: 1...1_000_000)
    }
  }

  /// The model.
  public let saved: SavedSequenceModel
  private let writing: Writing
  private var generator: Philox

  /// A predictor of a model; `writing` applies to models that write sequences.
  public init(_ saved: SavedSequenceModel, writing: Writing = Writing()) {
    do throws(InvalidSetting) { try writing.validate() } catch { failure("\(error)") }
    self.saved = saved
    self.writing = writing
    generator = Philox(seed: writing.seed)
  }

  /// Whether each step can be answered at once, by a ``StepPredictor``.
  public var isStepwise: Bool {
    guard case .reader(let model) = saved.model, case .features = saved.interface.input else {
      return false
    }
    return model.isStepwise
  }

  /// The answers to inputs, in their order.
  ///
  /// Inputs of like length are computed together, and such batches on all threads; each answer has the same bits as if it
  /// were computed alone. Where tokens are sampled, the random generator goes from input to input.
  ///
  /// - Precondition: the inputs have the model's input kind, and sequences are not empty.
  public mutating func predictions(for inputs: [SampleValue]) -> [Prediction] {
    guard writing.sampler == .greedy || !isWriter else { return inputs.map { sampled($0) } }
    let batches = LengthBatches(inputs.map { $0.length ?? 1 }).batches
    let found = ThreadTeam.map(batches) { [self] batch in
      var copy = self
      return copy.answers(to: batch.map { inputs[$0] })
    }
    var answers = [Prediction?](repeating: nil, count: inputs.count)
    for (batch, found) in zip(batches, found) {
      for (index, answer) in zip(batch, found) { answers[index] = answer }
    }
    return answers.compactMap(\.self)
  }

  /// Whether the model writes its answers token by token.
  private var isWriter: Bool { if case .reader = saved.model { false } else { true } }

  private mutating func sampled(_ input: SampleValue) -> Prediction { answers(to: [input])[0] }

  /// The answers to one batch.
  private mutating func answers(to inputs: [SampleValue]) -> [Prediction] {
    switch saved.model {
    case .reader(let model): return read(inputs, model)
    case .writer(let model): return write(inputs, model)
    case .translator(let model): return write(inputs, model)
    }
  }

  /// Whether the model predicts the numbers that it reads, as ``forecasts(for:steps:)`` needs.
  public var canForecast: Bool { isStepwise && saved.interface.stepsAhead != nil }

  /// Forecasts the steps after sequences; each predicted step is the input for the following ones.
  ///
  /// - Precondition: ``canForecast``; a sequence has at least as many steps as the model predicts ahead.
  public func forecasts(for inputs: [SampleValue], steps: Int) -> [Prediction] {
    require(
      canForecast && steps >= 0,
      "expected 0 or more steps of a model that forecasts, found \(steps) of one that answers with \(saved.interface.target.word)"
    )
    return ThreadTeam.map(inputs) { input in
      guard case .features = input, var predictor = StepPredictor(self) else {
        failure("expected vectors to go on from, found \(input)")
      }
      _ = predictor.prediction(for: input)
      return Prediction(input, .features(predictor.forecast(steps)))
    }
  }

  private func batch(_ inputs: [SampleValue]) -> BatchValue {
    SampleBatch(padding: inputs.map { Sample($0, .label(0)) }).input
  }

  private func read(_ inputs: [SampleValue], _ model: SequenceReader) -> [Prediction] {
    let outputs = model(batch(inputs))
    let (target, count) = (saved.interface.target, inputs.count)
    let size = target.size
    guard target.isDiscrete else { return readNumbers(inputs, outputs, model) }
    guard target.isSequence else {
      let rows = softmax(outputs).scalars
      return inputs.enumerated().map { index, input in
        let row = Array(rows[index * size..<(index + 1) * size])
        let best = row.indices.max { row[$0] < row[$1] } ?? 0
        return Prediction(
          input, .label(Int32(best)), probability: Double(row[best]),
          probabilities: row.map(Double.init))
      }
    }
    let lengths = inputs.map { $0.length ?? 1 }
    switch model.reading {
    case .alignment(let blank):
      let found = model.labels(
        outputs, lengths: lengths, blank: blank, beamWidth: writing.beamWidth)
      return zip(inputs, found).map { input, found in
        Prediction(input, .tokens(found.labels), probability: exponential(found.logProbability))
      }
    case .chain(let field):
      return zip(inputs, field.viterbi(outputs, lengths: lengths)).map { input, found in
        Prediction(input, .tokens(found.tags), probability: exponential(found.logProbability))
      }
    case .plain, .numbers:
      let best = outputs.argmax()
      return inputs.enumerated().map { index, input in
        Prediction(input, .tokens((0..<lengths[index]).map { best[$0 * count + index] }))
      }
    }
  }

  /// The numbers of a batch's outputs as answers.
  private func readNumbers(
    _ inputs: [SampleValue], _ outputs: Tensor, _ model: SequenceReader
  ) -> [Prediction] {
    let (target, count) = (saved.interface.target, inputs.count)
    let size = target.size
    let (points, quantiles) = (model.points(outputs).scalars, model.quantiles(outputs))
    return inputs.enumerated().map { index, input in
      let steps = target.isSequence ? input.length ?? 1 : 1
      func answer(_ numbers: [Float]) -> SampleValue {
        let own = (0..<steps).flatMap { step in
          let start = (step * count + index) * size
          return numbers[start..<start + size]
        }
        return target.isSequence ? .features(FeatureSequence(own, width: size)) : .vector(own)
      }
      return Prediction(
        input, answer(points),
        quantiles: quantiles.map { .init(share: $0.share, value: answer($0.numbers)) })
    }
  }

  private mutating func write(
    _ inputs: [SampleValue], _ model: some StepwiseWriter
  ) -> [Prediction] {
    var excluded: Int32?
    if case .text(let tokenizer) = saved.interface.target { excluded = tokenizer.unknown }
    let written: [WrittenSequence]
    if writing.beamWidth > 1 {
      written = inputs.compactMap {
        model.beamSearch(
          batch([$0]), width: writing.beamWidth, limit: writing.limit, excluding: excluded
        ).first
      }
    } else {
      written = model.write(
        batch(inputs), sampler: writing.sampler, limit: writing.limit, excluding: excluded,
        using: &generator)
    }
    return zip(inputs, written).map { input, written in
      Prediction(
        input, .tokens(written.tokens), probability: exponential(written.logProbability))
    }
  }
}
