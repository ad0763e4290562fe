import Checkpoint
import Requirements
import TensorCore

extension SavedLanguageModel {
  /// The language model of an embedded file.
  ///
  /// - Precondition: The file contains a language model whose weights match its configuration. `EmbedCheckpoint` checks
  ///   at build time that the file is undamaged and contains a language model.
  public init(embedded file: EmbeddedFile) {
    do throws(CheckpointError) {
      try self.init(reading: CheckpointReader(embedded: file))
    } catch {
      failure("\(error)")
    }
  }
}

extension SavedSequenceModel {
  /// The sequence model of an embedded file.
  ///
  /// - Precondition: The file contains a sequence model whose weights match its configuration. `EmbedCheckpoint` checks
  ///   at build time that the file is undamaged and contains a sequence model.
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
