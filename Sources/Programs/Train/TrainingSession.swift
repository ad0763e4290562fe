import ArgumentParser
import Checkpoint
import Datasets
import Models
import ProgramsCore
import Training

/// Runs a trainer for a command: prints progress, saves checkpoints, and prints a summary.
struct TrainingSession<Task: TrainingTask> {
  private var trainer: Trainer<Task>
  private let options: RunOptions
  private var renderer: Renderer
  private var saver: ModelSaver
  /// The failure of standard output, after which training stops as after Ctrl-C.
  private var outputFailure: OutputFailure?

  /// Runs a trainer on rank 0; on other ranks only its steps.
  ///
  /// - Parameter form: how its data are read, a line that is printed first.
  static func run(
    _ trainer: Trainer<Task>, _ options: RunOptions, resuming reader: CheckpointReader? = nil,
    levels: TaskLevels? = nil, form: String? = nil, summary: (Trainer<Task>) -> Summary
  ) throws {
    // Until now there is nothing to save, and a signal ends the process: its data may be long in coming.
    Interruption.listen()
    guard trainer.group.isFirst else {
      var follower = Follower(trainer, isResumed: options.resume != nil)
      return try follower.run()
    }
    var session = try TrainingSession(trainer, options, resuming: reader, levels: levels)
    try session.run(form: form, summary: summary)
  }

  /// A new or resumed training; checks that its files can be written, and makes the folder of the run.
  ///
  /// - Parameter reader: the checkpoint that training resumes from.
  private init(
    _ trainer: Trainer<Task>, _ options: RunOptions, resuming reader: CheckpointReader? = nil,
    levels: TaskLevels? = nil
  ) throws {
    self.trainer = trainer
    self.options = options
    let place = try SavingPlace(options)
    let folder = try RunFolder.place(options, resuming: reader)
    self.trainer.reportsDistributions = folder != nil
    saver = ModelSaver(trainer, place, runFolder: folder)
    try saver.test(trainer)
    renderer = try Renderer(trainer, options, folder: folder, levels: levels)
  }

  /// Trains, saves, and prints the summary.
  private mutating func run(form: String?, summary: (Trainer<Task>) -> Summary) throws {
    if options.resume != nil, trainer.isFinished { return try sayComplete() }
    if !options.quiet {
      for hint in trainer.task.hints { Console.note(Console.fitted("Hint: \(hint.advice)") + "\n") }
    }
    if let form { try say(Console.fitted(form) + "\n") }
    try say(Console.fitted("\(trainer.task.line), \(trainer.settings.line)") + "\n")
    do {
      try train()
    } catch let divergence as Divergence {
      try trainer.collect()
      throw Failure("\(divergence.advised); \(try saver.saveDiverged(trainer))")
    }
    if trainer.isFinished {
      try trainer.collect()
      try saver.save(trainer)
    }
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
      Console.fitted(summary.verdict) + progress + "saved to \(path)\(report)\n"
        + "Use it: \(Invocation.line(summary.user, ["--ckpt", path] + summary.example))\n\n"
        + summary.samples)
    try saver.checkPlace()
  }

  /// Prints unless the training is quiet.
  private func say(_ text: String) throws {
    if !options.quiet { try Console.write(text) }
  }

  /// Prints how a complete training can be continued.
  private func sayComplete() throws {
    let path = options.resume ?? saver.place.path
    let line = Invocation.line(.train, ["--resume", path])
    try say(
      "The training in \(path) is complete after \(trainer.steps.counted("steps")); "
        + "it goes on with: \(line) \(more)\n")
  }

  /// Whether the validation loss still fell at the end, and the command that continues.
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
      return "--epochs \(max(settings.epochs, trainer.epochs) * 2)"
    }
    return "--max-steps \(trainer.steps * 2)"
  }

  /// The command that resumes this training.
  private var resumption: String {
    Invocation.line(.train, ["--resume", saver.saved?.path ?? saver.place.path])
  }

  /// Renders all events and saves after each evaluation, to the end or an interruption.
  private mutating func train() throws {
    var (isMeasured, isBest) = (false, false)
    while let event = try trainer.next() {
      try render(event)
      if case .evaluation(let measured) = event { (isMeasured, isBest) = (true, measured.isBest) }
      guard trainer.isBetweenSteps else { continue }
      if isMeasured {
        try trainer.collect()
        try renderer.folder?.save(trainer, isBest: isBest)
        if !trainer.isFinished { try saver.save(trainer) }
        isMeasured = false
      }
      if Ranks.stop(trainer, isAsked: outputFailure != nil), !trainer.isFinished {
        try trainer.collect()
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
