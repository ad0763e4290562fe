import Cells
import Datasets

/// Everything that decides how a language model is trained, but for the text itself.
///
/// It is saved beside the weights, so that training goes on as it began.
public struct TrainingConfiguration: Codable, Hashable, Sendable {
  /// How the learning rate moves over the steps.
  public enum Schedule: String, Codable, Sendable, CaseIterable {
    /// It stays.
    case constant
    /// It falls to zero over all steps along half a cosine.
    case cosine
  }

  /// The corpus, as `--dataset` names it.
  public var dataset: String
  /// The model's sizes.
  public var model: LanguageModel.Configuration
  /// How the text is cut into batches.
  public var windows: Windows
  /// How often the text is gone through.
  public var epochs: Int
  /// Adam's step size at first.
  public var learningRate: Double
  /// How the step size moves.
  public var schedule: Schedule
  /// The largest norm of a step's gradients; nil for no limit.
  public var clip: Double?
  /// The share of the text, at its end, that the model is measured on and never learns.
  public var validationFraction: Double
  /// Whether the state goes on from batch to batch where the windows do; gradients never do.
  public var carriesState: Bool
  /// Draws the weights, the order of the windows, and what is dropped.
  public var seed: UInt64

  /// A configuration.
  public init(
    dataset: String, model: LanguageModel.Configuration, windows: Windows, epochs: Int = 1,
    learningRate: Double = 0.002, schedule: Schedule = .constant, clip: Double? = 1,
    validationFraction: Double = 0.1, carriesState: Bool = true, seed: UInt64 = 1
  ) {
    self.dataset = dataset
    self.model = model
    self.windows = windows
    self.epochs = epochs
    self.learningRate = learningRate
    self.schedule = schedule
    self.clip = clip
    self.validationFraction = validationFraction
    self.carriesState = carriesState
    self.seed = seed
  }

  /// Checks that every number is in its range.
  ///
  /// - Throws: ``InvalidSetting`` with the first number that is not.
  public func validate() throws(InvalidSetting) {
    try model.validate()
    try InvalidSetting.check("epochs", epochs, in: 1...1_000_000)
    try Self.validate(batchSize: windows.batchSize, steps: windows.sequenceLength)
    try InvalidSetting.checkPositive("learning rate", learningRate)
    if let clip { try InvalidSetting.checkPositive("clip", clip) }
    guard (0...0.9).contains(validationFraction) else {
      throw InvalidSetting(
        "validation share", expected: "a share from 0 to 0.9", found: validationFraction)
    }
  }

  /// Checks the sizes of a batch, before windows are made of them.
  ///
  /// - Throws: ``InvalidSetting`` with the first number that is out of range.
  public static func validate(batchSize: Int, steps: Int) throws(InvalidSetting) {
    try InvalidSetting.check("batch size", batchSize, in: 1...InvalidSetting.largestSize)
    try InvalidSetting.check("steps", steps, in: 1...InvalidSetting.largestSize)
  }

  /// One line that says what is trained how.
  public var line: String {
    let (m, w) = (model, windows)
    return "\(m.cell.name) of \(m.layers) x \(m.hiddenSize) units on \(dataset): embedding "
      + "\(m.embeddingSize), batch \(w.batchSize), \(w.sequenceLength) steps, \(w.sampling), "
      + "\(epochs) epochs, Adam at \(learningRate), seed \(seed)"
  }

  /// Remarks on settings that rarely do what one hopes, each one sentence.
  public var hints: [String] {
    var hints: [String] = []
    if model.cell.name == "rnn", windows.sequenceLength > 100 {
      hints.append(
        "A plain RNN hardly learns over \(windows.sequenceLength) steps: try an LSTM or a GRU, or at most 100."
      )
    }
    if model.layers > 3 {
      hints.append(
        "\(model.layers) layers train slowly and seldom read better than two or three.")
    }
    return hints
  }
}
