import ArgumentParser
import ProgramsCore

/// One training of a sweep, with a folder of its own.
struct SweptRun {
  /// The values of its flags: `learning-rate=0.001 hidden=64`.
  let name: String
  /// Its folder.
  let place: String
  /// The folder of its events for TensorBoard.
  let tensorBoard: String?
  private let flags: [String]
  private let machine: [String]

  /// How far a run is.
  enum State {
    case missing, stopped, complete, diverged
  }

  /// A run.
  ///
  /// - Parameters:
  ///   - name: what tells it from the others.
  ///   - folder: the sweep's folder.
  ///   - flags: what is trained, and how.
  ///   - machine: the flags that a run which goes on takes too.
  ///   - tensorBoard: the folder of all runs for TensorBoard.
  init(
    name: String, in folder: String, _ flags: [String], machine: [String], tensorBoard: String?
  ) {
    let file = String(name.map { $0 == "/" ? "-" : $0 })
    self.name = name
    place = "\(folder)/\(file)"
    self.tensorBoard = tensorBoard.map { "\($0)/\(file)" }
    (self.flags, self.machine) = (flags, machine)
  }

  private var model: String { place + "/model.rnnz" }

  /// How far it is, as its folder says.
  var state: State {
    guard let record = try? RunFolder.record(in: place) else { return .missing }
    if record.isRunning || record.ending == "stopped" {
      return FilePlace(model).isTaken ? .stopped : .missing
    }
    return record.isComplete ? .complete : .diverged
  }

  /// The arguments of `train` that begin it, or go on with it.
  ///
  /// - Parameters:
  ///   - goesOn: whether what is there is gone on with.
  ///   - threads: its share of the threads; as the flags say unless given.
  func arguments(goesOn: Bool, threads: Int? = nil) -> [String] {
    let events = tensorBoard.map { ["--tensorboard", $0] } ?? []
    let share = threads.map { ["--threads", "\($0)"] } ?? []
    let others = events + ["--run", place] + machine + share
    if goesOn, state == .stopped { return ["--resume", model] + others }
    return flags + ["--out", model] + others + (goesOn ? ["--overwrite"] : [])
  }

  /// The command that trains it in this process.
  func command(goesOn: Bool = false) throws -> any ParsableCommand {
    try Train.parseAsRoot(arguments(goesOn: goesOn))
  }
}
