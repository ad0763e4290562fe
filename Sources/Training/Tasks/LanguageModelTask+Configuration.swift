import Cells
import Datasets
import Models
import Requirements

extension LanguageModelTask {
  /// The configuration of language model training.
  public struct Configuration: Codable, Hashable, Sendable {
    /// The corpus's name, or the path of a file.
    public var dataset: String
    /// How a text file is read; nil for its detected encoding, without normalization.
    public var reading: TextReading?
    /// The tokenization of the text.
    public var tokenization: Tokenization
    /// The model's configuration.
    public var model: ModelConfiguration
    /// The windows of the batches.
    public var windows: Windows
    /// The share of the text, at its end, for validation.
    public var validationFraction: Double
    /// Whether the state is carried over between consecutive windows. Gradients stop at the window, unless the engine
    /// carries them.
    public var carriesState: Bool
    /// The gradient engine. Engines that carry gradients across windows do so only if the state is carried.
    public var engine: GradientEngine

    /// A configuration.
    public init(
      dataset: String, model: ModelConfiguration, windows: Windows,
      validationFraction: Double = 0.1, carriesState: Bool = true,
      engine: GradientEngine = .bptt, tokenization: Tokenization = .corpus
    ) {
      self.dataset = dataset
      self.tokenization = tokenization
      self.model = model
      self.windows = windows
      self.validationFraction = validationFraction
      self.carriesState = carriesState
      self.engine = engine
    }

    /// Decodes a configuration. The defaults of missing values are backpropagation and the corpus's own tokenization.
    public init(from decoder: any Decoder) throws {
      let values = try decoder.container(keyedBy: CodingKeys.self)
      dataset = try values.decode(String.self, forKey: .dataset)
      model = try values.decode(ModelConfiguration.self, forKey: .model)
      windows = try values.decode(Windows.self, forKey: .windows)
      validationFraction = try values.decode(Double.self, forKey: .validationFraction)
      carriesState = try values.decode(Bool.self, forKey: .carriesState)
      (engine, tokenization) = (.bptt, .corpus)
      try values.update(&engine, forKey: .engine)
      try values.update(&tokenization, forKey: .tokenization)
      reading = try values.decodeIfPresent(TextReading.self, forKey: .reading)
    }

    /// Checks that every number is in its range.
    ///
    /// - Throws: `InvalidSetting` with the first number that is not.
    public func validate() throws(InvalidSetting) {
      try model.validateForText()
      try InvalidSetting.checkBatch(size: windows.batchSize, steps: windows.sequenceLength)
      guard (0...0.9).contains(validationFraction) else {
        throw InvalidSetting(
          "validation share", expected: "a share from 0 to 0.9", found: validationFraction)
      }
      try validateEngine()
    }

    private func validateEngine() throws(InvalidSetting) {
      if engine == .bptt { return }
      if model.layers > 1, model.dropout > 0 {
        throw InvalidSetting(
          "dropout", expected: "none between layers, with the engine \(engine.name)",
          found: model.dropout)
      }
      let steps = windows.sequenceLength
      if case .tbptt(let every, _) = engine, every != steps {
        throw InvalidSetting(
          "steps between updates", expected: "the window's \(steps)", found: every)
      }
      do throws(UnsuitableEngine) {
        let layer = LanguageModel(model, vocabularySize: 1).rnn
        try engine.validate(for: layer, batch: windows.batchSize)
      } catch {
        throw InvalidSetting(engine: engine, error)
      }
    }
  }
}
