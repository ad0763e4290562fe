import Checkpoint
import FileCore
import ProgramsCore

/// The path that the model of a training is saved to: that of `--out`, that of `--resume`, or a free name.
///
/// An existing file is only replaced with `--resume` or `--overwrite`. The path is checked before the first step; if a
/// later save fails, the model is saved to another path.
struct SavingPlace {
  /// The path.
  let path: String
  /// Whether it is the checkpoint that training resumes from.
  let isResumed: Bool

  /// The endings of files of weights in other formats.
  private static let endingsOfOthers = [
    ".safetensors", ".onnx", ".pt", ".pth", ".npz", ".npy", ".h5", ".keras",
  ]

  /// The default path.
  static let usual = "model.rnnz"

  /// The path that the flags choose.
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
    guard isResumed || !named.hasEnding(Self.endingsOfOthers) else {
      throw Failure(
        "\(named): a training is saved as .rnnz, which convert turns into other formats")
    }
    guard isResumed || options.overwrite || !FilePlace(named).isOccupied else {
      throw Failure("\(named): \(Self.content(of: named))")
    }
  }

  /// Checks that a model of a size can be saved to the path.
  func test(size: Int) throws(CheckpointError) {
    try Checkpoint.rehearseSave(to: path, byteCount: size)
  }

  /// Saves to the path, or if that fails to another one.
  ///
  /// - Parameter known: the other path of an earlier save.
  /// - Returns: the path of the file, and why it is another one.
  /// - Throws: the failure of the first path if all others fail too.
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

  /// Free names in the same folder, the working one, the user's own, and those for temporary files: the environment's, and
  /// `/tmp/`, which every POSIX system has.
  private var otherPlaces: [String] {
    let parts = FilePlace(path)
    let folders = [
      parts.folder, "", Environment["HOME"].map { $0 + "/" },
      Environment["TMPDIR"].map { $0 + "/" },
      "/tmp/",
    ]
    return folders.compactMap(\.self).map { FilePlace($0 + parts.name).free }
  }

  /// The message on an existing file.
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
