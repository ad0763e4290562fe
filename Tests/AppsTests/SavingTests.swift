import Foundation
import Testing

/// A model is never lost: it is saved where it should be, or somewhere else and said so, and replaces nothing unasked.
@Suite struct SavingTests {
  private let train = Program("train")
  private static let small = [
    "--dataset", "text.txt", "--hidden", "8", "--embedding", "4", "--batch-size", "4", "--steps",
    "16", "--threads", "1", "--max-steps", "6",
  ]

  /// A directory with a text.
  private func withText(_ body: (String) throws -> Void) throws {
    try withTemporaryDirectory { directory in
      let text = (0..<120).map { "It was the \($0)th of many days.\n" }.joined()
      try text.write(toFile: directory + "/text.txt", atomically: true, encoding: .utf8)
      try body(directory)
    }
  }

  private func bytes(_ path: String) throws -> Data {
    try Data(contentsOf: URL(fileURLWithPath: path))
  }

  // MARK: The place

  @Test(arguments: [
    ("missing/m.rnnz", "missing/m.rnnz: no such directory to save to"),
    ("folder", "folder: expected a file to save to, found a directory\n"),
    ("text.txt/m.rnnz", "text.txt/m.rnnz: no such directory to save to"),
    ("m.pt", "m.pt: a training is saved as .rnnz, which convert turns into other formats\n"),
    ("m.onnx", "m.onnx: a training is saved as .rnnz, which convert turns into other formats\n"),
    ("m.ONNX", "m.ONNX: a training is saved as .rnnz, which convert turns into other formats\n"),
    ("m.Pt", "m.Pt: a training is saved as .rnnz, which convert turns into other formats\n"),
    ("/proc/m.rnnz", "/proc/m.rnnz: "),
    ("/dev/null", "/dev/null: expected a file to save to, found a device\n"),
    (String(repeating: "x", count: 256), "File name too long"),
    ("locked/m.rnnz", "locked/m.rnnz: "),
  ])
  func nothingIsTrainedThatCannotBeSaved(_ place: String, _ message: String) throws {
    // The superuser may write everywhere.
    if place.hasPrefix("locked"), getuid() == 0 { return }
    try withText { directory in
      for (name, mode) in [("folder", 0o700), ("locked", 0o500)] {
        try FileManager.default.createDirectory(
          atPath: "\(directory)/\(name)", withIntermediateDirectories: false,
          attributes: [.posixPermissions: mode])
      }
      for command in [["text"], ["classify", "--max-steps", "2", "--threads", "1"]] {
        let flags = command == ["text"] ? Self.small : []
        let outcome = try train.run(command + flags + ["--out", place], in: directory)
        #expect(outcome.status == 1)
        #expect(outcome.error.contains(message), "\(outcome.error)")
        #expect(outcome.error.split(separator: "\n").count == 1)
        #expect(outcome.output.isEmpty, "nothing begins")
      }
    }
  }

  @Test func theLongestNameAndALinkToNothingAreSavedTo() throws {
    try withText { directory in
      let name = String(repeating: "n", count: 245) + ".rnnz"
      #expect(try train.run(Self.small + ["--out", name], in: directory).status == 0)
      #expect(try bytes("\(directory)/\(name)").count > 64)
      try FileManager.default.createSymbolicLink(
        atPath: directory + "/link.rnnz", withDestinationPath: "target.rnnz")
      let outcome = try train.run(
        Self.small + ["--out", "link.rnnz", "--overwrite"], in: directory)
      #expect(outcome.status == 0, "\(outcome.error)")
      #expect(try bytes(directory + "/target.rnnz").count > 64)
    }
  }

