import Datasets
import Models
import TensorCore

/// Evaluates a sequence model on batches of samples.
///
/// | answers | loss | metrics |
/// |---|---|---|
/// | classes | cross-entropy | accuracy, macro F1, a confusion matrix |
/// | numbers | squared error of scaled numbers | MAE and RMSE of the unscaled numbers |
/// | quantiles, distributions | the head's | also coverage, and the CRPS of distributions |
/// | written tokens | cross-entropy | exact match and symbol error rate of the greedy answer, perplexity |
///
/// With a language, sequences are generated too, by top-p sampling with p = 0.95; `legal share` is the share of
/// generated sequences that belong to the language.
public struct SequenceEvaluator: Sendable {
  private let saved: SavedSequenceModel
  private let language: (any SequenceLanguage)?
  /// The names of the targets with IDs from the number of the model's own on.
  private let unknownNames: [String]

  /// The number of generated sequences.
  private static let freeSequences = 200
  /// The most tokens of a generated sequence.
  static let longestWriting = 200
  /// The largest number of classes for which a confusion matrix is kept.
  private static let mostClasses = 200
  private static let sampler = Sampler(topP: 0.95)

  /// An evaluator of a model.
  ///
  /// - Parameters:
  ///   - saved: the model.
  ///   - language: judges generated sequences.
  ///   - unknownNames: names of classes or tags that the model does not know, whose IDs follow its own.
  public init(
    _ saved: SavedSequenceModel, language: (any SequenceLanguage)? = nil,
    unknownNames: [String] = []
  ) {
    self.saved = saved
    self.language = language
    self.unknownNames = unknownNames
  }

  /// The metrics over all batches of the passes; nil if there are no batches.
  ///
  /// - Throws: errors of reading the batches; `InvalidSetting` if the model knows no class or tag of them.
  public func evaluate(_ passes: [SampleEpoch]) throws -> Evaluation? {
    var tally = Tally(saved.interface, unknownNames, mostClasses: Self.mostClasses)
    var first: SampleBatch?
    for var batches in passes {
      while let batch = try batches.next() {
        first = first ?? batch
        add(batch, to: &tally)
      }
    }
    try tally.checkNames(saved.interface.target)
    return evaluation(tally, first: first)
  }

  /// The metrics over all batches of the passes, of which each part of a share has every `count`-th; nil if there are no
  /// batches.
  ///
  /// - Throws: errors of reading the batches; ``PeerFailure``.
  func evaluate(_ passes: [SampleEpoch], sharing share: EvaluationShare) throws -> Evaluation? {
    var tallies = share.parts.map { _ in
      Tally(saved.interface, unknownNames, mostClasses: Self.mostClasses)
    }
    var first: SampleBatch?
    var number = 0
    for var batches in passes {
      while let batch = try batches.next() {
        first = first ?? batch
        let part = number % share.count
        if share.parts.contains(part) { add(batch, to: &tallies[part - share.parts.lowerBound]) }
        number += 1
      }
    }
    let all = try share.all(tallies)
    guard var tally = all.first else { return nil }
    for other in all.dropFirst() { tally.add(other) }
    return evaluation(tally, first: first, isShown: share.isShown)
  }

  private func evaluation(
    _ tally: Tally, first: SampleBatch?, isShown: Bool = true
  ) -> Evaluation? {
    guard let first, tally.weight > 0 else { return nil }
    var evaluation = tally.evaluation(saved.interface)
    if let language, isShown { addFreeWriting(first, language, to: &evaluation) }
    return evaluation
  }

  private func add(_ batch: SampleBatch, to tally: inout Tally) {
    switch saved.model {
    case .reader(let model):
      let outputs = model(batch.input)
      let known = batch.ignoring(targetsFrom: saved.interface.target.size)
      let counted = saved.interface.countedTargets(of: known)
      tally.add(loss: model.loss(of: outputs, for: known), counted)
      guard case .alignment(let blank) = model.reading else {
        return tally.add(outputs, batch, saved.interface, by: model)
      }
      let read = model.labels(outputs, lengths: batch.input.lengths ?? [], blank: blank)
      tally.add(read.map(\.labels), batch, saved.interface)
    case .writer(let model):
      let answers = batch.target.decoderTokens(tokenCount: model.tokenCount)
      let loss = crossEntropy(model(batch.input, answers: answers), answers.targets)
      tally.add(loss: loss, answers.targets.count { $0 >= 0 })
    case .translator(let model):
      let answers = batch.target.decoderTokens(tokenCount: model.tokenCount)
      let loss = crossEntropy(model(batch.input, answers: answers), answers.targets)
      tally.add(loss: loss, answers.targets.count { $0 >= 0 })
      var generator = Philox(seed: 0)
      let limit = min(Self.longestWriting, 2 * answers.steps + 10)
      let written = model.write(batch.input, limit: limit, using: &generator)
      tally.add(written.map(\.tokens), batch, saved.interface)
    }
  }

  /// Adds the share of generated sequences that belong to the language, and examples.
  private func addFreeWriting(
    _ batch: SampleBatch, _ language: any SequenceLanguage, to evaluation: inout Evaluation
  ) {
    let prompts = (0..<Self.freeSequences).map { batch.input.value(of: $0 % batch.count) }
    var generator = Philox(seed: 0)
    var written: [[Int32]] = []
    switch saved.model {
    case .writer(let model):
      let samples = prompts.map { Sample($0, .tokens([])) }
      written = model.write(
        SampleBatch(padding: samples).input, sampler: Self.sampler, limit: Self.longestWriting,
        using: &generator
      ).map(\.tokens)
    case .reader(let model) where model.isStepwise && saved.interface.input.isDiscrete:
      let starts = prompts.map { value -> Int32 in
        if case .tokens(let ids) = value { ids.first ?? 0 } else { 0 }
      }
      written = model.write(
        from: starts, sampler: Self.sampler, limit: Self.longestWriting, using: &generator
      ) { tokens, row in language.isLegal(tokens, for: prompts[row]) }
    case .reader, .translator: return
    }
    let legal = zip(written, prompts).count { language.isLegal($0, for: $1) }
    evaluation.metrics.insert(
      .init("legal share", Double(legal) / Double(written.count)), at: 0)
    evaluation.samples = zip(written, prompts).prefix(8).map { tokens, prompt in
      let text = saved.interface.target.text(of: tokens)
      guard case .label = prompt else { return text }
      return "\(saved.interface.input.text(of: prompt)): \(text)"
    }
  }
}

extension SequenceReader {
  /// Writes sequences token by token, with each token as the next input, until they end.
  func write(
    from starts: [Int32], sampler: Sampler, limit: Int, using generator: inout Philox,
    isWhole: (_ tokens: [Int32], _ row: Int) -> Bool
  ) -> [[Int32]] {
    var state = zeroState(batch: starts.count)
    var written = starts.map { [$0] }
    var isDone = Array(repeating: false, count: starts.count)
    for _ in 0..<limit where !isDone.allSatisfy({ $0 }) {
      let logits = step(written.map { $0[$0.count - 1] }, from: &state)
      let (width, scalars) = (logits.shape[1], logits.scalars)
      for row in starts.indices where !isDone[row] {
        let own = Array(scalars[row * width..<(row + 1) * width])
        written[row].append(sampler.token(from: own, using: &generator))
        isDone[row] = isWhole(written[row], row)
      }
    }
    return written
  }
}
