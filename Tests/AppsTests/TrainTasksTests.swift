import Foundation
import Testing

/// The sequence tasks of `train`, and `predict` and `evaluate` with their models.
@Suite struct TrainTasksTests {
  private let train = Program("train")
  private let predict = Program("predict")
  private let evaluate = Program("evaluate")

  /// A short training of each shape, and input lines for its model.
  private static let shapes: [(command: [String], input: String, answers: Int)] = [
    (["classify", "--data", "parity:5"], "1 0 1\n011\n", 2),
    (["regress", "--data", "adding:10"], "0.5,1\n0.25,0\n0.5,1\n\n0.1 1; 0.2 1\n", 2),
    (["forecast", "--data", "sines:30"], "x\n0.5\n0.6\n0.7\n", 3),
    (["forecast", "--data", "sines:30", "--quantiles", "0.1,0.9"], "x\n0.5\n0.6\n0.7\n", 3),
    (["regress", "--data", "adding:10", "--likelihood", "student"], "0.5,1\n0.25,0\n", 1),
    (["transcribe", "--data", "morse:2"], "1; 0.9; 0; 0.1\n1; 0\n", 2),
    (["tag", "--crf"], "she was feeling under the weather\n", 1),
    (["tag"], "she was feeling under the weather\n", 1),
    (["translate"], "march third, nineteen ninety-four\n", 1),
    (["names"], "italian\nfinnish\n", 2),
    (["lab", "embedded-reber"], "B T B\n", 1),
  ]
  private static let quick = [
    "--max-steps", "4", "--hidden", "8", "--batch-size", "4", "--threads", "1", "--evaluate-every",
    "4",
  ]

  @Test(arguments: shapes.indices)
  func eachShapeTrainsAndAnswersAndIsMeasured(_ index: Int) throws {
    let (command, input, answers) = Self.shapes[index]
    try withTemporaryDirectory { directory in
      let trained = try train.run(command + Self.quick, in: directory)
      #expect(trained.status == 0, "\(trained.error)")
      #expect(trained.output.contains("step 4: validation loss "))
      // Levels are squared errors, which quantiles and likelihoods are not.
      let hasLevels = !command.contains("--quantiles") && !command.contains("--likelihood")
      #expect(trained.output.contains("is asked for") == hasLevels)
      #expect(trained.output.contains("coverage of 0.8") == !hasLevels)
      try input.write(toFile: directory + "/input.txt", atomically: true, encoding: .utf8)
      let flags = ["--ckpt", "model.rnnz", "input.txt"]
      let text = try predict.run(flags, in: directory)
      #expect(text.status == 0 && text.error.isEmpty, "\(text.error)")
      #expect(text.output.filter { $0 == "\n" }.count == answers, "\(text.output)")
      let lines = try predict.run(flags + ["--json"], in: directory).output.split(separator: "\n")
      #expect(lines.count == answers)
      for line in lines {
        let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
        #expect(object?["answer"] != nil && object?["input"] != nil, "\(line)")
      }
      let measured = try evaluate.run("--ckpt", "model.rnnz", "--json", in: directory)
      #expect(measured.status == 0, "\(measured.error)")
      let object = try JSONSerialization.jsonObject(with: Data(measured.output.utf8))
      let loss = try #require((object as? [String: Any])?["loss"] as? Double)
      let told = try #require(trained.output.firstMatch(of: /validation loss ([0-9.]+)/))
      // Batches of other sizes are summed in another order, and the text is rounded.
      #expect(abs(loss - (Double(told.1) ?? -1)) < 1e-3)
    }
  }

