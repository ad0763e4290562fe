import Checkpoint
import ProgramsCore

/// The model in the checkpoint that training resumes from, until the first save replaces it. A better model is copied to
/// another file before a worse one replaces it.
struct KeptModel {
  /// The file.
  let path: String
  /// The smallest validation loss before training was resumed.
  let loss: Double

  /// Copies the model to a free name if the model that is about to replace it has a larger validation loss.
  ///
  /// - Returns: the path of the copy; nil if none was needed.
  func putAside(before measured: Double) throws(CheckpointError) -> String? {
    guard !(measured <= loss) else { return nil }
    let parts = FilePlace(path)
    let place = FilePlace("\(parts.folder)\(parts.stem)-best\(parts.ending)").free
    try Checkpoint(path: path).save(to: place)
    return place
  }
}
