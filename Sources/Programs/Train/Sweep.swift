import ArgumentParser
import FileCore
import ProgramsCore

/// All combinations of some flags' values, one training after the other, into one folder with one report.
///
///     train tag --sweep learning-rate=0.001,0.003 --sweep hidden=64,128 --run sweep
///
/// The folder of each is named after its values: `sweep/learning-rate=0.001 hidden=64`.
struct Sweep {
  private let axes: [(flag: String, values: [String])]
  private let folder: String
  /// The folder for TensorBoard, in which each run has one of its own.
  private let tensorBoard: String?
  private let isQuiet: Bool
  /// The arguments that all trainings have.
  private let shared: [String]

  /// The sweep that the flags ask for; nil where they ask for none.
  ///
  /// - Throws: `ValidationError` for a flag that has no values or occurs twice, or without a folder.
  init?(_ options: RunOptions) throws {
    guard !options.sweep.isEmpty else { return nil }
    guard Ranks.group.ranks == 1 else {
      throw ValidationError("--sweep: expected one process, found \(Ranks.group.ranks)")
    }
    var axes: [(flag: String, values: [String])] = []
    for text in options.sweep {
      let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
      let values = parts.count == 2 ? parts[1].split(separator: ",").map(String.init) : []
      guard let name = parts.first, !values.isEmpty else {
        throw ValidationError("--sweep: expected FLAG=VALUE,VALUE ..., found \(text)")
      }
      let flag = String(name.drop { $0 == "-" })
      guard !axes.contains(where: { $0.flag == flag }), flag != "sweep" else {
        throw ValidationError("--sweep: expected each flag once, found \(flag) again")
      }
      axes.append((flag, values))
    }
    guard let folder = options.run else {
      throw ValidationError("--sweep: expected --run FOLDER, for the runs and their report")
    }
    let others = [("--resume", options.resume), ("--out", options.out), ("--log", options.log)]
    for (flag, value) in others where value != nil {
      throw ValidationError("--sweep: expected no \(flag): each run has its own file")
    }
    self.axes = axes
    self.folder = folder
    tensorBoard = options.tensorboard
    isQuiet = options.quiet
    let own = axes.map { "--\($0.flag)" } + ["--sweep", "--run", "--tensorboard"]
    shared = Self.arguments(Program.arguments, without: own)
  }

  /// Arguments without some options and their values.
  private static func arguments(_ all: [String], without options: [String]) -> [String] {
    var (result, isValue) = ([String](), false)
    for argument in all {
      if isValue {
        isValue = false
      } else if options.contains(argument) {
        isValue = true
      } else if !options.contains(where: { argument.hasPrefix($0 + "=") }) {
        result.append(argument)
      }
    }
    return result
  }

  /// The values of each run, the last flag's values changing first.
  private var combinations: [[String]] {
    axes.reduce([[]]) { known, axis in known.flatMap { start in axis.values.map { start + [$0] } } }
  }

  /// Trains with each combination, and makes the report.
  ///
  /// - Throws: the first wrong value before any training. A training that fails is named, and the others go on.
  func run() throws {
    var commands: [(name: String, place: String, command: any ParsableCommand)] = []
    for values in combinations {
      let chosen = zip(axes, values).map { (flag: $0.flag, value: $1) }
      let name = chosen.map { "\($0.flag)=\($0.value)" }.joined(separator: " ")
      let place = "\(folder)/\(name.replacingSlashes)"
      let flags = chosen.map { "--\($0.flag)=\($0.value)" }
      let events = tensorBoard.map { ["--tensorboard", "\($0)/\(name.replacingSlashes)"] } ?? []
      let command = try Train.parseAsRoot(
        shared + flags + events + ["--run", place, "--out", "\(place)/model.rnnz"])
      commands.append((name, place, command))
    }
    let folders = [tensorBoard].compactMap(\.self) + [folder] + commands.map(\.place)
    for place in folders where System.makeFolder(place) != 0 {
      throw FileError.system(place)
    }
    for (index, entry) in commands.enumerated() {
      if !isQuiet { try Console.write("[\(index + 1) of \(commands.count)] \(entry.name)\n") }
      do {
        var command = entry.command
        try command.run()
      } catch let failure as Failure {
        Console.note("Error: \(entry.name): \(failure)\n")
      }
      if !isQuiet { try Console.write("\n") }
    }
    let places = commands.map(\.place).filter { FilePlace($0 + "/record.json").isTaken }
    let runs = try ComparedRuns(places)
    try runs.save(to: folder + "/report.html")
    guard !isQuiet else { return }
    try Console.write(runs.comparison.text + "\nreport in \(folder)/report.html\n")
  }
}

extension String {
  /// The text as a file's name.
  fileprivate var replacingSlashes: String { String(map { $0 == "/" ? "-" : $0 }) }
}
