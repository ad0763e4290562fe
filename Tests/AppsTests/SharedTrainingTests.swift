import Datasets
import DistributedTraining
import FileCore
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

/// A text that one rank of a machine reads for the others.
@Suite struct SharedCorpusTests {
  @Test func aFileIsReadByOneRank() throws {
    let path = FileManager.default.temporaryDirectory.path + "/\(UUID().uuidString).txt"
    try Data("once upon a time".utf8).write(to: URL(fileURLWithPath: path))
    // Only the reading rank has a file.
    let texts = try InProcessExchange.run(ranks: 3) { exchange in
      let own = exchange.rank == 0 ? path : "\(path).missing"
      return try SharedCorpus(TextFile(path: own), ProcessGroup(exchange)).read().text
    }
    #expect(texts == Array(repeating: "once upon a time", count: 3))
    // Bytes that are no text are shared as bytes.
    let bytes: [UInt8] = [0xC3, 0x28, 0xFF, 0, 7]
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    let shared = try InProcessExchange.run(ranks: 3) { exchange in
      let own = exchange.rank == 0 ? path : "\(path).missing"
      return try SharedCorpus(TextFile(path: own), ProcessGroup(exchange)).readBytes()
    }
    #expect(shared == Array(repeating: bytes, count: 3))
    try FileManager.default.removeItem(atPath: path)
  }

  /// A file that is missing is the reading rank's error, of which the others only hear.
  @Test func aMissingFileIsOneError() throws {
    let results = InProcessExchange.results(ranks: 3) { exchange in
      let group = ProcessGroup(exchange)
      do {
        _ = try SharedCorpus(TextFile(path: "/no/such/file.txt"), group).read()
      } catch let error as FileError {
        _ = group.fail(code: 1, message: "\(error)")
        throw error
      }
    }
    #expect(throws: FileError.self) { try results[0].get() }
    for result in results.dropFirst() { #expect(throws: PeerFailure.self) { try result.get() } }
  }
}
