import ArgumentParser
import FileCore
import ProgramsCore
import TensorCore
import Training

extension Sweep {
  /// Trains each combination that is not complete, and makes the report.
  ///
  /// - Throws: the first wrong value before any training. A training that fails is named, and the others go on. After
  ///   Ctrl-C an `ExitCode`, when all that run are saved.
  func run() throws {
    try prepare()
    Interruption.listen()
    let isStopped = try width == 1 ? runInOrder() : runSideBySide()
    try saveReport()
    if isStopped {
      try say("Stopped. Go on with: \(Invocation.line(.train, ["--resume", folder]))\n")
      throw ExitCode(130)
    }
    try say("\(try compared().comparison.text)\nreport in \(folder)/report.html\n")
  }

  /// Trains one after the other in this process; whether it was stopped.
  private func runInOrder() throws -> Bool {
    for (index, run) in runs.enumerated() {
      guard try begin(index) else { continue }
      do {
        var command = try run.command(goesOn: goesOn)
        try command.run()
      } catch let failure as Failure {
        Console.note(error: "\(run.name): \(failure)")
      } catch let code as ExitCode where code == ExitCode(130) {
        return true
      }
      try say("\n")
    }
    return false
  }

  /// Says which run begins; false for one that is complete.
  private func begin(_ index: Int) throws -> Bool {
    let isComplete = goesOn && runs[index].state == .complete
    let remark = isComplete ? ": complete already" : ""
    try say("[\(index + 1) of \(runs.count)] \(runs[index].name)\(remark)\n")
    return !isComplete
  }

  // MARK: Side by side

  private typealias Running = (index: Int, slot: Int, process: ChildProcess)

  /// Trains some runs at a time, each in a process with its share of the threads; whether they were stopped.
  private func runSideBySide() throws -> Bool {
    var (waiting, running) = (runs.indices, [Running]())
    var isStopping = false
    var reportedAt = ContinuousClock.now
    while !waiting.isEmpty && !isStopping || !running.isEmpty {
      if !isStopping, Interruption.isRequested {
        isStopping = true
        for one in running { one.process.interrupt() }
      }
      while !isStopping, running.count < width, let index = waiting.popFirst() {
        guard try begin(index) else { continue }
        let slot = (0..<width).first { slot in !running.contains { $0.slot == slot } } ?? 0
        running.append((index, slot, try start(runs[index], slot: slot)))
      }
      for (place, one) in running.enumerated().reversed() {
        guard let status = one.process.status else { continue }
        running.remove(at: place)
        try end(one.index, status)
      }
      if ContinuousClock.now - reportedAt > .seconds(10) {
        reportedAt = .now
        // A run may be writing its record just now.
        try? saveReport()
      }
      sleepThread(until: .now + .milliseconds(20))
    }
    return isStopping
  }

  private func start(_ run: SweptRun, slot: Int) throws -> ChildProcess {
    let all = ThreadTeam.count
    let share = max(1, all * (slot + 1) / width - all * slot / width)
    let program = Library.current.isWhole ? [Program.train.rawValue] : []
    return try ChildProcess(
      program + run.arguments(goesOn: goesOn, threads: share), output: run.output)
  }

  /// Says how a run ended.
  private func end(_ index: Int, _ status: Int32) throws {
    let run = runs[index]
    guard status == 0 || status == 130 else {
      let text = (try? TextSource(run.output).text(limit: 1 << 24)) ?? ""
      let error = text.split(whereSeparator: \.isNewline).last { $0.hasPrefix("Error: ") }
      let message = error.map { String($0.dropFirst("Error: ".count)) }
      Console.note(
        "Error: \(run.name): \(message ?? "ended with status \(status); see \(run.output)")\n")
      return
    }
    let best = (try? RunFolder.record(in: run.place))?.best
    let result = best.map { "\($0.evaluation.line) (step \($0.step.grouped))" } ?? "not measured"
    try say(
      "[\(index + 1) of \(runs.count)] \(run.name): \(status == 0 ? result : "stopped")\n")
  }

  // MARK: The report

  private func compared() throws -> ComparedRuns {
    try ComparedRuns(runs.map(\.place).filter { FilePlace($0 + "/record.json").isTaken })
  }

  private func saveReport() throws {
    guard runs.contains(where: { FilePlace($0.place + "/record.json").isTaken }) else { return }
    try compared().save(to: folder + "/report.html")
  }

  private func say(_ text: String) throws {
    if !isQuiet { try Console.write(text) }
  }
}

extension SweptRun {
  /// What it prints, where runs train side by side.
  fileprivate var output: String { place + "/output.txt" }
}
