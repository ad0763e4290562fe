import Foundation
import Testing

@Suite(.enabled(if: Peers.have("tensorboard"), Peers.comment)) struct TensorBoardTests {
  /// TensorBoard reads every step and measurement of a training that went on once.
  @Test func tensorBoardReadsATraining() throws {
    try withTemporaryDirectory { directory in
      let flags = [
        "tag", "--hidden", "8", "--batch-size", "8", "--evaluate-every", "10", "--threads", "1",
        "--max-steps", "20", "--tensorboard", "events", "--log", "log.csv",
      ]
      let train = Program("train")
      #expect(try train.run(flags, in: directory).status == 0)
      #expect(try train.run(flags + ["--out", "b.rnnz"], in: directory).status == 1)
      let more = try train.run(
        [
          "--resume", "model.rnnz", "--max-steps", "30", "--tensorboard", "events", "--log",
          "log.csv",
        ], in: directory)
      #expect(more.status == 0, "\(more.error)")
      let found = try Peers.run("read_events.py", directory + "/events").split(separator: "\n")
        .map { $0.split(separator: " ").map(String.init) }
      let losses = found.filter { $0[0] == "train/loss" }
      let rows = try String(contentsOfFile: directory + "/log.csv", encoding: .utf8)
        .split(separator: "\n").dropFirst().map { $0.split(separator: ",") }
      #expect(losses.map { $0[1] } == rows.map { String($0[0]) } && losses.count == 30)
      for (loss, row) in zip(losses, rows) {
        #expect(Float(loss[2]) == Float(row[2]), "step \(row[0])")
      }
      #expect(found.filter { $0[0] == "validation/accuracy" }.map { $0[1] } == ["10", "20", "30"])
    }
  }
}
