import Foundation
import Testing

/// `train --config`, `train --sweep` and `report`.
@Suite struct SeveralRunsTests {
  private let train = Program("train")
  private static let flags = [
    "tag", "--max-steps", "20", "--evaluate-every", "10", "--batch-size", "8", "--threads", "1",
  ]

  private func read(_ path: String) throws -> String {
    try String(contentsOfFile: path, encoding: .utf8)
  }

  private func model(_ path: String) throws -> Data {
    try Data(contentsOf: URL(fileURLWithPath: path))
  }

  /// Training with a run's configuration is that run again, to the bit; flags change it.
  @Test(arguments: [
    flags + ["--hidden", "12", "--cell", "gru", "--optimizer", "sgd:0.9:nesterov"],
    [
      "--dataset", "tales:20000", "--hidden", "8", "--batch-size", "4", "--steps", "16",
      "--max-steps", "12", "--threads", "1", "--tokenizer", "bytes",
    ],
  ])
  func aConfigurationTrainsTheSameAgain(_ flags: [String]) throws {
    try withTemporaryDirectory { directory in
      let first = try train.run(flags + ["--run", "run", "--out", "a.rnnz"], in: directory)
      #expect(first.status == 0, "\(first.error)")
      for (config, out) in [("run", "b.rnnz"), ("run/configuration.json", "c.rnnz")] {
        let again = try train.run(
          ["--config", config, "--threads", "1", "--run", "again-\(out)", "--out", out],
          in: directory)
        #expect(again.status == 0, "\(again.error)")
        #expect(
          try read("\(directory)/again-\(out)/configuration.json")
            == read(directory + "/run/configuration.json"))
        #expect(
          try read("\(directory)/again-\(out)/evaluations.csv")
            == read(directory + "/run/evaluations.csv"))
      }
      let other = try train.run(
        ["--config", "run", "--hidden", "9", "--threads", "1", "--out", "d.rnnz"], in: directory)
      #expect(other.status == 0 && other.output.contains(" x 9 units"), "\(other.output)")
    }
  }

  @Test func aWrongConfigurationIsNamed() throws {
    try withTemporaryDirectory { directory in
      for (content, error) in [
        ("{", "c.json: byte 1: expected JSON, found invalid JSON: "),
        ("[]", "c.json: expected a JSON object, found another value"),
        ("{}", "c.json: kind: expected language-model or sequence-model, found nothing"),
        (#"{"kind":"sequence-model"}"#, "c.json: training: expected an object, found nothing"),
        (
          #"{"kind":"sequence-model","training":{"epochs":"x"},"task":{}}"#,
          "c.json: training.epochs: expected "
        ),
      ] {
        try content.write(toFile: directory + "/c.json", atomically: true, encoding: .utf8)
        let outcome = try train.run("--config", "c.json", in: directory)
        #expect(
          outcome.status == 1 && outcome.error.hasPrefix("Error: " + error), "\(outcome.error)")
        #expect(outcome.error.split(separator: "\n").count == 1)
      }
      // No flag says how a configuration is encoded, nor a run's record.
      try Data(#"{"kind":"é"#.utf8 + [0xC3, 0x28]).write(
        to: URL(fileURLWithPath: directory + "/c.json"))
      let undecoded = ": byte 12: not UTF-8: expected a byte from 0x80 to 0xBF, found 0x28"
      let broken = try Program.shell(
        "train --config c.json; train tag --config c.json; mkdir r; cp c.json r/record.json; report r",
        in: directory)
      #expect(
        broken.error
          == ["c.json", "c.json", "r/record.json"].map { "Error: \($0)\(undecoded)\n" }
          .joined(), "\(broken.error)")
      let missing = try train.run("--config", "nothing.json", in: directory)
      #expect(missing.error == "Error: nothing.json: no such file or directory\n")
    }
  }

  /// Every combination has a folder of its own, as if it were trained alone; one page compares them.
  @Test func aSweepTrainsEveryCombination() throws {
    try withTemporaryDirectory { directory in
      let outcome = try train.run(
        Self.flags + [
          "--sweep", "learning-rate=0.001,0.01", "--sweep", "hidden=8,12", "--run", "sweep",
        ], in: directory)
      #expect(outcome.status == 0, "\(outcome.error)")
      let names = [0.001, 0.01].flatMap { rate in
        [8, 12].map { "learning-rate=\(rate) hidden=\($0)" }
      }
      let found = try FileManager.default.contentsOfDirectory(atPath: directory + "/sweep")
      #expect(Set(found) == Set(names + ["report.html", "sweep.json"]))
      #expect(outcome.output.contains("[4 of 4] \(names[3])\n"))
      let alone = try train.run(
        Self.flags + [
          "--learning-rate", "0.01", "--hidden", "8", "--run", "alone", "--out", "alone.rnnz",
        ], in: directory)
      #expect(alone.status == 0)
      #expect(
        try read("\(directory)/sweep/\(names[2])/evaluations.csv")
          == read(directory + "/alone/evaluations.csv"))
      let page = try read(directory + "/sweep/report.html")
      for name in names { #expect(page.contains("<td>\(name)</td>"), "\(name)") }
      let settings =
        "<tr><td>task.model.hiddenSize</td><td>8</td><td>12</td><td>8</td><td>12</td></tr>"
      #expect(page.contains(settings))
      #expect(page.contains("training.learningRate") && !page.contains("<td>training.epochs</td>"))
      // Speed is measured over half seconds and more, which such a training may not take.
      for chart in ["Validation loss", "Learning rate", "Norm of the gradients"] {
        #expect(page.contains("<b>\(chart)"), "\(chart)")
      }
      for reference in ["http:", "https:", "src=", "href=", "url(", "fetch("] {
        #expect(!page.contains(reference), "\(reference)")
      }
      // The same page by its own program, from the folder of the runs or from each.
      let report = Program("report")
      let whole = try report.run("sweep", "--out", "a.html", in: directory)
      #expect(whole.status == 0, "\(whole.error)")
      let sorted = names.sorted().map { "sweep/" + $0 }
      #expect(try report.run(sorted + ["--out", "b.html"], in: directory).status == 0)
      #expect(try read(directory + "/a.html") == read(directory + "/b.html"))
      let again = try report.run("sweep", "--out", "a.html", in: directory)
      #expect(again.status == 1 && again.error.contains("--overwrite replaces it"))
    }
  }

  /// Runs of a small text, side by side or one after the other, leave the same files. A sweep that was stopped goes on with
  /// its folder alone, and ends with the same files too.
  @Test func aSweepEndsTheSameSideBySideAndStopped() throws {
    try withTemporaryDirectory { directory in
      try String(repeating: "The fox saw a hen. ", count: 200)
        .write(toFile: directory + "/text.txt", atomically: true, encoding: .utf8)
      let sweep = [
        "--dataset", "text.txt", "--hidden", "8", "--batch-size", "4", "--steps", "16",
        "--max-steps", "60", "--evaluate-every", "30", "--sweep", "seed=1,2,3",
      ]
      let side = try train.run(sweep + ["--run", "side", "--parallel", "2"], in: directory)
      #expect(side.status == 0, "\(side.error)")
      #expect(side.output.contains("[3 of 3] seed=3: loss "), "\(side.output)")
      #expect(try read(directory + "/side/seed=1/output.txt").contains("saved to "))
      for (folder, parallel) in [("one", []), ("two", ["--parallel", "2"])] {
        let stopped = try train.run(sweep + parallel + ["--run", folder], in: directory) {
          FileManager.default.fileExists(atPath: "\(directory)/\(folder)/seed=1/model.rnnz")
        }
        #expect(stopped.status == 130, "\(stopped.output)\(stopped.error)")
        #expect(stopped.output.hasSuffix("/train --resume \(folder)\n"), "\(stopped.output)")
        let on = try train.run(["--resume", folder] + parallel, in: directory)
        #expect(on.status == 0, "\(on.output)\(on.error)")
      }
      for (folder, seed) in ["one", "two"].flatMap({ name in (1...3).map { (name, $0) } }) {
        for file in ["evaluations.csv", "samples.txt", "configuration.json"] {
          #expect(
            try read("\(directory)/\(folder)/seed=\(seed)/\(file)")
              == read("\(directory)/side/seed=\(seed)/\(file)"), "\(folder) \(seed) \(file)")
        }
      }
      let complete = try train.run("--resume", "two", in: directory)
      #expect(complete.output.contains("[3 of 3] seed=3: complete already\n"))
      // It has its flags, and heeds no others.
      for flag in [
        ["--max-steps", "90"], ["--max-steps=90"], ["--out", "m.rnnz"], ["--overwrite"],
      ] {
        let changed = try train.run(["--resume", "two"] + flag, in: directory)
        let name = flag[0].prefix { $0 != "=" }
        #expect(
          changed.status == 64
            && changed.error.hasPrefix("Error: \(name): a sweep that goes on has its flags in "),
          "\(changed)")
      }
      let again = try train.run(sweep + ["--run", "side"], in: directory)
      #expect(again.status == 1 && again.error.contains("side: a sweep is there already: "))
      // A run that fails is named, and the others go on.
      let failed = try train.run(
        sweep.dropLast() + [
          "learning-rate=0.01,3e38", "--clip", "0", "--run", "f", "--parallel", "2",
        ], in: directory)
      #expect(failed.error.hasPrefix("Error: learning-rate=3e38: "), "\(failed.error)")
      #expect(failed.status == 1 && failed.output.contains("learning-rate=0.01: loss "))
      let over = try train.run("--resume", "f", in: directory)
      #expect(over.status == 1 && over.output.contains("learning-rate=3e38: diverged already\n"))
      // So it is whatever the failure is: here a text that is too short for a batch.
      for parallel in [[], ["--parallel", "2"]] {
        let short = try train.run(
          sweep.dropLast() + ["batch-size=65536,4", "--run", "s", "--overwrite"] + parallel,
          in: directory)
        #expect(short.status == 1 && short.output.contains("batch-size=4\n"), "\(short)")
        #expect(short.error.hasPrefix("Error: batch-size=65536: text.txt: expected a text of "))
        #expect(short.error.split(separator: "\n").count == 1)
      }
    }
  }

  @Test(arguments: [
    ["--sweep", "hidden=8"], ["--sweep", "hidden", "--run", "s"], ["--sweep", "=1", "--run", "s"],
    ["--sweep", "hidden=0,8", "--run", "s"], ["--sweep", "tea=1", "--run", "s"],
    ["--sweep", "hidden=8", "--sweep", "hidden=9", "--run", "s"],
    ["--sweep", "hidden=8,8", "--run", "s"], ["--sweep", "out=a,b", "--run", "s"],
    ["--sweep", "hidden=8", "--run", "s", "--out", "m.rnnz"],
    ["--sweep", "hidden=8", "--run", "s", "--resume", "m.rnnz"], ["--parallel", "2"],
    ["--sweep", "hidden=8", "--run", "s", "--parallel", "0"],
  ])
  func aWrongSweepTrainsNothing(_ flags: [String]) throws {
    try withTemporaryDirectory { directory in
      let outcome = try train.run(Self.flags + flags, in: directory)
      #expect(outcome.status == 64 && outcome.error.hasPrefix("Error: "), "\(outcome.error)")
      #expect(try FileManager.default.contentsOfDirectory(atPath: directory).isEmpty)
    }
  }

  @Test func aFolderThatIsNoRunIsNamed() throws {
    try withTemporaryDirectory { directory in
      let report = Program("report")
      let none = try report.run(".", in: directory)
      #expect(
        none.error == "Error: .: expected a folder that `train --run` has made, found none\n")
      let missing = try report.run("nothing", in: directory)
      #expect(missing.error == "Error: nothing: no such file or directory\n")
      let device = try report.run("/dev/null", in: directory)
      #expect(device.error == "Error: /dev/null: expected a directory, found a device\n")
      try "x".write(toFile: directory + "/file", atomically: true, encoding: .utf8)
      let file = try report.run("file", in: directory)
      #expect(file.error == "Error: file: expected a directory, found a file\n")
    }
  }
}
