import ArgumentParser
import FileCore
import ProgramsCore
import TensorCore
import Training

extension Sweep {
  /// Trains each combination that is not complete, and makes the report.
  ///
  /// - Throws: the first wrong value before any training. A training that fails is named, and the others go on: an
  ///   `ExitCode` of 1 at the end. After Ctrl-C an `ExitCode` of 130, when all that run are saved.
  func run() throws {
    try prepare()
    Interruption.listen()
    let (failures, isStopped) = try width == 1 ? runInOrder() : runSideBySide()
    let isSaved = try saveReport()
    if isStopped {
      try say("Stopped. Go on with: \(Invocation.line(.train, ["--resume", folder]))\n")
      throw ExitCode(130)
    }
    if isSaved { try say("\(try compared().comparison.text)\nreport in \(folder)/report.html\n") }
    if failures > 0 { throw ExitCode(1) }
  }

  private typealias Ending = (failures: Int, isStopped: Bool)

  /// Trains one after the other in this process.
  private func runInOrder() throws -> Ending {
    var failures = failedBefore
    for (index, run) in runs.enumerated() {
      guard try begin(index) else { continue }
      do {
        var command = try run.command(goesOn: goesOn)
        try command.run()
      } catch let code as ExitCode where code == ExitCode(130) {
        return (failures, true)
      } catch let failure as OutputFailure {
        throw failure
      } catch {
        Console.note(error: "\(run.name): \(Program.worded(error))")
        failures += 1
      }
      try say("\n")
    }
    return (failures, false)
  }

  /// The number of runs that have failed for good before this sweep goes on.
  private var failedBefore: Int { goesOn ? runs.count { $0.state == .diverged } : 0 }

  /// Says which run begins; false for one that has ended.
  private func begin(_ index: Int) throws -> Bool {
    let remark: String? =
      switch goesOn ? runs[index].state : .missing {
      case .complete: ": complete already"
      case .diverged: ": diverged already"
      case .missing, .stopped: nil
      }
    try say("[\(index + 1) of \(runs.count)] \(runs[index].name)\(remark ?? "")\n")
    return remark == nil
  }

  // MARK: Side by side

  private typealias Running = (index: Int, slot: Int, process: ChildProcess)

  /// Trains some runs at a time, each in a process with its share of the threads.
  private func runSideBySide() throws -> Ending {
    var failures = failedBefore
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
        if try end(one.index, status) { failures += 1 }
      }
      if ContinuousClock.now - reportedAt > .seconds(10) {
        reportedAt = .now
        // A run may be writing its record just now.
        _ = try? saveReport()
      }
      sleepThread(until: .now + .milliseconds(20))
    }
    return (failures, isStopping)
  }

  private func start(_ run: SweptRun, slot: Int) throws -> ChildProcess {
    let all = ThreadTeam.count
    let share = max(1, all * (slot + 1) / width - all * slot / width)
    let program = Library.current.isWhole ? [Program.train.rawValue] : []
    return try ChildProcess(
      program + run.arguments(goesOn: goesOn, threads: share), output: run.output)
  }

  /// Says how a run ended; whether it failed.
  private func end(_ index: Int, _ status: Int32) throws -> Bool {
    let run = runs[index]
    guard status == 0 || status == 130 else {
      let text = (try? TextSource(run.output).text(limit: 1 << 24)) ?? ""
      let error = text.split(whereSeparator: \.isNewline).last { $0.hasPrefix("Error: ") }
      let message = error.map { String($0.dropFirst("Error: ".count)) }
      Console.note(
        "Error: \(run.name): \(message ?? "ended with status \(status); see \(run.output)")\n")
      return true
    }
    let best = (try? RunFolder.record(in: run.place))?.best
    let result = best.map { "\($0.evaluation.line) (step \($0.step.grouped))" } ?? "not measured"
    try say(
      "[\(index + 1) of \(runs.count)] \(run.name): \(status == 0 ? result : "stopped")\n")
    return false
  }

  // MARK: The report

  private func compared() throws -> ComparedRuns {
    try ComparedRuns(runs.map(\.place).filter { FilePlace($0 + "/record.json").isTaken })
  }

  /// Makes the report; false where no run has begun yet.
  @discardableResult private func saveReport() throws -> Bool {
    guard runs.contains(where: { FilePlace($0.place + "/record.json").isTaken }) else {
      return false
    }
    try compared().save(to: folder + "/report.html")
    return true
  }

  private func say(_ text: String) throws {
    if !isQuiet { try Console.write(text) }
  }
}

extension SweptRun {
  /// What it prints, where runs train side by side.
  fileprivate var output: String { place + "/output.txt" }
}
