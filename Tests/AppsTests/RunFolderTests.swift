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
        "<th>command</th><td>", "<th>started</th><td>20", "<td>swift-rnn ", ", step 60: ", "Loss",
        "Learning rate", "Norm of the gradients", "IDIOM", "Memory",
      ] {
        #expect(report.contains(word), "\(word)")
      }
      for reference in ["http:", "https:", "src=", "href=", "url(", "@import", "<script"] {
        #expect(!report.contains(reference), "\(reference)")
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

  private static let browser = ["/usr/bin/chromium", "/usr/bin/chromium-browser"].first {
    FileManager.default.isExecutableFile(atPath: $0)
  }

  /// A browser without a network renders the page: the curves are visible in their colours.
  @Test(.enabled(if: RunFolderTests.browser != nil, "no Chromium on this machine"))
  func aBrowserDrawsTheReport() throws {
    let browser = try #require(Self.browser)
    try withTemporaryDirectory { directory in
      #expect(try train.run(Self.flags, in: directory).status == 0)
      let picture = directory + "/report.png"
      let outcome = try Program(path: browser).run(
        "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run",
        "--user-data-dir=\(directory)/profile", "--proxy-server=127.0.0.1:9",
        "--window-size=1400,1800", "--screenshot=\(picture)",
        "file://\(directory)/run/report.html")
      #expect(outcome.status == 0, "\(outcome.error)")
      let bytes = try Data(contentsOf: URL(fileURLWithPath: picture))
      // An empty page of this size takes about 10 kB.
      #expect(bytes.prefix(4) == Data([0x89, 0x50, 0x4E, 0x47]) && bytes.count > 60_000)
    }
  }
}
