import Datasets
import Models
import TensorCore

extension SavedSequenceModel {
  /// Evaluates the model on samples.
  ///
  /// Classes and tags that the model does not know count as wrong, and are rows of the confusion matrix; the loss is that of
  /// the others.
  ///
  /// - Parameters:
  ///   - samples: the data, with any IDs and scales.
  ///   - part: the part of the data.
  ///   - language: judges generated sequences; nil for none.
  /// - Throws: `InvalidSetting` if the data do not have the model's kinds or have no such part; errors of reading.
  public func evaluation(
    on samples: TaskSamples, _ part: EvaluatedPart = .all,
    language: (any SequenceLanguage)? = nil
  ) throws -> Evaluation {
    var sources: [any SampleSource] = samples.validation.map { [$0] } ?? []
    if part == .all { sources.insert(samples.training, at: 0) }
    var known = samples
    known.input = interface.input
    let batches = try sources.map { source in
      let converted = try SampleConversion(source, of: samples, to: interface)
      known.target = converted.targetKind
      return try SampleEpoch(known, converted, collator: PaddingCollator(batchSize: 64))
    }
    let names = known.target.names.dropFirst(interface.target.size)
    let evaluator = SequenceEvaluator(
      self, language: language, unknownNames: known.target.isDiscrete ? Array(names) : [])
    guard let evaluation = try evaluator.evaluate(batches) else {
      throw InvalidSetting(
        "data", expected: "samples to measure on",
        found: part == .validation ? "none that training left out" : "none that counts")
    }
    return evaluation
  }
}

/// The samples on which a model is evaluated.
public enum EvaluatedPart: String, Sendable, CaseIterable {
  /// The samples that training does not use.
  case validation
  /// All samples.
  case all
}

extension SavedLanguageModel {
  /// Evaluates the model on a whole text, with the state carried through it.
  ///
  /// - Throws: `InvalidSetting` if the text has fewer than two tokens.
  public func evaluation(on text: String) throws(InvalidSetting) -> Evaluation {
    let tokens = tokenizer.encode(text)
    guard tokens.count > 1 else {
      throw InvalidSetting(
        "text", expected: "at least two tokens", found: tokens.count)
    }
    var evaluation = Evaluation(
      nats: model.meanLoss(on: tokens),
      charactersPerToken: Double(text.unicodeScalars.count) / Double(tokens.count))
    evaluation.unknownTargets = unknownTargets(tokens, of: text)
    return evaluation
  }

  /// What the tokenizer does not know: characters by name, other tokens by their number.
  private func unknownTargets(
    _ tokens: [Int32], of text: String
  ) -> [Evaluation.UnknownTarget] {
    guard let unknown = tokenizer.unknown else { return [] }
    let count = tokens.dropFirst().count { $0 == unknown }
    guard count > 0 else { return [] }
    guard tokenizer is CharacterTokenizer, tokens.count == text.unicodeScalars.count else {
      return [.init(name: tokenizer.vocabulary[Int(unknown)], count: count)]
    }
    var counts: [Unicode.Scalar: Int] = [:]
    for (token, scalar) in zip(tokens, text.unicodeScalars).dropFirst() where token == unknown {
      counts[scalar, default: 0] += 1
    }
    return counts.sorted { $0.key < $1.key }.map { .init(name: "\($0.key)", count: $0.value) }
  }
}

extension LanguageModel {
  /// The mean loss in nats over a text of two or more tokens, with the state carried through it.
  fileprivate func meanLoss(on tokens: [Int32]) -> Double {
    let steps = 256
    var state = zeroState(batch: 1)
    var sum = 0.0
    for start in stride(from: 0, to: tokens.count - 1, by: steps) {
      let end = min(start + steps, tokens.count - 1)
      let logits: Tensor
      (logits, state) = self(
        Array(tokens[start..<end]), shape: [1, end - start], from: state)
      let loss = crossEntropy(logits, Array(tokens[start + 1...end])).scalar
      sum += Double(loss) * Double(end - start)
    }
    return sum / Double(tokens.count - 1)
  }
}
