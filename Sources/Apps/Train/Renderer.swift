import AppSupport
import Datasets
import Training

/// Shows training's events on the console, and writes them to the log and the run's folder.
struct Renderer {
  /// What has happened so far.
  private(set) var record: RunRecord
  /// The run's folder, if one was asked for.
  private(set) var folder: RunFolder?
  private var progress: ProgressText
  private let logs: [LineFile]
  private let clock = ContinuousClock()
  private let start: ContinuousClock.Instant

  init<Task: TrainingTask>(
    _ trainer: Trainer<Task>, _ options: RunOptions, levels: TaskLevels?
  ) throws {
    progress = ProgressText(Console.output.isTerminal ? .bar : .lines)
    let appends = options.resume != nil
    folder = try options.run.map {
      try RunFolder($0, trainer, levels: levels, appends: appends)
    }
    record = RunRecord(title: trainer.task.line, settings: trainer.settings.line)
    let paths = [options.log, options.run.map(RunFolder.metrics)].compactMap(\.self)
    logs = try paths.map { try LineFile($0, appends: appends) }
    for log in logs where log.isEmpty {
      log.write("step,epoch,loss,gradient_norm,learning_rate,seconds")
    }
    start = clock.now
  }

  mutating func render(_ event: TrainingEvent) throws {
    let seconds = (clock.now - start) / .seconds(1)
    Console.output.write(progress.text(for: event, seconds: seconds))
    record.note(event, seconds: seconds)
    try folder?.note(event, seconds: seconds)
    guard case .step(let step) = event else { return }
    for log in logs {
      log.write(
        "\(step.number),\(step.epoch),\(step.loss),\(step.gradientNorm),\(step.learningRate),"
          + seconds.text(3))
    }
  }
}
