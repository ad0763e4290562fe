import Foundation
import Testing

/// The files of `train --run FOLDER`.
@Suite struct RunFolderTests {
  private let train = Program("train")
  private static let flags = [
    "tag", "--max-steps", "60", "--evaluate-every", "20", "--hidden", "16", "--batch-size", "16",
    "--threads", "1", "--run", "run",
  ]

  private func read(_ path: String) throws -> String {
    try String(contentsOfFile: path, encoding: .utf8)
  }

  @Test func holdsEverythingAboutTheRun() throws {
    try withTemporaryDirectory { directory in
      let outcome = try train.run(Self.flags + ["--plot"], in: directory)
      #expect(outcome.status == 0, "\(outcome.error)")
      #expect(outcome.output.contains("loss, validation (o)"))
      let run = directory + "/run"
      let metrics = try read(run + "/metrics.csv").split(separator: "\n")
      #expect(metrics[0] == "step,epoch,loss,gradient_norm,learning_rate,seconds")
      #expect(metrics.count == 61 && metrics[60].hasPrefix("60,1,"))
      let evaluations = try read(run + "/evaluations.csv")
      #expect(evaluations.contains("\n20,loss,") && evaluations.contains("\n60,accuracy,"))
      #expect(try read(run + "/samples.txt").contains("step 40\n"))
      let configuration = try JSONSerialization.jsonObject(
        with: Data(contentsOf: URL(fileURLWithPath: run + "/configuration.json")))
      #expect(((configuration as? [String: Any])?["task"] as? [String: Any])?["dataset"] != nil)
      let checkpoints = try FileManager.default.contentsOfDirectory(atPath: run + "/checkpoints")
      #expect(
        checkpoints.sorted() == [
          "ckpt-20.rnnz", "ckpt-40.rnnz", "ckpt-60.rnnz", "ckpt-best.rnnz",
        ])
      let report = try read(run + "/report.html")
      for word in [
        "<th>command</th><td>", "<th>started</th><td>20", "<td>swift-rnn ", "<th>machine</th><td>",
        "<th>seed</th><td>", "Loss", "gradients ±",
        "Learning rate", "Norm of the gradients", "IDIOM", "Memory",
      ] {
        #expect(report.contains(word), "\(word)")
      }
      for reference in ["http:", "https:", "src=", "href=", "url(", "@import", "fetch("] {
        #expect(!report.contains(reference), "\(reference)")
      }
    }
  }

  /// Numbers that a report can hardly show end no training: targets of any size, an infinite perplexity.
  @Test func hugeNumbersAreRecorded() throws {
    try withTemporaryDirectory { directory in
      let rows = (0..<60).map { "\($0),\($0)e30\n" }.joined()
      try ("x,y\n" + rows).write(
        toFile: directory + "/big.csv", atomically: true, encoding: .utf8)
      for command in [
        "train regress --data big.csv --hidden 4 --max-steps 3",
        "train forecast --data big.csv --hidden 4 --max-steps 3",
        "train --dataset tales:5000 --hidden 8 --batch-size 4 --steps 16 --max-steps 2 --learning-rate 1e5",
      ] {
        let outcome = try Program.shell(
          "\(command) --threads 1 --run run --overwrite --out m.rnnz --plot", in: directory)
        #expect(outcome.status == 0 && outcome.error.isEmpty, "\(outcome)")
        #expect(try read(directory + "/run/record.json").contains(#""ending":"complete""#))
        let again = try Program.shell("report run --out again.html --overwrite", in: directory)
        #expect(again.status == 0, "\(again.error)")
      }
    }
  }

  /// Resumed training continues the report and the tables.
  @Test func goesOnInTheSameFolder() throws {
    try withTemporaryDirectory { directory in
      #expect(try train.run(Self.flags, in: directory).status == 0)
      let outcome = try train.run(
        ["--resume", "model.rnnz", "--max-steps", "80", "--run", "run"], in: directory)
      #expect(outcome.status == 0, "\(outcome.error)")
      #expect(try read(directory + "/run/metrics.csv").split(separator: "\n").count == 81)
      let report = try read(directory + "/run/report.html")
      #expect(report.contains("<tr><th>steps</th><td>80</td></tr>"))
      #expect(report.contains("<td>20</td>") && report.contains("<td>80</td>"))
    }
  }
}
