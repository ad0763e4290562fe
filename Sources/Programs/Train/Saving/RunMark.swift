import Checkpoint
import ProgramsCore

/// The path of a run's folder in its checkpoint, so that resumed training finds the folder.
struct RunMark: Codable {
  /// The run's folder, relative to the folder of the checkpoint.
  var folder: String

  private static let name = "run"

  /// The run's folder of a checkpoint; nil if it has none.
  static func folder(in reader: CheckpointReader, at path: String) throws -> String? {
    guard reader.contains(.trainer, name), let place = FilePlace(path).resolved else { return nil }
    let mark = try reader.json(RunMark.self, .trainer, name)
    return mark.folder.hasPrefix("/") ? mark.folder : FilePlace(place).folder + mark.folder
  }

  /// Writes the folder into a checkpoint that will be saved to a path.
  static func write(
    _ folder: String, to checkpoint: inout Checkpoint, savedTo path: String
  ) throws(CheckpointError) {
    let files = FilePlace(path).folder
    guard let run = FilePlace(folder).resolved,
      let base = FilePlace(files.isEmpty ? "." : files).resolved
    else { return }
    try checkpoint.setJSON(RunMark(folder: relative(run, to: base)), .trainer, name)
  }

  /// A path relative to a folder: `/data/runs/a` is `../runs/a` for `/data/models`.
  private static func relative(_ path: String, to folder: String) -> String {
    let (own, base) = (path.split(separator: "/"), folder.split(separator: "/"))
    let shared = zip(own, base).prefix { $0 == $1 }.count
    let steps = Array(repeating: "..", count: base.count - shared) + own[shared...].map(String.init)
    return steps.isEmpty ? "." : steps.joined(separator: "/")
  }
}