  /// Forecasts of a sequence, each step from the previous ones; a model that can't forecast is an error.
  @Test func forecastsGoOnPastTheEnd() throws {
    try withTemporaryDirectory { directory in
      func make(_ command: [String], _ out: String) throws {
        let trained = try train.run(command + Self.quick + ["--out", out], in: directory)
        #expect(trained.status == 0, "\(trained.error)")
      }
      try make(["forecast", "--data", "sines:30"], "sines.rnnz")
      try make(["tag"], "tags.rnnz")
      let input = directory + "/input.txt"
      try "x\n0.5\n0.6\n".write(toFile: input, atomically: true, encoding: .utf8)
      let outcome = try predict.run(
        "--ckpt", "sines.rnnz", "--ahead", "4", "input.txt", in: directory)
      #expect(outcome.status == 0, "\(outcome.error)")
      #expect(outcome.output.split(separator: ";").count == 4, "\(outcome.output)")
      let refused = try predict.run(
        "--ckpt", "tags.rnnz", "--ahead", "4", "input.txt", in: directory)
      #expect(refused.status == 1 && refused.output.isEmpty)
      #expect(refused.error.contains("tags.rnnz: --ahead: expected a model that forecasts"))
      #expect(
        try predict.run("--ckpt", "sines.rnnz", "--ahead", "0", "input.txt", in: directory).status
          == 64)
    }
  }

  /// Resuming with other data is refused, and the file is unchanged.
  @Test func otherDataAreRefused() throws {
    try withTemporaryDirectory { directory in
      let file = URL(fileURLWithPath: directory + "/model.rnnz")
      let quick = ["--max-steps", "2", "--hidden", "8", "--threads", "1"]
      let trained = try train.run(["--dataset", "tales:20000"] + quick, in: directory)
      #expect(trained.status == 0, "\(trained.error)")
      let before = try Data(contentsOf: file)
      let text = String(repeating: "Another text altogether, of other letters. ", count: 400)
      try text.write(toFile: directory + "/other.txt", atomically: true, encoding: .utf8)
      let refused = try train.run(
        "--resume", "model.rnnz", "--dataset", "other.txt", "--max-steps", "4", in: directory)
      #expect(refused.status == 1, "\(refused.output)")
      #expect(refused.error.split(separator: "\n").count == 1, "\(refused.error)")
      #expect(refused.error.contains("expected") && refused.error.contains("found"))
      #expect(try Data(contentsOf: file) == before)
    }
  }

  /// Training that is resumed for more steps ends like training without a stop.
  @Test func anyTaskGoesOnWithoutItsName() throws {
    try withTemporaryDirectory { directory in
      let flags = ["lab", "parity:5"] + Self.quick + ["--schedule", "constant"]
      #expect(
        try train.run(flags + ["--max-steps", "8", "--out", "whole.rnnz"], in: directory).status
          == 0)
      #expect(try train.run(flags + ["--out", "half.rnnz"], in: directory).status == 0)
      let outcome = try train.run(
        "--resume", "half.rnnz", "--max-steps", "8", "--out", "both.rnnz", in: directory)
      #expect(outcome.status == 0, "\(outcome.error)")
      let files = try ["whole", "both"].map {
        try Data(contentsOf: URL(fileURLWithPath: "\(directory)/\($0).rnnz"))
      }
      #expect(files[0] == files[1])
    }
  }

  @Test(arguments: [
    [], ["text"], ["classify"], ["regress"], ["forecast"], ["tag"], ["translate"], ["transcribe"],
    ["names"], ["lab"],
  ])
  func helpFitsAScreenAndEndsWithAnExample(_ command: [String]) throws {
    let outcome = try train.run(command + ["--help"])
    let lines = outcome.output.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(outcome.status == 0 && lines.count <= 64, "\(command): \(lines.count) lines")
    #expect(outcome.output.contains("Example: train "))
  }

  @Test(arguments: ["predict", "evaluate"])
  func otherHelpFitsAScreenToo(_ name: String) throws {
    let outcome = try Program(name).run("--help")
    #expect(outcome.status == 0 && outcome.output.split(separator: "\n").count <= 60)
    #expect(outcome.output.contains("Example: "))
  }

  @Test func laboratoryListsItsTasks() throws {
    let outcome = try train.run("lab")
    #expect(outcome.status == 0)
    #expect(outcome.output.contains("adding, or adding:STEPS, the sum of two marked numbers"))
  }

  @Test(arguments: [
    ["classify", "--hidden", "0"], ["tag", "--pooling", "none"], ["translate", "--attention", "x"],
    ["forecast", "--schedule", "down"], ["regress", "--learning-rate", "0"],
    ["lab", "--average", "x"],
    ["classify", "--cell", "teapot"], ["classify", "--data", "adding:10"],
    ["names", "--bidirectional"], ["lab", "parity:5", "--freeze", "nothing"],
    ["tag", "--teacher-forcing", "linear"], ["translate", "--bidirectional", "--attention", "dot"],
    ["regress", "--group", "fc"],
  ])
  func nonsenseFlagsExitWithSixtyFour(_ flags: [String]) throws {
    try withTemporaryDirectory { directory in
      let outcome = try train.run(flags, in: directory)
      #expect(outcome.status == 64, "\(flags): \(outcome.error)")
      #expect(outcome.error.hasPrefix("Error: "))
    }
  }

  @Test(arguments: [
    ["classify", "--data", "teapot"], ["lab", "adding:x"],
    ["classify", "--resume", "nothing.rnnz"],
    ["lab", "parity:5", "--max-steps", "2", "--run", "no/such/folder"],
  ])
  func badDataGetOneLine(_ flags: [String]) throws {
    try withTemporaryDirectory { directory in
      let outcome = try train.run(flags, in: directory)
      #expect(outcome.status == 1, "\(flags): \(outcome.error)")
      #expect(outcome.error.split(separator: "\n").count == 1, "\(outcome.error)")
    }
  }

  /// The error for a wrong input line names the file, the line, and what was expected.
  @Test func linesThatAreNoInputsAreNamed() throws {
    try withTemporaryDirectory { directory in
      let flags = ["names"] + Self.quick
      #expect(try train.run(flags, in: directory).status == 0)
      try "italian\nklingon\n".write(
        toFile: directory + "/input.txt", atomically: true, encoding: .utf8)
      let outcome = try predict.run("--ckpt", "model.rnnz", "input.txt", in: directory)
      #expect(outcome.status == 1)
      #expect(
        outcome.error == "Error: input.txt:2: expected one of dutch, english, finnish, german, "
          + "greek, italian, japanese, russian, found klingon\n")
      let generated = try Program("generate").run("--ckpt", "model.rnnz", in: directory)
      #expect(generated.status == 1)
      #expect(
        generated.error
          == "Error: model.rnnz: expected a language model, found another: predict runs it\n")
    }
  }

  /// `predict` and `evaluate` work with language models too: they continue lines and measure perplexity.
  @Test func languageModelsContinueLinesAndAreMeasured() throws {
    try withTemporaryDirectory { directory in
      let flags = [
        "--dataset", "tales:5000", "--hidden", "8", "--batch-size", "4", "--steps", "16",
        "--max-steps", "5", "--threads", "1",
      ]
      #expect(try train.run(flags, in: directory).status == 0)
      try "Once\n".write(toFile: directory + "/input.txt", atomically: true, encoding: .utf8)
      let outcome = try predict.run(
        "--ckpt", "model.rnnz", "input.txt", "--length", "5", in: directory)
      #expect(outcome.status == 0 && outcome.output.hasPrefix("Once"), "\(outcome.error)")
      let own = try evaluate.run("--ckpt", "model.rnnz", in: directory)
      #expect(own.status == 0 && own.output.contains("bits per character "), "\(own.error)")
      let other = try evaluate.run("--ckpt", "model.rnnz", "--data", "tales:2000", in: directory)
      #expect(other.status == 0 && other.output.contains("perplexity "), "\(other.error)")
    }
  }

  /// Diverging training reports where and what to try, and keeps the model of its last evaluation.
  @Test func divergenceKeepsTheLastGoodModel() throws {
    try withTemporaryDirectory { directory in
      let flags = [
        "lab", "sines:30", "--learning-rate", "1e30", "--optimizer", "sgd", "--schedule",
        "constant",
        "--clip", "0", "--hidden", "8", "--max-steps", "50", "--threads", "1", "--run", "run",
      ]
      let outcome = try train.run(flags, in: directory)
      #expect(outcome.status == 1)
      #expect(outcome.error.contains("training diverged at step 2: "), "\(outcome.error)")
      #expect(outcome.error.contains("try a learning rate of 1e+29"))
      #expect(outcome.error.contains("the model of step 1 is in model.rnnz"))
      #expect(try predict.run("--ckpt", "model.rnnz", "/dev/null", in: directory).status == 0)
      let report = try String(contentsOfFile: directory + "/run/report.html", encoding: .utf8)
      #expect(report.contains("training diverged at step 2"))
    }
  }
}
