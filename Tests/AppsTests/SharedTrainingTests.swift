import Foundation
import Testing

@testable import Programs
@testable import Training

/// A training of several ranks, as the program shows it.
@Suite struct SharedTrainingTests {
  @Test func theSpeedIsThatOfAllRanks() {
    var progress = ProgressText(.lines)
    let start = TrainingEvent.Start(
      parameterCount: 10, choices: nil, unitsPerEpoch: nil, unit: "characters", epochs: 1, steps: 0,
      totalSteps: 4, ranks: 3)
    _ = progress.text(for: .started(start), seconds: 0)
    for number in 1...4 {
      let step = TrainingEvent.Step(
        number: number, epoch: 1, totalSteps: 4, loss: 1, gradientNorm: 1, learningRate: 1,
        units: 500, secondsWaited: 0.25)
      _ = progress.text(for: .step(step), seconds: Double(number))
    }
    let end = progress.text(for: .finished(.complete), seconds: 4)
    #expect(end == "3 ranks: 500 characters/s, 25% on the wire\n")
  }

  /// Cut into shards on one process, a training stops and goes on to the bit; the number of shards cannot change.
  @Test func shardsBelongToATraining() throws {
    let folder = FileManager.default.temporaryDirectory.path + "/\(UUID().uuidString)"
    try FileManager.default.createDirectory(
      atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let train = Program("train")
    let common = [
      "--dataset", "tales:20000", "--hidden", "8", "--batch-size", "8", "--steps", "10", "--wire",
      "bf16", "--schedule", "constant", "--evaluate-every", "1",
    ]
    func run(_ more: String...) throws -> Program.Outcome {
      try train.run(common + more, in: folder)
    }
    #expect(try run("--max-steps", "20", "--shards", "4", "--out", "a.rnnz").status == 0)
    #expect(try run("--max-steps", "11", "--shards", "4", "--out", "b.rnnz").status == 0)
    let other = try train.run("--resume", "b.rnnz", "--shards", "2", in: folder)
    #expect(other.status != 0 && other.error.contains("--shards: found 2"))
    #expect(try train.run("--resume", "b.rnnz", "--max-steps", "20", in: folder).status == 0)
    let files = try ["a", "b"].map {
      try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\($0).rnnz"))
    }
    #expect(files[0] == files[1])
    let tooMany = try run("--shards", "9", "--out", "c.rnnz")
    #expect(tooMany.error.contains("--shards: expected at most a batch's 8 rows, found 9"))
  }
}