  /// Flags that change what a training does add no step beyond its last one.
  @Test func aTrainingThatHasAllItsStepsIsComplete() throws {
    try withText { directory in
      #expect(try train.run(Self.small + ["--max-steps", "2"], in: directory).status == 0)
      for flags in ["--learning-rate 0.1", "--epochs 7"] {
        let outcome = try Program.shell("train --resume model.rnnz \(flags)", in: directory)
        #expect(outcome.output.contains(" is complete after 2 steps; "), "\(outcome)")
      }
      // A limit that is passed already is not doubled: the command that is printed goes on.
      let on = try Program.shell("train --resume model.rnnz --max-steps 1", in: directory)
      #expect(on.output.hasSuffix("train --resume model.rnnz --max-steps 4\n"), "\(on)")
      let more = try Program.shell(
        "train --resume model.rnnz --max-steps 400 --epochs 3", in: directory)
      #expect(more.status == 0, "\(more)")
      let epochs = try Program.shell("train --resume model.rnnz --epochs 1", in: directory)
      #expect(epochs.output.hasSuffix("train --resume model.rnnz --epochs 6\n"), "\(epochs)")
    }
  }

  @Test func aMisspeltCommandIsNamed() throws {
    try withText { directory in
      let outcome = try train.run(["classfy", "--data", "text.txt"], in: directory)
      #expect(outcome.status == 64)
      #expect(
        outcome.error.hasPrefix("Error: classfy: no such command: expected perhaps classify\n"))
    }
  }

  @Test func aNameThatIsNoUTF8IsRefused() throws {
    try withText { directory in
      let before = try FileManager.default.contentsOfDirectory(atPath: directory)
      let outcome = try Program.shell(
        "train \(Self.small.joined(separator: " ")) --out $'m\\xff.rnnz'", in: directory)
      #expect(outcome.status == 64)
      #expect(outcome.error.contains("expected UTF-8, found other bytes"))
      #expect(try FileManager.default.contentsOfDirectory(atPath: directory) == before)
    }
  }

  // MARK: What is there already

  @Test func nothingIsReplacedUnasked() throws {
    try withText { directory in
      let text = try bytes(directory + "/text.txt")
      try Data(text).write(to: URL(fileURLWithPath: directory + "/other.txt"))
      var outcome = try train.run(Self.small + ["--out", "other.txt"], in: directory)
      #expect(outcome.status == 1 && outcome.output.isEmpty)
      #expect(
        outcome.error
          == "Error: other.txt: a file that is no model is there already: --overwrite replaces it\n"
      )
      #expect(try bytes(directory + "/other.txt") == text)

      // The usual name steps aside.
      #expect(try train.run(Self.small, in: directory).status == 0)
      let model = try bytes(directory + "/model.rnnz")
      outcome = try train.run(Self.small + ["--seed", "2"], in: directory)
      #expect(outcome.status == 0)
      #expect(outcome.error == "model.rnnz is there already: this model goes to model-2.rnnz\n")
      #expect(outcome.output.contains("saved to model-2.rnnz"))
      #expect(try bytes(directory + "/model.rnnz") == model)

      // A name that was asked for does not.
      outcome = try train.run(Self.small + ["--out", "model.rnnz"], in: directory)
      #expect(
        outcome.error
          == "Error: model.rnnz: a model is there already: --overwrite replaces it\n")
      outcome = try train.run(
        Self.small + ["--seed", "2", "--out", "model.rnnz", "--overwrite"], in: directory)
      #expect(outcome.status == 0)
      #expect(try bytes(directory + "/model.rnnz") == bytes(directory + "/model-2.rnnz"))
    }
  }

  @Test func theTargetOfADanglingLinkIsMade() throws {
    try withText { directory in
      try FileManager.default.createSymbolicLink(
        atPath: directory + "/link.rnnz", withDestinationPath: "target.rnnz")
      #expect(try train.run(Self.small + ["--out", "link.rnnz"], in: directory).status == 0)
      #expect(FileManager.default.fileExists(atPath: directory + "/target.rnnz"))
      let outcome = try train.run(Self.small + ["--out", "link.rnnz"], in: directory)
      #expect(outcome.error.contains("link.rnnz: a model is there already"))
    }
  }

  @Test func runFoldersAndLogsAreNotReplacedUnasked() throws {
    try withText { directory in
      let flags = Self.small + ["--run", "run", "--log", "log.csv"]
      #expect(try train.run(flags, in: directory).status == 0)
      let report = try bytes(directory + "/run/report.html")
      for (flags, message) in [
        (["--run", "run"], "run: a run is there already: --overwrite replaces it"),
        (["--log", "log.csv"], "log.csv: a file is there already: --overwrite replaces it"),
      ] {
        let outcome = try train.run(Self.small + flags, in: directory)
        #expect(outcome.status == 1 && outcome.error.contains("Error: \(message)\n"))
      }
      #expect(try bytes(directory + "/run/report.html") == report)
      #expect(try train.run(flags + ["--overwrite"], in: directory).status == 0)
    }
  }

  /// Its loss is no number from the first steps on.
  private static let diverging = ["--learning-rate", "3e38", "--clip", "0", "--max-steps", "50"]

  @Test func aDivergedRunReplacesNoModel() throws {
    try withText { directory in
      #expect(try train.run(Self.small, in: directory).status == 0)
      let model = try bytes(directory + "/model.rnnz")
      var outcome = try train.run(
        Self.small + Self.diverging + ["--out", "model.rnnz", "--overwrite"], in: directory)
      #expect(outcome.status == 1)
      #expect(
        outcome.error.contains(
          "try a learning rate of 3e+37 (--learning-rate 3e+37), or --clip 1, or "))
      #expect(outcome.error.hasSuffix("; nothing was saved: model.rnnz is as it was\n"))
      #expect(try bytes(directory + "/model.rnnz") == model)
      outcome = try train.run(
        ["--resume", "model.rnnz", "--threads", "1"] + Self.diverging, in: directory)
      #expect(outcome.error.hasSuffix("; the model of step 6 is in model.rnnz\n"), "\(outcome)")
      #expect(try bytes(directory + "/model.rnnz") == model)
    }
  }

  /// Going on that makes the model worse, but not so that it diverges, keeps the better one.
  @Test func aWorseModelPutsTheBetterOneAside() throws {
    try withText { directory in
      #expect(try train.run(Self.small + ["--no-keep-best"], in: directory).status == 0)
      let model = try bytes(directory + "/model.rnnz")
      let outcome = try train.run(
        [
          "--resume", "model.rnnz", "--threads", "1", "--max-steps", "9", "--learning-rate", "20",
        ], in: directory)
      #expect(outcome.status == 0, "\(outcome.error)")
      #expect(outcome.error == "The better model of model.rnnz is kept in model-best.rnnz\n")
      #expect(try bytes(directory + "/model-best.rnnz") == model)
    }
  }

  // MARK: Going on

  /// What a program prints works as printed; the model stays in its file and the run in its folder.
  @Test(arguments: ["model.rnnz", "my model's.rnnz"])
  func theCommandThatIsPrintedGoesOn(_ name: String) throws {
    try withText { directory in
      let metrics = directory + "/my run/metrics.csv"
      let long = Self.small + ["--epochs", "4000", "--max-steps", "4000"]
      let stopped = try train.run(
        long + ["--out", name, "--run", "my run"], in: directory, signal: SIGTERM,
        interruptedWhen: {
          (try? String(contentsOfFile: metrics, encoding: .utf8))?.contains("\n5,") ?? false
        })
      #expect(stopped.status == 130, "\(stopped.error)")
      #expect(
        try String(contentsOfFile: directory + "/my run/report.html", encoding: .utf8)
          .contains("<th>status</th><td>stopped</td>"))
      let command = try #require(
        stopped.output.split(separator: "\n").last?.split(separator: ": ").last)
      let step = try #require(stopped.output.firstMatch(of: /Stopped after step (\d+)/))
      let steps = try #require(Int(step.1)) + 50
      let more = try Program.shell("\(command) --max-steps \(steps)", in: directory)
      #expect(more.status == 0, "\(more.error)")
      #expect(more.output.contains("saved to \(name), report in "))
      let rows = try String(contentsOfFile: metrics, encoding: .utf8).split(separator: "\n")
      #expect(rows.count == steps + 1 && rows.last?.hasPrefix("\(steps),") == true)
      let report = try String(contentsOfFile: directory + "/my run/report.html", encoding: .utf8)
      #expect(report.contains("<th>status</th><td>complete</td>"))
      let files = try FileManager.default.contentsOfDirectory(atPath: directory)
      #expect(files.sorted() == [name, "my run", "text.txt"].sorted())
    }
  }

  @Test func aClosedTerminalSavesAsCtrlCDoes() throws {
    try withText { directory in
      let log = directory + "/log.csv"
      let outcome = try train.run(
        Self.small + ["--epochs", "4000", "--max-steps", "4000", "--log", log], in: directory,
        signal: SIGHUP,
        interruptedWhen: {
          (try? String(contentsOfFile: log, encoding: .utf8))?.contains("\n5,") ?? false
        })
      #expect(outcome.status == 130 && outcome.output.contains("Stopped after step "))
      #expect(try bytes(directory + "/model.rnnz").count > 64)
    }
  }

  /// The folder goes while it trains: the model is saved elsewhere.
  @Test func aSaveThatFailsLaterFindsAnotherPlace() throws {
    try withText { directory in
      let log = directory + "/log.csv"
      try FileManager.default.createDirectory(
        atPath: directory + "/models", withIntermediateDirectories: false)
      let outcome = try train.run(
        Self.small + [
          "--epochs", "4000", "--max-steps", "4000", "--log", log, "--out", "models/m.rnnz",
        ], in: directory,
        interruptedWhen: {
          let isTime =
            (try? String(contentsOfFile: log, encoding: .utf8))?.contains("\n5,") ?? false
          if isTime { try? FileManager.default.removeItem(atPath: directory + "/models") }
          return isTime
        })
      #expect(
        outcome.error.contains("models/m.rnnz: no such directory to save to; the model of step "))
      #expect(outcome.error.hasSuffix(" is in m.rnnz\n"), "\(outcome.error)")
      let command = try #require(outcome.output.split(separator: ": ").last)
      #expect(command.hasSuffix("train --resume m.rnnz\n"))
      #expect(try bytes(directory + "/m.rnnz").count > 64)
    }
  }

  @Test func flagsThatContradictTheFileNameBoth() throws {
    try withText { directory in
      #expect(try train.run(Self.small, in: directory).status == 0)
      let model = try bytes(directory + "/model.rnnz")
      for (flags, message) in [
        (["--hidden", "16"], "--hidden: found 16, but model.rnnz is trained with 8"),
        (["--cell", "gru"], "--cell: found gru, but model.rnnz is trained with lstm"),
        (["--steps", "8"], "--steps: found 8, but model.rnnz is trained with 16"),
        (["--seed", "3"], "--seed: found 3, but model.rnnz is trained with 1"),
        (
          ["--optimizer", "sgd"],
          "--optimizer: found sgd, but model.rnnz is trained with adam"
        ),
        (["--normalize"], "--normalize: found composed, but model.rnnz is trained with none"),
        (
          ["--tokenizer", "bytes"],
          "--tokenizer: found bytes, but model.rnnz is trained with character"
        ),
        (["--preset", "note"], "--preset: model.rnnz has a configuration of its own"),
      ] {
        let outcome = try train.run(["--resume", "model.rnnz"] + flags, in: directory)
        #expect(outcome.status == 1 && outcome.output.isEmpty)
        #expect(outcome.error.hasPrefix("Error: \(message)"), "\(outcome.error)")
      }
      let other = try train.run("classify", "--resume", "model.rnnz", in: directory)
      #expect(other.status == 1)
      #expect(other.error.hasPrefix("Error: model.rnnz: holds a language model: "))
      #expect(try bytes(directory + "/model.rnnz") == model)
    }
  }
}

