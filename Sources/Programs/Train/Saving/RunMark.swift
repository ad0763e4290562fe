import Checkpoint
import ProgramsCore

/// What a checkpoint says of the run that it belongs to, so that training which goes on finds its folder.
struct RunMark: Codable {
  /// The run's folder, seen from the checkpoint's.
  var folder: String

  private static let name = "run"

  /// The mark of a file; nil where it has none.
  static func folder(in reader: CheckpointReader, at path: String) throws -> String? {
    guard reader.contains(.trainer, name), let place = FilePlace(path).resolved else { return nil }
    let mark = try reader.json(RunMark.self, .trainer, name)
    return mark.folder.hasPrefix("/") ? mark.folder : FilePlace(place).folder + mark.folder
  }

  /// Marks a checkpoint that is saved to a path.
  static func write(
    _ folder: String, to checkpoint: inout Checkpoint, savedTo path: String
  ) throws(CheckpointError) {
    let files = FilePlace(path).folder
    guard let run = FilePlace(folder).resolved,
      let base = FilePlace(files.isEmpty ? "." : files).resolved
    else { return }
    try checkpoint.setJSON(RunMark(folder: relative(run, to: base)), .trainer, name)
  }

  /// A path as it is seen from a folder: `/data/runs/a` is `../runs/a` for `/data/models`.
  private static func relative(_ path: String, to folder: String) -> String {
    let (own, base) = (path.split(separator: "/"), folder.split(separator: "/"))
    let shared = zip(own, base).prefix { $0 == $1 }.count
    let steps = Array(repeating: "..", count: base.count - shared) + own[shared...].map(String.init)
    return steps.isEmpty ? "." : steps.joined(separator: "/")
  }
}
