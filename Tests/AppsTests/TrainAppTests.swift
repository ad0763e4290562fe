import Foundation
import Testing

@Suite struct TrainAppTests {
  private let program = Program("train")
  private static let small = [
    "--dataset", "tales:20000", "--hidden", "12", "--embedding", "6", "--batch-size", "4",
    "--steps", "16", "--threads", "1",
  ]
  private static let book =
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("shared/data/timemachine.txt").path

  private func run(_ arguments: [String], in directory: String) throws -> Program.Outcome {
    try program.run(arguments, in: directory)
  }

  @Test func trainsSavesAndShowsTheFloor() throws {
    try withTemporaryDirectory { directory in
      let outcome = try run(Self.small + ["--log", "log.csv"], in: directory)
      #expect(outcome.status == 0 && outcome.error.isEmpty)
      #expect(outcome.output.contains("epoch 1 loss: "))
      #expect(outcome.output.contains("the language's own entropy"))
      #expect(outcome.output.contains("saved to model.rnnz"))
      let log = try String(contentsOfFile: directory + "/log.csv", encoding: .utf8)
      #expect(log.hasPrefix("step,epoch,loss,gradient_norm,learning_rate,seconds\n1,1,"))
      #expect(log.split(separator: "\n").count == 1 + 281)
    }
  }

  /// Ctrl-C in the middle of an epoch, and again, and again; in the end the file has the same bytes.
  /// While data are read there is nothing to save: the first signal ends the program.
  @Test func aSignalEndsTheReadingOfData() throws {
    try withTemporaryDirectory { directory in
      let outcome = try Program.shell(
        """
        mkfifo pipe; train --dataset pipe & process=$!; sleep 1; kill $process
        (sleep 5; kill -9 $process) > /dev/null 2>&1 &
        wait $process; echo $?
        """, in: directory)
      #expect(outcome.output == "143\n", "128 + SIGTERM, not SIGKILL: \(outcome.output)")
    }
  }

  @Test func interruptedTrainingEndsWithTheSameFile() throws {
    try withTemporaryDirectory { directory in
      let flags = Self.small + ["--dataset", "tales:80000", "--hidden", "64"]
      #expect(try run(flags + ["--out", "whole.rnnz"], in: directory).status == 0)
      // The log says when some steps are done.
      let log = directory + "/log.csv"
      func isTime(_ lines: Int) -> @Sendable () -> Bool {
        {
          let text = try? String(contentsOfFile: log, encoding: .utf8)
          return (text?.split(separator: "\n").count ?? 0) > lines
        }
      }
      var outcome = try program.run(
        flags + ["--out", "parts.rnnz", "--log", log], in: directory, interruptedWhen: isTime(30))
      var interruptions = 0
      while outcome.status == 130 {
        interruptions += 1
        #expect(outcome.output.hasSuffix("train --resume parts.rnnz\n"))
        outcome = try program.run(
          ["--resume", "parts.rnnz", "--threads", "2", "--log", log],
          in: directory,
          interruptedWhen: interruptions < 3 ? isTime(30 + 200 * interruptions) : nil)
      }
      #expect(outcome.status == 0 && interruptions > 0, "\(outcome.error)")
      let (whole, parts) = (directory + "/whole.rnnz", directory + "/parts.rnnz")
      #expect(
        try Data(contentsOf: URL(fileURLWithPath: whole))
          == Data(contentsOf: URL(fileURLWithPath: parts)))
    }
  }

  /// A stack of blocks is trained, described and gone on with, and writes.
  @Test func blocksAreTrainedResumedAndWrite() throws {
    try withTemporaryDirectory { directory in
      let flags =
        Self.small + ["--cell", "gated-deltanet", "--layers", "4", "--hidden", "8", "--block"]
      let outcome = try run(flags + ["--max-steps", "6"], in: directory)
      #expect(outcome.status == 0, "\(outcome.error)")
      let inspected = try Program("inspect").run(["model.rnnz"], in: directory)
      #expect(inspected.output.contains("gated-deltanet, 4 blocks of 8 units"))
      #expect(inspected.output.contains("rnn.mlp.down_proj.weight_l3"))
      let resumed = try run(["--resume", "model.rnnz", "--max-steps", "9"], in: directory)
      #expect(resumed.status == 0, "\(resumed.error)")
      let written = try Program("generate").run(
        ["--ckpt", "model.rnnz", "--length", "20"], in: directory)
      #expect(written.status == 0 && written.output.count >= 20, "\(written.error)")
      let other = try run(["--resume", "model.rnnz", "--no-block"], in: directory)
      #expect(other.status == 1 && other.error.contains("--block: "), "\(other.error)")
    }
  }

  @Test(arguments: [
    ["--hidden", "0"], ["--hidden", "999999999"], ["--layers", "-1"], ["--dropout", "1"],
    ["--batch-size", "0"], ["--steps", "-7"], ["--epochs", "0"], ["--learning-rate", "nan"],
    ["--clip", "-1"], ["--sampling", "sideways"], ["--cell", "teapot"], ["--threads", "0"],
    ["--preset", "dinner"], ["--seed", "x"], ["--preset", "note"],
  ])
  func nonsenseFlagsExitWithSixtyFour(_ flags: [String]) throws {
    try withTemporaryDirectory { directory in
      let outcome = try run(flags, in: directory)
      #expect(outcome.status == 64, "\(flags): \(outcome.error)")
      #expect(outcome.error.hasPrefix("Error: "))
    }
  }

  @Test(arguments: [
    ["--dataset", "nothing.txt"], ["--dataset", "tales:0"], ["--resume", "nothing.rnnz"],
    ["--dataset", "empty.txt"], ["--dataset", "binary.txt"],
    ["--dataset", "tales:1000", "--batch-size", "600"],
    ["--dataset", "tales:1000", "--log", "no/such/log.csv"],
  ])
  func badFilesGetOneLine(_ flags: [String]) throws {
    try withTemporaryDirectory { directory in
      try Data().write(to: URL(fileURLWithPath: directory + "/empty.txt"))
      try Data([65, 66, 0xff, 67]).write(to: URL(fileURLWithPath: directory + "/binary.txt"))
      let outcome = try run(flags, in: directory)
      #expect(outcome.status == 1, "\(flags): \(outcome.error)")
      #expect(outcome.error.split(separator: "\n").count == 1, "\(outcome.error)")
    }
  }

  @Test(
    .enabled(
      if: FileManager.default.fileExists(atPath: TrainAppTests.book),
      "the book is not on this machine"))
  func theNotesRunFallsAsTheNoteSays() throws {
    try withTemporaryDirectory { directory in
      let outcome = try run(["--preset", "note", "--dataset", Self.book], in: directory)
      let losses = outcome.output.split(separator: "\n").filter { $0.hasPrefix("epoch ") }
        .compactMap { $0.split(separator: " ").last.flatMap { Double($0) } }
      #expect(losses.count == 5)
      #expect(zip(losses, losses.dropFirst()).allSatisfy { $0 > $1 })
      #expect(abs(losses[0] - 3.03) < 0.1 && abs(losses[4] - 2.4) < 0.15, "\(losses)")
    }
  }
}
