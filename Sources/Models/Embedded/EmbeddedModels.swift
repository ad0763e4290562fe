import Checkpoint
import Requirements
import TensorCore

extension SavedLanguageModel {
  /// The language model of a file inside the program.
  ///
  /// - Precondition: The file is whole and holds a language model: what `EmbedCheckpoint` writes was checked
  ///   when the program was built.
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
  /// - Precondition: The file is whole and holds a model of sequences: what `EmbedCheckpoint` writes was
  ///   checked when the program was built.
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