/// Training on a file that goes on.
@Suite struct ResumedFileTests {
  /// A contradiction is said in the words of the flag.
  @Test(arguments: [
    ("--optimizer sgd", "sgd", "adamw"), ("--optimizer sgd:0.9", "sgd:0.9", "adamw"),
    ("--optimizer sgd:0.9:nesterov", "sgd:0.9:nesterov", "adamw"),
    ("--optimizer adam", "adam", "adamw"), ("--init pytorch", "pytorch", "chrono:50:f:i"),
    ("--init chrono:9:f", "chrono:9:f", "chrono:50:f:i"),
    ("--init orthogonal", "orthogonal", "chrono:50:f:i"),
    ("--zoneout cell=0.5", "cell=0.5, hidden=0.1", "hidden=0.1"),
    ("--block-norm layer", "normalization=layer, output=plain", "none"),
  ])
  func contradictionsAreInTheFlagsWords(_ flag: String, _ found: String, _ trained: String) throws {
    try withTemporaryDirectory { directory in
      let flags = "--optimizer adamw --init chrono:50:f:i --zoneout hidden=0.1"
      let first = try Program.shell(
        "train --dataset tales:5000 --hidden 4 --batch-size 2 --steps 4 --max-steps 1 --threads 1 \(flags)",
        in: directory)
      #expect(first.status == 0, "\(first.error)")
      let outcome = try Program.shell("train --resume model.rnnz \(flag)", in: directory)
      let name = flag.hasPrefix("--block") ? "--block" : flag.split(separator: " ")[0]
      #expect(
        outcome.error
          == "Error: \(name): found \(found), but model.rnnz is trained with \(trained), which cannot change\n"
      )
    }
  }

  @Test func flagsOfAFileThatContradictNameBoth() throws {
    try withTemporaryDirectory { directory in
      let rows = (0..<20).map { "film \($0),\($0 % 2)\n" }.joined()
      try ("text,label\n" + rows).write(
        toFile: directory + "/r.csv", atomically: true, encoding: .utf8)
      let trained = try Program.shell(
        "train classify --data r.csv --epochs 1 --hidden 8 --threads 1", in: directory)
      #expect(trained.status == 0, "\(trained.error)")
      for (flags, message) in [
        (
          "--columns label,text", "--columns: found label,text, but model.rnnz is trained with text"
        ),
        ("--format tsv", "--format: found tsv, but model.rnnz is trained with csv"),
        ("--no-bidirectional", "--bidirectional: found false, but model.rnnz is trained with true"),
        (
          "--tokenizer words",
          "--tokenizer: found words (10000), but model.rnnz is trained with character"
        ),
        ("--skip-bad-rows", "--skip-bad-rows: found true, but model.rnnz is trained with false"),
      ] {
        let outcome = try Program.shell(
          "train classify --resume model.rnnz \(flags)", in: directory)
        #expect(outcome.status == 1 && outcome.output.isEmpty)
        #expect(outcome.error == "Error: \(message), which cannot change\n")
      }
      // The same without the subcommand, whose flags are those of texts.
      for (flags, message) in [
        ("--hidden 3", "--hidden: found 3, but model.rnnz is trained with 8, which cannot change"),
        ("--steps 3", "--steps: model.rnnz holds a model of samples, which it is not for"),
      ] {
        let outcome = try Program.shell("train --resume model.rnnz \(flags)", in: directory)
        #expect(outcome.status == 1 && outcome.error == "Error: \(message)\n")
      }
      let over = try Program.shell("train --resume model.rnnz --out other.rnnz", in: directory)
      #expect(over.status == 0)
      let told = try #require(
        over.output.firstMatch(
          of: /The training in model.rnnz is complete after 5 steps; it goes on with: (.*)\n/))
      #expect(told.1.hasSuffix("train --resume model.rnnz --epochs 2"))
      // The command works as it is printed, and the same flags as before are no contradiction.
      let flags = "train classify --resume model.rnnz --epochs 3 --columns text,label --format csv"
      for command in [String(told.1), flags] {
        let more = try Program.shell(command, in: directory)
        #expect(more.status == 0 && !more.output.contains(" is complete "), "\(more)")
      }
    }
  }
}
