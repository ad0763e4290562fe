import AppSupport
import ArgumentParser
import Datasets
import Training

/// A training from its first line to its last: what all commands do with their trainers.
struct Session<Task: TrainingTask> {
  private var trainer: Trainer<Task>
  private let options: RunOptions
  private var renderer: Renderer
  /// The step after which the model was saved last.
  private var savedStep: Int?

  init(
    _ trainer: Trainer<Task>, _ options: RunOptions, levels: TaskLevels? = nil
  ) throws {
    self.trainer = trainer
    self.options = options
    renderer = try Renderer(trainer, options, levels: levels)
  }

  /// Trains, saves, and says at the end what came of it.
  mutating func run(summary: (Trainer<Task>) -> Summary) throws {
    for hint in trainer.task.hints { Console.error.write("Hint: \(hint)\n") }
    Console.output.write("\(trainer.task.line), \(trainer.settings.line)\n")
    do {
      try train()
    } catch let divergence as Divergence {
      if savedStep == nil { try save() }
      throw Failure(
        "\(divergence); the model of step \(savedStep ?? 0) is in \(options.out)")
    }
    try save()
    guard trainer.isFinished else {
      Console.output.write(
        "Stopped after step \(trainer.steps). Go on with: train --resume \(options.out)\n")
      throw ExitCode(130)
    }
    if options.plot { Console.output.write(TerminalPlot(renderer.record).text + "\n") }
    let report = options.run.map { ", report in \($0)/report.html" } ?? ""
    let summary = summary(trainer)
    Console.output.write(
      "\(summary.verdict)saved to \(options.out)\(report)\n\n\(summary.samples)")
  }

  /// Goes from event to event, and saves after each measurement, to its end or to an interruption.
  private mutating func train() throws {
    var (isMeasured, isBest) = (false, false)
    while let event = try trainer.next() {
      try renderer.render(event)
      if case .evaluation(let measured) = event { (isMeasured, isBest) = (true, measured.isBest) }
      guard trainer.isBetweenSteps else { continue }
      if isMeasured {
        try renderer.folder?.save(trainer, isBest: isBest)
        if !trainer.isFinished { try save() }
        isMeasured = false
      }
      if Interruption.isRequested, !trainer.isFinished {
        try renderer.render(.stopped(steps: trainer.steps))
        return
      }
    }
  }

  private mutating func save() throws {
    try trainer.save(to: options.out)
    savedStep = trainer.steps
  }
}
