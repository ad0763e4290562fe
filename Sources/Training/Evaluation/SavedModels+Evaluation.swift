import Datasets
import Models
import TensorCore

extension SavedSequenceModel {
  /// Measures the model on samples.
  ///
  /// - Parameters:
  ///   - samples: the data, numbered and scaled in whatever way.
  ///   - part: which of them.
  ///   - language: what judges sequences that are written freely.
  /// - Throws: `InvalidSetting` where the data are not of the model's kinds or have no such part; what
  ///   reading throws.
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

/// Which samples a model is measured on.
public enum EvaluatedPart: String, Sendable, CaseIterable {
  /// Those that training leaves out.
  case validation
  /// All.
  case all
}

extension SavedLanguageModel {
  /// Measures the model on a text, the state carried from its beginning to its end.
  ///
  /// - Throws: `InvalidSetting` where the text has less than two tokens.
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
