import Datasets
import FileCore
import Models
import ProgramsCore
import Training

/// Prints the events of a training, and writes them to the logs and the folder of the run.
struct Renderer {
  /// The record of the events.
  private(set) var record: RunRecord
  /// The run's folder, if it has one.
  private(set) var folder: RunFolder?
  /// The text for the console; nil for a quiet training.
  private var progress: ProgressText?
  private let logs: [TrainingLog]
  private let tensorBoard: TensorBoardFile?
  private let clock = ContinuousClock()
  private let start: ContinuousClock.Instant

  init<Task: TrainingTask>(
    _ trainer: Trainer<Task>, _ options: RunOptions, folder path: String?, levels: TaskLevels?
  ) throws {
    if !options.quiet {
      let bar = ProgressText.Style.bar(columns: { Console.columns }, .ofOutput)
      progress = ProgressText(Console.canOverwrite ? bar : .lines)
    }
    let appends = options.resume != nil
    let resumed = appends ? trainer.steps : nil
    for path in [options.log].compactMap(\.self)
    where !appends && !options.overwrite && FilePlace(path).isTaken {
      throw Failure("\(path): a file is there already: --overwrite replaces it")
    }
    folder = try path.map { try RunFolder($0, trainer, levels: levels, appends: appends) }
    record = RunRecord(title: trainer.task.line, settings: trainer.settings.line)
    logs = try [options.log, path.map { RunFolder.metrics(in: $0) }].compactMap(\.self)
      .map { try TrainingLog($0, goingOnAfter: resumed) }
    tensorBoard = try options.tensorboard.map { folder in
      try Self.clear(folder, options)
      return try TensorBoardFile(folder: folder, seconds: Self.now, goingOnAfter: resumed)
    }
    start = clock.now
  }

  /// Seconds since 1970.
  private static var now: Double { 1e-9 * Double(System.nanoseconds) }

  /// Refuses a folder that has events of another run; with `--overwrite`, removes them.
  private static func clear(_ folder: String, _ options: RunOptions) throws {
    guard options.resume == nil, Folder.exists(folder) else { return }
    let events = try Folder.content(of: folder).files
      .filter { Folder.name(of: $0).hasPrefix(TensorBoardFile.prefix) }
    guard events.isEmpty || options.overwrite else {
      throw Failure("\(folder): a run is there already: --overwrite replaces it")
    }
    for path in events { System.remove(path) }
  }

  /// Shows and writes an event.
  ///
  /// - Throws: ``OutputFailure`` when all that goes to files is written.
  mutating func render(_ event: TrainingEvent) throws {
    let seconds = (clock.now - start) / .seconds(1)
    let text = progress?.text(for: event, seconds: seconds) ?? ""
    record.note(event, seconds: seconds)
    folder?.note(event, seconds: seconds)
    for log in logs { log.note(event, seconds: seconds) }
    tensorBoard?.note(event, seconds: Self.now)
    if !text.isEmpty { try Console.write(text) }
  }
}
