import Checkpoint
import Requirements
import TensorCore

extension SavedLanguageModel {
  /// The language model of a file inside the program.
  ///
  /// - Precondition: The file holds a language model whose weights are those of its configuration. `EmbedCheckpoint` has
  ///   checked that it is whole, and that it is a language model, when the program was built.
  public init(embedded file: EmbeddedFile) {
    do throws(CheckpointError) {
      try self.init(reading: CheckpointReader(embedded: file))
    } catch {
      failure("\(error)")
    }
  }
}

extension SavedSequenceModel {
  /// The model of sequences of a file inside the program.
  ///
  /// - Precondition: The file holds a model of sequences whose weights are those of its configuration.
  ///   `EmbedCheckpoint` has checked that it is whole, and a model of sequences, when the program was built.
  public init(embedded file: EmbeddedFile) {
    do throws(CheckpointError) {
      try self.init(reading: CheckpointReader(embedded: file))
    } catch {
      failure("\(error)")
    }
  }
}

extension CheckpointReader {
  fileprivate init(embedded file: EmbeddedFile) throws(CheckpointError) {
    try self.init(bytes: file.bytes, name: "\(file.name)")
  }
}
