import Checkpoint
import FileCore
import ProgramsCore

/// Where a training's model is saved: as a person said, in the file that training goes on with, or under a free name.
///
/// Nothing that is there is replaced unless the person asked for it, by `--resume` or `--overwrite`. The place is tested
/// before the first step; where a later save fails, the model goes to another place.
struct SavingPlace {
  /// The file.
  let path: String
  /// Whether it holds the training that goes on.
  let isResumed: Bool

  /// The name without a `--out`.
  static let usual = "model.rnnz"

  /// The place that the flags choose.
  init(_ options: RunOptions) throws {
    let named = options.out ?? options.resume
    guard let named else {
      isResumed = false
      guard options.overwrite || !FilePlace(Self.usual).isTaken else {
        path = FilePlace(Self.usual).free
        Console.note("\(Self.usual) is there already: this model goes to \(path)\n")
        return
      }
      path = Self.usual
      return
    }
    path = named
    isResumed = options.resume.map { FilePlace($0).isSame(as: FilePlace(named)) } ?? false
    guard isResumed || options.overwrite || !FilePlace(named).isTaken else {
      throw Failure("\(named): \(Self.content(of: named))")
    }
  }

  /// Tests whether a model of a size can be saved here.
  func test(size: Int) throws(CheckpointError) {
    try Checkpoint.rehearseSave(to: path, byteCount: size)
  }

  /// Saves here, or where that fails at another place.
  ///
  /// - Parameter known: the other place that took the model before.
  /// - Returns: where it is, and what the system says where it is not here.
  /// - Throws: why it cannot be saved here, where no other place takes it either.
  func save(
    _ checkpoint: Checkpoint, orTo known: String?
  ) throws(CheckpointError) -> (path: String, fault: CheckpointError?) {
    do throws(CheckpointError) {
      try checkpoint.save(to: path)
      return (path, nil)
    } catch {
      if case .file(.durabilityUnknown) = error.problem { return (path, error) }
      for place in (known.map { [$0] } ?? []) + otherPlaces {
        do throws(CheckpointError) {
          try checkpoint.save(to: place)
          return (place, error)
        } catch { continue }
      }
      throw error
    }
  }

  /// Free names in the same folder, the working one, the user's own, and the one for temporary files.
  private var otherPlaces: [String] {
    let parts = FilePlace(path)
    let folders = [
      parts.folder, "", Environment["HOME"].map { $0 + "/" },
      Environment["TMPDIR"].map { $0 + "/" },
      "/tmp/",
    ]
    return folders.compactMap(\.self).map { FilePlace($0 + parts.name).free }
  }

  /// What is in a place, in words.
  private static func content(of path: String) -> String {
    switch FilePlace(path).kind {
    case .folder: "expected a file to save to, found a directory"
    case .device: "expected a file to save to, found a device"
    default:
      (try? CheckpointReader(path: path)) == nil
        ? "a file that is no model is there already: --overwrite replaces it"
        : "a model is there already: --overwrite replaces it"
    }
  }
}
