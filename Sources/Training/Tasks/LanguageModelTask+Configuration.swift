import Cells
import Datasets

extension LanguageModelTask {
  /// What a language model learns from what.
  public struct Configuration: Codable, Hashable, Sendable {
    /// The corpus, as `--dataset` names it.
    public var dataset: String
    /// The model's sizes.
    public var model: LanguageModel.Configuration
    /// How the text is cut into batches.
    public var windows: Windows
    /// The share of the text, at its end, that the model is measured on and never learns.
    public var validationFraction: Double
    /// Whether the state goes on from batch to batch where the windows do; gradients never do.
    public var carriesState: Bool

    /// A configuration.
    public init(
      dataset: String, model: LanguageModel.Configuration, windows: Windows,
      validationFraction: Double = 0.1, carriesState: Bool = true
    ) {
      self.dataset = dataset
      self.model = model
      self.windows = windows
      self.validationFraction = validationFraction
      self.carriesState = carriesState
    }

    /// Checks that every number is in its range.
    ///
    /// - Throws: ``InvalidSetting`` with the first number that is not.
    public func validate() throws(InvalidSetting) {
      try model.validate()
      try InvalidSetting.checkBatch(size: windows.batchSize, steps: windows.sequenceLength)
      guard (0...0.9).contains(validationFraction) else {
        throw InvalidSetting(
          "validation share", expected: "a share from 0 to 0.9", found: validationFraction)
      }
    }
  }
}
