import Checkpoint
import Datasets
import FileCore

/// How a model's training read its file, as its checkpoint says.
struct TrainedReading: Decodable {
  /// How a file of samples was read.
  var files: FileOptions?
  /// How a text was read.
  var reading: TextReading?

  /// The normalization of its texts, labels and names.
  var form: TextForm? { files?.form ?? reading?.form }

  /// Reads a checkpoint; nil for one without a training.
  init?(_ reader: CheckpointReader) {
    guard reader.contains(.configuration, "task"),
      let own = try? reader.json(Self.self, .configuration, "task")
    else { return nil }
    self = own
  }
}
