import Foundation
import Testing

/// What `evaluate` measures on a test set of one's own.
@Suite struct EvaluateTests {
  private static let tolerance = 1e-6

  /// Labels and answers; the metrics are scikit-learn 1.9.1's:
  ///
  ///     from sklearn.metrics import accuracy_score, f1_score, precision_recall_fscore_support
  ///     accuracy_score(labels, answers)
  ///     f1_score(labels, answers, average="macro", zero_division=0)
  ///     precision_recall_fscore_support(labels, answers, labels=["bad", "good", "meh", "so-so"], zero_division=0)
  private static let labels = "good bad meh good so-so bad good meh good bad"
  private static let answers = "good bad good bad bad bad good bad bad good"
  private static let (accuracy, macroF1) = (0.4, 0.2361111111)
  private static let classes: [String: [Double]] = [
    "bad": [0.3333333333, 0.6666666667, 0.4444444444], "good": [0.5, 0.5, 0.5],
    "meh": [0, 0, 0], "so-so": [0, 0, 0],
  ]

  /// A model whose answer is the word that its text has, or that its word is.
  private func withModel(_ isTagger: Bool, _ body: (String, String) throws -> Void) throws {
    let pairs = zip(Self.labels.split(separator: " "), Self.answers.split(separator: " "))
    let known = (0..<60).map { $0 % 2 == 0 ? "good" : "bad" }
    try withTemporaryDirectory { directory in
      func write(_ rows: [(word: String, label: String)], to name: String) throws {
        let text =
          isTagger
          ? rows.enumerated().map { "\($1.word) \($1.label)\n" + ($0 % 3 == 2 ? "\n" : "") }
            .joined()
          : "text,label\n" + rows.map { "a \($0.word) film,\($0.label)\n" }.joined()
        try text.write(toFile: "\(directory)/\(name)", atomically: true, encoding: .utf8)
      }
      let ending = isTagger ? "conll" : "csv"
      try write(known.map { ($0, $0) }, to: "train.\(ending)")
      try write(pairs.map { (String($1), String($0)) }, to: "test.\(ending)")
      try write([("good", "meh"), ("bad", "so-so")], to: "none.\(ending)")
      let command = "train \(isTagger ? "tag" : "classify") --data train.\(ending)"
      let trained = try Program.shell(
        "\(command) --hidden 16 --threads 1 --max-steps 40 --learning-rate 0.03", in: directory)
      #expect(trained.status == 0, "\(trained.error)")
      try body(directory, ending)
    }
  }

  @Test(arguments: [false, true])
  func unknownLabelsCountAsWrongAndAreListed(_ isTagger: Bool) throws {
    try withModel(isTagger) { directory, ending in
      let text = try Program.shell(
        "evaluate --ckpt model.rnnz --data test.\(ending)", in: directory)
      #expect(text.status == 0, "\(text.error)")
      #expect(
        text.output.contains("unknown to the model, counted as wrong: meh (2), so-so (1)\n"),
        "\(text.output)")
      let json = try Program.shell(
        "evaluate --ckpt model.rnnz --data test.\(ending) --json", in: directory)
      let object = try #require(
        JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any])
      let accuracy = try #require(object["accuracy"] as? Double)
      #expect(abs(accuracy - Self.accuracy) < Self.tolerance)
      let macroF1 = try #require(object["macro F1"] as? Double)
      #expect(abs(macroF1 - Self.macroF1) < Self.tolerance)
      #expect(object["unknown targets"] as? [String: Int] == ["meh": 2, "so-so": 1])
      let classes = try #require(object["classes"] as? [String: [String: Double]])
      #expect(Set(classes.keys) == Set(Self.classes.keys))
      for (name, numbers) in Self.classes {
        for (measure, number) in zip(["precision", "recall", "F1"], numbers) {
          let found = classes[name]?[measure] ?? .nan
          #expect(abs(found - number) < Self.tolerance, "\(name): \(measure) \(found)")
        }
      }
    }
  }

  @Test(arguments: [false, true])
  func aTestSetOfUnknownLabelsIsRefused(_ isTagger: Bool) throws {
    try withModel(isTagger) { directory, ending in
      let outcome = try Program.shell(
        "evaluate --ckpt model.rnnz --data none.\(ending)", in: directory)
      #expect(outcome.status == 1 && outcome.output.isEmpty)
      #expect(
        outcome.error
          == "Error: --data: expected a label that the model knows, such as bad, good, found meh\n")
    }
  }

  /// The last characters of a text count, however long it is, and unknown ones are listed.
  @Test func aTextIsMeasuredToItsEnd() throws {
    try withTemporaryDirectory { directory in
      let trained = try Program.shell(
        "train --dataset tales:5000 --hidden 8 --batch-size 4 --steps 16 --max-steps 9 --threads 1",
        in: directory)
      #expect(trained.status == 0, "\(trained.error)")
      func loss(_ text: String) throws -> Double {
        try text.write(toFile: "\(directory)/t.txt", atomically: true, encoding: .utf8)
        let outcome = try Program.shell(
          "evaluate --ckpt model.rnnz --data t.txt --json", in: directory)
        #expect(outcome.status == 0, "\(outcome.error)")
        let object = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8))
        let guess = try #require((object as? [String: Any])?["guessing"] as? [String: Any])
        #expect(guess["method"] as? String == "by the frequencies of tokens")
        return try #require((object as? [String: Any])?["loss"] as? Double)
      }
      let start = String(repeating: "the dog ate the cat. ", count: 14)
      #expect(try loss(start + "the end") != loss(start + "QQQQQQQ"))
      #expect(try loss("a dog") > 0)
      try "the caf\u{E9} \u{E9}".write(
        toFile: "\(directory)/t.txt", atomically: true, encoding: .utf8)
      let outcome = try Program.shell("evaluate --ckpt model.rnnz --data t.txt", in: directory)
      #expect(
        outcome.output.contains("unknown to the model, counted as wrong: \u{E9} (2)\n"),
        "\(outcome.output)")
    }
  }

  /// A training series too short for validation windows of its own is measured at its end all the same, beside a guess.
  @Test func aShortSeriesHasValidation() throws {
    try withTemporaryDirectory { directory in
      let rows = (0..<300).map { "\($0 * $0 % 11)\n" }.joined()
      try ("x\n" + rows).write(toFile: "\(directory)/s.csv", atomically: true, encoding: .utf8)
      let trained = try Program.shell(
        "train forecast --data s.csv --max-steps 2 --hidden 4 --threads 1", in: directory)
      #expect(trained.status == 0 && trained.output.contains("guessing the last value has a loss"))
      // A test set that is wild at its end alone is measured there.
      func error(_ rows: String) throws -> Double {
        try ("x\n" + rows).write(toFile: "\(directory)/t.csv", atomically: true, encoding: .utf8)
        let outcome = try Program.shell(
          "evaluate --ckpt model.rnnz --data t.csv --json", in: directory)
        let object = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8))
        return try #require((object as? [String: Any])?["MAE"] as? Double)
      }
      let quiet = (0..<150).map { "\($0 % 11)\n" }.joined()
      #expect(try error(quiet + "1000\n") > error(quiet + "1\n") + 5)
    }
  }
}
