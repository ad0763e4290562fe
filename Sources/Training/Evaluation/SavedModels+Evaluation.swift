import Datasets
import Models
import TensorCore

extension SavedSequenceModel {
  /// Evaluates the model on samples.
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
    (known.input, known.target) = (interface.input, interface.target)
    let batches = try sources.map { source in
      try SampleEpoch(
        known, SampleConversion(source, of: samples, to: interface),
        collator: PaddingCollator(batchSize: 64))
    }
    let evaluator = SequenceEvaluator(self, language: language)
    guard let evaluation = try evaluator.evaluate(batches) else {
      throw InvalidSetting("data", expected: "samples to measure on", found: "none")
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
  /// Evaluates the model on a text, with the state carried over the whole text.
  ///
  /// - Throws: `InvalidSetting` if the text has fewer than two tokens.
  public func evaluation(on text: String) throws -> Evaluation {
    let tokens = tokenizer.encode(text)
    let windows = Windows(.sequential, batchSize: 1, sequenceLength: 256, offset: 0)
    guard let fitting = windows.shrunk(toFit: tokens.count) else {
      throw InvalidSetting("text", expected: "at least two tokens", found: tokens.count)
    }
    let batches = try WindowEpoch(tokens, windows: fitting, seed: 0, number: 0)
    return Evaluation(
      nats: model.meanLoss(on: batches),
      charactersPerToken: Double(text.unicodeScalars.count) / Double(tokens.count))
  }
}
