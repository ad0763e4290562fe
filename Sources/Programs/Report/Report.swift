import ArgumentParser
import FileCore
import ProgramsCore
import Training

package struct Report: ParsableCommand {
  package static let configuration = CommandConfiguration(
    abstract: "Makes one page of several runs: curves, settings that differ, measurements.",
    usage: "report RUN ... [OPTION ...]",
    discussion: """
      A run is a folder that `train --run` has made, or a folder of such folders.
      Example: report runs/small runs/large --out compared.html
      """,
    version: Version.number)

  @Argument(help: "The runs' folders.", completion: .directory)
  var runs: [String]

  @Option(help: "Where the page is saved.", completion: .file())
  var out = "report.html"

  @Flag(help: "Replaces a file that is there already.")
  var overwrite = false

  package init() {}

  package func run() throws {
    let runs = try ComparedRuns(self.runs)
    guard overwrite || !FilePlace(out).isTaken else {
      throw Failure("\(out): a file is there already: --overwrite replaces it")
    }
    try runs.save(to: out)
    try Console.write(runs.comparison.text + "\nreport in \(out)\n")
  }
}

/// The runs of some folders.
struct ComparedRuns {
  /// The runs as one page.
  let comparison: RunComparison

  /// Reads the runs; a folder without one stands for those in it.
  ///
  /// - Throws: ``Failure`` where there is none, or an error of reading.
  init(_ paths: [String]) throws {
    var folders: [String] = []
    for path in paths {
      let path = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
      if FilePlace(path + "/record.json").isTaken {
        folders.append(path)
        continue
      }
      let inside = try Folder.content(of: path).folders
        .filter { FilePlace($0 + "/record.json").isTaken }
      guard !inside.isEmpty else {
        throw Failure("\(path): expected a folder that `train --run` has made, found none")
      }
      folders += inside
    }
    let names = Self.names(of: folders)
    comparison = RunComparison(
      try zip(names, folders).map { name, folder in
        RunComparison.Run(
          name, try RunFolder.record(in: folder), try RunConfiguration(folder).value)
      })
  }

  /// Saves the page.
  func save(to path: String) throws {
    guard FilePlace(path).kind != .device else {
      return try LineFile(path, appends: false).write(comparison.html)
    }
    try AtomicSave(path: path).write([Array(comparison.html.utf8)])
  }

  /// The folders' last names; their whole paths where two are equal.
  private static func names(of folders: [String]) -> [String] {
    let names = folders.map { Folder.name(of: $0) }
    return Set(names).count == names.count ? names : folders
  }
}
