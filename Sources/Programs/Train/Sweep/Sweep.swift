import ArgumentParser
import FileCore
import ProgramsCore

/// All combinations of some flags' values, each a training, into one folder with one report.
///
///     train tag --sweep learning-rate=0.001,0.003 --sweep hidden=64,128 --run sweep
///
/// The folder of each is named after its values: `sweep/learning-rate=0.001 hidden=64`. `--parallel N` trains N of them at a
/// time, in processes that share the threads; the results are the same to the bit. `train --resume sweep` goes on with a
/// sweep that was stopped.
struct Sweep {
  /// The combinations, the last flag's values changing first.
  let runs: [SweptRun]
  let folder: String
  let isQuiet: Bool
  /// How many runs train at a time.
  let width: Int
  /// Whether runs that are there are gone on with, or left as they are where they are complete.
  let goesOn: Bool
  private let isReplacing: Bool
  /// The arguments that began the sweep.
  private let arguments: [String]

  /// The sweep that the flags ask for, a new one or one that goes on; nil where they ask for none.
  ///
  /// - Throws: `ValidationError` for a flag that has no values or occurs twice, without a folder, or for a flag of the
  ///   training where a sweep goes on.
  init?(_ options: RunOptions) throws {
    if let path = options.resume, let saved = try SweepFile(in: path) {
      try Self.checkFlagsOfGoingOn()
      var own = try saved.options
      own.run = path
      (own.resume, own.overwrite) = (nil, false)
      own.parallel = options.parallel ?? own.parallel
      own.quiet = options.quiet
      own.threads = options.threads
      try self.init(own, saved.arguments, goesOn: true)
    } else if options.sweep.isEmpty {
      if options.parallel != nil { throw ValidationError("--parallel: expected --sweep too") }
      return nil
    } else {
      try self.init(options, Program.arguments, goesOn: false)
    }
  }

  private init(_ options: RunOptions, _ arguments: [String], goesOn: Bool) throws {
    guard Ranks.group.ranks == 1 else {
      throw ValidationError("--sweep: expected one process, found \(Ranks.group.ranks)")
    }
    guard let folder = options.run else {
      throw ValidationError("--sweep: expected --run FOLDER, for the runs and their report")
    }
    let others = [("--resume", options.resume), ("--out", options.out), ("--log", options.log)]
    for (flag, value) in others where value != nil {
      throw ValidationError("--sweep: expected no \(flag): each run has its own file")
    }
    let axes = try Self.axes(options.sweep)
    (self.folder, self.goesOn, self.arguments) = (folder, goesOn, arguments)
    (isQuiet, isReplacing, width) = (options.quiet, options.overwrite, options.parallel ?? 1)
    let own =
      axes.map { "--\($0.flag)" } + [
        "--sweep", "--run", "--tensorboard", "--threads", "--parallel",
      ]
    let shared = Self.arguments(arguments, without: own).filter { $0 != "--quiet" }
    let machine =
      (options.threads.map { ["--threads", "\($0)"] } ?? []) + (isQuiet ? ["--quiet"] : [])
    runs = Self.combinations(axes).map { chosen in
      SweptRun(
        name: chosen.map { "\($0.flag)=\($0.value)" }.joined(separator: " "), in: folder,
        shared + chosen.map { "--\($0.flag)=\($0.value)" }, machine: machine,
        tensorBoard: options.tensorboard)
    }
  }

  /// Refuses the flags that a sweep which goes on would not heed.
  private static func checkFlagsOfGoingOn() throws {
    let others = arguments(Program.arguments, without: ["--resume", "--parallel", "--threads"])
    guard let flag = others.first(where: { $0.hasPrefix("--") && $0 != "--quiet" }) else { return }
    let name = flag.prefix { $0 != "=" }
    throw ValidationError("\(name): a sweep that goes on has its flags in its folder")
  }

  private typealias Axis = (flag: String, values: [String])

  private static func axes(_ texts: [String]) throws -> [Axis] {
    var axes: [Axis] = []
    for text in texts {
      let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
      let values = parts.count == 2 ? parts[1].split(separator: ",").map(String.init) : []
      guard let name = parts.first, !values.isEmpty else {
        throw ValidationError("--sweep: expected FLAG=VALUE,VALUE ..., found \(text)")
      }
      let flag = String(name.drop { $0 == "-" })
      guard !axes.contains(where: { $0.flag == flag }), flag != "sweep" else {
        throw ValidationError("--sweep: expected each flag once, found \(flag) again")
      }
      if ["out", "run", "resume", "config"].contains(flag) {
        throw ValidationError("--sweep: expected a flag of the training, found \(flag)")
      }
      if let twice = values.first(where: { value in values.count { $0 == value } > 1 }) {
        throw ValidationError("--sweep: expected different values of \(flag), found \(twice) twice")
      }
      axes.append((flag, values))
    }
    return axes
  }

  private static func combinations(_ axes: [Axis]) -> [[(flag: String, value: String)]] {
    axes.reduce([[]]) { known, axis in
      known.flatMap { start in axis.values.map { start + [(axis.flag, $0)] } }
    }
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

  /// Makes the folders, and notes how the sweep was begun.
  ///
  /// - Throws: the first wrong value, before anything is made; ``Failure`` where another sweep is there.
  func prepare() throws {
    for run in runs { _ = try run.command() }
    guard goesOn || isReplacing || !FilePlace(SweepFile.path(in: folder)).isTaken else {
      let line = Invocation.line(.train, ["--resume", folder])
      throw Failure("\(folder): a sweep is there already: --overwrite replaces it, \(line) goes on")
    }
    let tensorBoards = runs.compactMap(\.tensorBoard).map { FilePlace($0).folder }
    for place in tensorBoards.prefix(1) + [folder] + runs.map(\.place) {
      try FilePlace(place).makeFolder()
    }
    if !goesOn { try SweepFile(arguments: arguments).write(in: folder) }
  }
}

/// The file `sweep.json` of a sweep's folder: the arguments that began it.
struct SweepFile: Codable {
  /// The arguments after the program's name.
  var arguments: [String]

  /// What the arguments say.
  var options: RunOptions {
    get throws {
      let command = try Train.parseAsRoot(arguments)
      let options =
        (command as? TrainText)?.files ?? (command as? any SequenceCommand)?.options.files
      guard let options else { throw Failure("expected the arguments of a sweep, found others") }
      return options
    }
  }

  init(arguments: [String]) { self.arguments = arguments }

  /// That of a folder; nil where there is none.
  init?(in folder: String) throws {
    let path = Self.path(in: folder)
    guard FilePlace(path).isTaken else { return nil }
    let text = try FlaglessText.read(path, limit: 1 << 20)
    do {
      self = try JSONValue(parsing: Array(text.utf8), maximumDepth: 8).decoded(as: Self.self)
    } catch {
      throw Failure("\(path): expected the arguments of a sweep, found other content: \(error)")
    }
  }

  static func path(in folder: String) -> String { folder + "/sweep.json" }

  func write(in folder: String) throws {
    try LineFile(Self.path(in: folder), appends: false).write(JSONValue(encoding: self).text)
  }
}
