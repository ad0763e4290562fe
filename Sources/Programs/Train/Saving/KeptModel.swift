import Checkpoint
import ProgramsCore

/// The model in the file that training goes on with, as long as no save has replaced it: before a worse one does, it is
/// put aside.
struct KeptModel {
  /// The file.
  let path: String
  /// The smallest loss that was measured before training went on.
  let loss: Double

  /// Saves the file's model under a free name where what is about to replace it was measured to be worse.
  ///
  /// - Returns: where it was saved; nil where nothing worse replaces it.
  func putAside(before measured: Double) throws(CheckpointError) -> String? {
    guard !(measured <= loss) else { return nil }
    let parts = FilePlace(path)
    let place = FilePlace("\(parts.folder)\(parts.stem)-best\(parts.ending)").free
    try Checkpoint(path: path).save(to: place)
    return place
  }
}
