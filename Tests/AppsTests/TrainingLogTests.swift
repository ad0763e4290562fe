import Foundation
import Programs
import Testing
import Training

/// The files that `--log` and `--tensorboard` write.
@Suite struct TrainingLogTests {
  private static let small = [
    "--dataset", "tales:20000", "--hidden", "8", "--embedding", "4", "--batch-size", "4", "--steps",
    "16", "--threads", "1", "--max-steps", "20", "--evaluate-every", "10",
  ]

  /// Each line is an object; training that goes on removes the lines of steps that are trained again.
  @Test func aLogMayBeJSONLines() throws {
    try withTemporaryDirectory { directory in
      func objects() throws -> [[String: Any]] {
        try String(contentsOfFile: directory + "/log.jsonl", encoding: .utf8)
          .split(separator: "\n").map {
            try #require(JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
          }
      }
      let log = ["--log", "log.jsonl"]
      #expect(try Program("train").run(Self.small + log, in: directory).status == 0)
      var steps = try objects().filter { $0["loss"] is Double }
      #expect(steps.map { $0["step"] as? Int } == (1...20).map { $0 })
      #expect(steps.allSatisfy { $0["gradient_norm"] is Double && $0["seconds"] is Double })
      let measured = try objects().compactMap { $0["validation"] as? [String: Any] }
      #expect(measured.count == 2 && measured.allSatisfy { $0["perplexity"] is Double })
      // A line of a step that the file's model does not have.
      let file = try FileHandle(forUpdating: URL(fileURLWithPath: directory + "/log.jsonl"))
      try file.seekToEnd()
      try file.write(contentsOf: Data("{\"loss\":9,\"step\":21}\n".utf8))
      try file.close()
      let more = ["--resume", "model.rnnz", "--max-steps", "25"] + log
      #expect(try Program("train").run(more, in: directory).status == 0)
      steps = try objects().filter { $0["loss"] is Double }
      #expect(steps.map { $0["step"] as? Int } == (1...25).map { $0 })
      #expect(steps.allSatisfy { $0["loss"] as? Double != 9 })
    }
  }

  /// No training ends for its log, but what the disk does not take is said, once.
  @Test(
    .enabled(if: FileManager.default.fileExists(atPath: "/dev/full")), arguments: ["", ".jsonl"])
  func aLogOnAFullDiskIsSaid(_ ending: String) throws {
    try withTemporaryDirectory { directory in
      let log = directory + "/full" + ending
      try FileManager.default.createSymbolicLink(
        atPath: log, withDestinationPath: "/dev/full")
      let outcome = try Program("train").run(
        Self.small + ["--quiet", "--log", log, "--overwrite"], in: directory)
      #expect(outcome.status == 0)
      #expect(
        outcome.error
          == "Error: \(log): no space left on the disk; the rest of this file is left out\n")
      #expect(FileManager.default.fileExists(atPath: directory + "/model.rnnz"))
    }
  }

  @Test func quietTrainingSaysNothing() throws {
    try withTemporaryDirectory { directory in
      let outcome = try Program("train").run(Self.small + ["--quiet"], in: directory)
      #expect(outcome.status == 0 && outcome.output.isEmpty && outcome.error.isEmpty)
      #expect(FileManager.default.fileExists(atPath: directory + "/model.rnnz"))
      let refused = try Program("train").run(
        Self.small + ["--quiet", "--out", "model.rnnz"], in: directory)
      #expect(refused.status == 1 && refused.error.hasPrefix("Error: model.rnnz: "))
    }
  }

  @Test func theChecksumIsThatOfTheStandard() {
    // The check value of RFC 3720, and 32 zero bytes of its appendix B.4.
    #expect(CRC32C.value(Array("123456789".utf8)) == 0xE306_9283)
    #expect(CRC32C.value([UInt8](repeating: 0, count: 32)) == 0x8A91_36AA)
  }

  /// The bytes that TensorFlow writes for the same numbers.
  @Test func anEventFileHasTensorFlowsBytes() throws {
    try withTemporaryDirectory { directory in
      let folder = directory + "/events"
      let file = try TensorBoardFile(folder: folder, seconds: 1_700_000_000)
      file.note(
        .evaluation(
          .init(
            step: 300, isBest: true,
            evaluation: Evaluation(loss: 0.5, metrics: [.init("exact match", 0.25)]))),
        seconds: 1_700_000_001.5)
      let bytes = try Data(
        contentsOf: URL(fileURLWithPath: folder + "/events.out.tfevents.1700000000.swift-rnn"))
      #expect(bytes.base64EncodedString() == Self.recorded, "\(bytes.base64EncodedString())")
    }
  }

  /// Recorded in an environment of `make interop-peers` by
  ///
  ///     from tensorboard.compat.proto import event_pb2, summary_pb2
  ///     from tensorboard.summary.writer.record_writer import RecordWriter
  ///     import base64, io
  ///     out = io.BytesIO(); writer = RecordWriter(out)
  ///     writer.write(event_pb2.Event(
  ///       wall_time=1700000000, file_version="brain.Event:2").SerializeToString())
  ///     value = summary_pb2.Summary.Value
  ///     writer.write(event_pb2.Event(
  ///       wall_time=1700000001.5, step=300, summary=summary_pb2.Summary(value=[
  ///         value(tag="validation/loss", simple_value=0.5),
  ///         value(tag="validation/exact_match", simple_value=0.25)])).SerializeToString())
  ///     writer.flush(); print(base64.b64encode(out.getvalue()).decode())
  private static let recorded = """
    GAAAAAAAAACjf0siCQAAAED8VNlBGg1icmFpbi5FdmVudDoy7O2PnUUAAAAAAAAA6+ZosAkAAGBA/FTZQRCs\
    Aio3ChYKD3ZhbGlkYXRpb24vbG9zcxUAAAA/Ch0KFnZhbGlkYXRpb24vZXhhY3RfbWF0Y2gVAACAPhAws7s=
    """
}
