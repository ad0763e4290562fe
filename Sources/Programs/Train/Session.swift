import ArgumentParser
import Checkpoint
import Datasets
import Models
import Training
import ProgramsCore

/// A training from its first line to its last: what all commands do with their trainers.
struct Session<Task: TrainingTask> {
  private var trainer: Trainer<Task>
  private let options: RunOptions
  private var renderer: Renderer
  private var saver: ModelSaver
  /// Why standard output cannot be written to any longer; training ends then as after Ctrl-C.
  private var outputFailure: OutputFailure?

  /// A training that begins or goes on; its places are tested, its folder is made.
  ///
  /// - Parameter file: the file that training goes on with.
  init(
    _ trainer: Trainer<Task>, _ options: RunOptions, resuming reader: CheckpointReader? = nil,
    levels: TaskLevels? = nil
  ) throws {
    self.trainer = trainer
    self.options = options
    let place = try SavingPlace(options)
    let folder = try RunFolder.place(options, resuming: reader)
    saver = ModelSaver(trainer, place, runFolder: folder)
    try saver.test(trainer)
    renderer = try Renderer(trainer, options, folder: folder, levels: levels)
  }

  /// Trains, saves, and says at the end what came of it.
  mutating func run(summary: (Trainer<Task>) -> Summary) throws {
    if options.resume != nil, trainer.isFinished { return try sayComplete() }
    if !options.quiet {
      for hint in trainer.task.hints { Console.note("Hint: \(hint.advice)\n") }
    }
    try say("\(trainer.task.line), \(trainer.settings.line)\n")
    do {
      try train()
    } catch let divergence as Divergence {
      throw Failure("\(divergence.advised); \(try saver.saveDiverged(trainer))")
    }
    if trainer.isFinished { try saver.save(trainer) }
    if let outputFailure { throw outputFailure }
    guard trainer.isFinished else {
      try say(
        "Stopped after step \(trainer.steps). Go on with: \(resumption)\n")
      throw ExitCode(130)
    }
    if options.plot {
      let width = Console.isTerminal ? Console.columns : 72
      try Console.write(TerminalPlot(renderer.record, width: width).text + "\n")
    }
    guard !options.quiet else { return try saver.checkPlace() }
    let report = renderer.folder.map { ", report in \($0.path)/report.html" } ?? ""
    let summary = summary(trainer)
    let path = saver.saved?.path ?? saver.place.path
    try say(
      summary.verdict + progress + "saved to \(path)\(report)\n"
        + "Use it: \(Invocation.line(summary.user, ["--ckpt", path] + summary.example))\n\n"
        + summary.samples)
    try saver.checkPlace()
  }

  /// Writes what a person wants to know, unless that is nothing.
  private func say(_ text: String) throws {
    if !options.quiet { try Console.write(text) }
  }

  /// Says of a training that is over how it goes on.
  private func sayComplete() throws {
    try say(
      "The training in \(saver.place.path) is complete after \(trainer.steps.counted("steps")); "
        + "it goes on with: \(resumption) \(more)\n")
  }

  /// Whether the model was still getting better at the end, and what to type then.
  private var progress: String {
    guard let last = trainer.lastEvaluation, let best = trainer.bestLoss else {
      return "not measured: the data are too few to leave some out for it\n"
    }
    guard last.loss > best else {
      return "still improving at the end; more of it: \(resumption) \(more)\n"
    }
    let saved = trainer.settings.keepsBest ? ", which is the one that is saved" : ""
    return "the best measurement had loss \(best.significant)\(saved)\n"
  }

  /// The flag that doubles the training.
  private var more: String {
    let settings = trainer.settings
    guard let steps = settings.steps, steps <= trainer.steps else {
      return "--epochs \(settings.epochs * 2)"
    }
    return "--max-steps \(steps * 2)"
  }

  /// The command that goes on where this training stopped.
  private var resumption: String {
    Invocation.line(.train, ["--resume", saver.saved?.path ?? saver.place.path])
  }

  /// Goes from event to event, and saves after each measurement, to its end or to an interruption.
  private mutating func train() throws {
    var (isMeasured, isBest) = (false, false)
    while let event = try trainer.next() {
      try render(event)
      if case .evaluation(let measured) = event { (isMeasured, isBest) = (true, measured.isBest) }
      guard trainer.isBetweenSteps else { continue }
      if isMeasured {
        try renderer.folder?.save(trainer, isBest: isBest)
        if !trainer.isFinished { try saver.save(trainer) }
        isMeasured = false
      }
      if Interruption.isRequested || outputFailure != nil, !trainer.isFinished {
        try saver.save(trainer)
        try render(.stopped(steps: trainer.steps))
        return
      }
    }
  }

  private mutating func render(_ event: TrainingEvent) throws {
    do {
      try renderer.render(event)
    } catch let failure as OutputFailure {
      outputFailure = failure
    }
  }
}
