import Checkpoint
import Datasets
import FileCore
import ProgramsCore
import TensorCore
import Training

/// The folder of a run:
///
///     configuration.json    the task and the training settings
///     metrics.csv           a row for each step
///     evaluations.csv       a row for each metric of each evaluation
///     samples.txt           samples and answers of each evaluation
///     record.json           the curves, for the report of resumed training
///     report.html           the report for a browser
///     checkpoints/          the last three and the best
struct RunFolder {
  /// The record of the events.
  private(set) var record: RunRecord
  /// The folder.
  let path: String
  private let levels: TaskLevels?
  private let evaluations: LineFile
  private let samples: LineFile
  private let checkpoints: CheckpointSeries
  private var writtenAt = 0.0
  /// Whether it is said that a report could not be written.
  private var hasSaidFailure = false

  /// Makes the folder; for resumed training, opens an existing one.
  init<Task: TrainingTask>(
    _ path: String, _ trainer: Trainer<Task>, levels: TaskLevels?, appends: Bool
  ) throws {
    self.path = path
    self.levels = levels
    for folder in [path, path + "/checkpoints"] { try FilePlace(folder).makeFolder() }
    record = RunRecord(
      title: trainer.task.line, settings: trainer.settings.line,
      hints: trainer.task.hints.map(\.description),
      facts: Self.facts + [.init("seed", "\(trainer.settings.seed)")],
      baseline: try? trainer.task.baseline(), floor: trainer.task.lossFloor)
    if appends, FilePlace(path + "/record.json").isTaken {
      let title = record.title
      record = try Self.record(in: path)
      guard record.title == title else {
        throw Failure("\(path): expected the run of \(title), found that of \(record.title)")
      }
    }
    evaluations = try LineFile(
      path + "/evaluations.csv", goingOnAfter: appends ? trainer.steps : nil,
      step: TrainingLog.stepOfRow)
    if evaluations.isEmpty { evaluations.log("step,measure,value") }
    samples = try LineFile(path + "/samples.txt", appends: appends)
    checkpoints = CheckpointSeries(directory: path + "/checkpoints")
    try RunConfiguration.write(trainer, in: path)
  }

  /// Where a run that begins now comes from.
  private static var facts: [RunRecord.Fact] {
    [
      .init("command", Invocation.typed), .init("started", Timestamp.now.text),
      .init("version", Version.line),
      .init(
        "machine",
        [SystemFacts.processor, ThreadTeam.count.counted("threads")].compactMap(\.self)
          .joined(separator: ", ")),
    ]
  }

  /// The folder of the flags, or for resumed training that of the checkpoint; nil for none.
  static func place(_ options: RunOptions, resuming reader: CheckpointReader?) throws -> String? {
    guard let path = options.run else {
      guard let reader, let path = try RunMark.folder(in: reader, at: reader.file) else {
        return nil
      }
      guard FilePlace(path).kind == .folder else {
        Console.note("The run's folder \(path) is no longer there; --run names another one\n")
        return nil
      }
      return path
    }
    let names = [
      "record.json", "report.html", "configuration.json", "metrics.csv", "evaluations.csv",
      "samples.txt", "checkpoints",
    ]
    let taken = names.filter { FilePlace("\(path)/\($0)").isTaken }
    let isRun = taken.contains("record.json")
    guard taken.isEmpty || options.overwrite || isRun && reader != nil else {
      let what = isRun ? "a run is there already" : "a file \(taken[0]) of another kind is there"
      throw Failure("\(path): \(what): --overwrite replaces it")
    }
    return path
  }

  /// The record of a run's folder.
  ///
  /// - Throws: ``Failure``.
  static func record(in path: String) throws -> RunRecord {
    let file = path + "/record.json"
    let text = try FlaglessText.read(file)
    do {
      return try RunRecord(decoding: text)
    } catch {
      throw Failure("\(file): expected the record of a run, found other content: \(error)")
    }
  }

  /// The path of the file with a line for each step.
  static func metrics(in path: String) -> String { path + "/metrics.csv" }

  /// Records an event.
  mutating func note(_ event: TrainingEvent, seconds: Double) {
    record.note(event, seconds: seconds, bytes: ProcessMemory.residentBytes)
    switch event {
    case .evaluation(let measured):
      let step = measured.step
      evaluations.log("\(step),loss,\(measured.evaluation.loss)")
      for metric in measured.evaluation.metrics {
        evaluations.log("\(step),\(metric.name),\(metric.value)")
      }
      samples.log("step \(step)")
      for sample in measured.evaluation.samples { samples.log("  \(sample)") }
      writeReport()
    case .started, .stopped, .diverged, .finished: writeReport()
    case .step:
      if seconds - writtenAt > 10 {
        writtenAt = seconds
        writeReport()
      }
    case .epoch, .distributions: return
    }
  }

  /// Saves a checkpoint into the series.
  func save<Task: TrainingTask>(_ trainer: Trainer<Task>, isBest: Bool) throws {
    try checkpoints.save(trainer.checkpoint(), step: trainer.steps, isBest: isBest)
  }

  /// Replaces the record and the report, so that who reads them meanwhile finds them whole.
  private mutating func writeReport() {
    let files: [(name: String, text: () throws -> String)] = [
      ("record.json", { [record] in try record.encoded() + "\n" }),
      ("report.html", { [record, levels] in RunReport(record, levels: levels).html }),
    ]
    for (name, text) in files {
      // No training ends for its report.
      do {
        try AtomicSave(path: "\(path)/\(name)").write([Array(text().utf8)])
      } catch  where !hasSaidFailure {
        hasSaidFailure = true
        Console.note(error: "\(error); the training goes on without it")
      } catch {}
    }
  }
}
