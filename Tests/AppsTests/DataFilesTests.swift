import Foundation
import Testing

/// Files of samples and of text as inputs of `train`, `predict`, `evaluate` and `generate`.
@Suite struct DataFilesTests {
  private let train = Program("train")
  private let predict = Program("predict")
  private let evaluate = Program("evaluate")
  private static let quick = [
    "--max-steps", "4", "--hidden", "8", "--batch-size", "4", "--threads", "1",
  ]

  private static let reviews =
    "review,stars\n"
    + (0..<40).map { "\"\($0 % 2 == 0 ? "good, very good" : "poor")\",\($0 % 2)\n" }.joined()

  /// For each command a file, its content, further flags, and an input line for its model.
  private static let files: [(command: String, name: String, text: String, flags: [String])] = [
    ("classify", "reviews.csv", reviews, ["--columns", "review,stars"]),
    ("classify", "words.csv", reviews, ["--tokenizer", "words", "--vocabulary-size", "50"]),
    (
      "classify", "reviews.jsonl",
      (0..<40).map { "{\"text\": \"a\($0)\", \"label\": \($0 % 2)}\n" }.joined(), []
    ),
    (
      "forecast", "series.csv",
      "day,a,b\n" + (0..<600).map { "x,\($0 % 7),\($0 % 5)\n" }.joined(),
      ["--columns", "a,b", "--window", "20", "--horizon", "2"]
    ),
    (
      "tag", "tags.conll", String(repeating: "the D\ncat N\n\na D\ndog N\nran V\n\n", count: 20), []
    ),
    ("translate", "pairs.tsv", (0..<40).map { "a\($0)\tb\($0)\n" }.joined(), []),
  ]

  @Test(arguments: files.indices)
  func aFileIsTrainedOnMeasuredAndGoneOnWith(_ index: Int) throws {
    let (command, name, text, flags) = Self.files[index]
    try withTemporaryDirectory { directory in
      try text.write(toFile: "\(directory)/\(name)", atomically: true, encoding: .utf8)
      let flags = [command, "--data", name] + flags + Self.quick
      let trained = try train.run(flags, in: directory)
      #expect(trained.status == 0 && trained.error.isEmpty, "\(trained.error)")
      for data in [[], ["--data", name]] {
        let measured = try evaluate.run(["--ckpt", "model.rnnz"] + data, in: directory)
        #expect(measured.status == 0 && measured.output.contains("loss "), "\(measured.error)")
      }
      let more = try train.run(
        ["--resume", "model.rnnz", "--max-steps", "6", "--threads", "1"], in: directory)
      #expect(more.status == 0, "\(more.error)")
    }
  }

  /// Of a format and of a dataset.
  @Test func namesThatFilesHaveTooAreTold() throws {
    try withTemporaryDirectory { directory in
      for label in ["good", "poor"] {
        let folder = "\(directory)/folder/\(label)"
        try FileManager.default.createDirectory(
          atPath: folder, withIntermediateDirectories: true)
        for number in 0..<6 {
          try Data("\(label) \(number)".utf8).write(
            to: URL(fileURLWithPath: "\(folder)/\(number).txt"))
        }
      }
      try Data("x".utf8).write(to: URL(fileURLWithPath: directory + "/idioms"))
      let read = try train.run(["classify", "--data", "folder"] + Self.quick, in: directory)
      #expect(read.status == 0 && read.output.contains("2 classes; 12 files"), "\(read.error)")
      let named = try train.run(
        ["tag", "--data", "idioms", "--overwrite"] + Self.quick, in: directory)
      #expect(
        named.error == "idioms is a dataset of this program; the file of that name is ./idioms\n")
    }
  }

  @Test func malformedRowsAreNamedOrCounted() throws {
    try withTemporaryDirectory { directory in
      let text = Self.reviews + "alone\n" + "ba\"d,1\n" + Self.reviews.dropFirst(13)
      try text.write(toFile: directory + "/r.csv", atomically: true, encoding: .utf8)
      let flags = ["classify", "--data", "r.csv"] + Self.quick
      let refused = try train.run(flags, in: directory)
      #expect(refused.status == 1)
      #expect(
        refused.error == "Error: r.csv:42:1: expected 2 fields, found 1; "
          + "--skip-bad-rows leaves such rows out\n")
      let passed = try train.run(flags + ["--skip-bad-rows"], in: directory)
      #expect(passed.status == 0)
      #expect(
        passed.error == "Passed over 2 malformed rows; the first: "
          + "r.csv:42:1: expected 2 fields, found 1\n")
    }
  }

  @Test(arguments: [
    ["--tokenizer", "bytes"], ["--tokenizer", "words", "--vocabulary-size", "300"],
    ["--tokenizer", "bpe", "--vocabulary-size", "300"],
  ])
  func aTextIsLearntByAnyTokens(_ flags: [String]) throws {
    try withTemporaryDirectory { directory in
      let small = [
        "--dataset", "tales:20000", "--embedding", "6", "--steps", "8",
      ]
      let trained = try train.run(small + Self.quick + flags, in: directory)
      #expect(trained.status == 0, "\(trained.error)")
      #expect(trained.output.contains(" nats a token; "), "\(trained.output)")
      let written = try Program("generate").run(
        "--ckpt", "model.rnnz", "--prompt", "Once ", "--length", "20", in: directory)
      #expect(written.status == 0 && written.output.hasPrefix("Once "), "\(written.error)")
      let more = try train.run(
        ["--resume", "model.rnnz", "--max-steps", "6", "--threads", "1"], in: directory)
      #expect(more.status == 0, "\(more.error)")
    }
  }

  @Test(arguments: [
    ["--tokenizer", "runes"], ["--tokenizer", "bpe", "--vocabulary-size", "9"],
    ["--vocabulary-size", "300"], ["classify", "--tokenizer", "bytes", "--vocabulary-size", "3"],
  ])
  func tokensThatCannotBeExitWithSixtyFour(_ flags: [String]) throws {
    try withTemporaryDirectory { directory in
      let status = try train.run(flags, in: directory).status
      #expect(status == 64)
    }
  }
}
