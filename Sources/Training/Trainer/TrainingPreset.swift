import Cells
import Datasets
import Models

/// A ready configuration.
public enum TrainingPreset: String, CaseIterable, Sendable {
  /// An LSTM on the embedded tales, which gets close to their entropy in some minutes.
  case demo
  /// The study note's run: three layers of a plain RNN with 10 units on the first 10,000 characters of The
  /// Time Machine, zero states at every batch, Adam at 0.05, five epochs.
  case note

  /// The task's configuration for a corpus.
  public func configuration(
    dataset: String
  ) throws(UnknownCell) -> LanguageModelTask.Configuration {
    let cells = CellRegistry.standard
    switch self {
    case .demo:
      return .init(
        dataset: dataset,
        model: .init(
          cell: try cells.cell(named: "lstm"), embeddingSize: 32, hiddenSize: 192, layers: 1),
        windows: Windows(.sequential, batchSize: 32, sequenceLength: 64))
    case .note:
      return .init(
        dataset: dataset,
        model: .init(
          cell: try cells.cell(named: "rnn"), embeddingSize: 10, hiddenSize: 10, layers: 3),
        windows: Windows(.sequential, batchSize: 32, sequenceLength: 35, offset: 0),
        validationFraction: 0, carriesState: false)
    }
  }

  /// The training settings.
  public var settings: TrainingSettings {
    var settings = TrainingSettings()
    switch self {
    case .demo:
      settings.learningRate = 0.006
      settings.schedule = .cosine()
    case .note:
      settings.epochs = 5
      settings.learningRate = 0.05
      settings.clip = nil
    }
    return settings
  }

  /// The corpus that a choice means: for the note a plain file is the book.
  public func dataset(_ choice: String?) throws(InvalidSetting) -> String {
    switch self {
    case .demo: return choice ?? "tales"
    case .note:
      guard let choice else {
        throw InvalidSetting(
          "dataset", expected: "timemachine or the file of its text for the preset note",
          found: "none")
      }
      let isNamed = choice == "timemachine" || choice.hasPrefix("timemachine:")
      return isNamed ? choice : "timemachine:" + choice
    }
  }
}
