import Models
import Datasets
import Training

/// Shows training's events on the console, and writes them to the log and the run's folder.
struct Renderer {
  /// What has happened so far.
  private(set) var record: RunRecord
  /// The run's folder, if it has one.
  private(set) var folder: RunFolder?
  private var progress: ProgressText
  private let logs: [LineFile]
  private let clock = ContinuousClock()
  private let start: ContinuousClock.Instant

  init<Task: TrainingTask>(
    _ trainer: Trainer<Task>, _ options: RunOptions, folder path: String?, levels: TaskLevels?
  ) throws {
    progress = ProgressText(Console.isTerminal ? .bar : .lines)
    let appends = options.resume != nil
    let resumed = appends ? trainer.steps : nil
    let log = try options.log.map { path in
      guard appends || options.overwrite || !SavingPlace.isTaken(path) else {
        throw Failure("\(path): a file is there already: --overwrite replaces it")
      }
      return try LineFile(path, goingOnAfter: resumed)
    }
    folder = try path.map { try RunFolder($0, trainer, levels: levels, appends: appends) }
    record = RunRecord(title: trainer.task.line, settings: trainer.settings.line)
    let metrics = try path.map { try LineFile(RunFolder.metrics(in: $0), goingOnAfter: resumed) }
    logs = [log, metrics].compactMap(\.self)
    for log in logs where log.isEmpty {
      log.write("step,epoch,loss,gradient_norm,learning_rate,seconds")
    }
    start = clock.now
  }

  /// Shows and writes an event.
  ///
  /// - Throws: ``OutputFailure`` when all that goes to files is written.
  mutating func render(_ event: TrainingEvent) throws {
    let seconds = (clock.now - start) / .seconds(1)
    let text = progress.text(for: event, seconds: seconds)
    record.note(event, seconds: seconds)
    try folder?.note(event, seconds: seconds)
    if case .step(let step) = event {
      for log in logs {
        log.write(
          "\(step.number),\(step.epoch),\(step.loss),\(step.gradientNorm),\(step.learningRate),"
            + seconds.text(3))
      }
    }
    if !text.isEmpty { try Console.write(text) }
  }
}
