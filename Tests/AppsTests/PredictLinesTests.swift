import Foundation
import Testing

/// `predict` gives one answer for each input, in their order, and says which lines are none.
@Suite struct PredictLinesTests {
  /// A directory with a classifier of texts and a language model.
  private func withModels(_ body: (String) throws -> Void) throws {
    try withTemporaryDirectory { directory in
      let rows = (0..<40).map { $0 % 2 == 0 ? "good film,pos\n" : "bad film,neg\n" }.joined()
      try ("text,label\n" + rows).write(
        toFile: directory + "/rows.csv", atomically: true, encoding: .utf8)
      for command in [
        "train classify --data rows.csv --max-steps 60 --hidden 8 --threads 1 --out c.rnnz",
        "train --dataset tales:5000 --hidden 8 --batch-size 4 --steps 16 --max-steps 3 --threads 1 --out t.rnnz",
      ] {
        let outcome = try Program.shell(command, in: directory)
        #expect(outcome.status == 0, "\(outcome.error)")
      }
      try body(directory)
    }
  }

  private func predict(
    _ input: [UInt8], _ flags: String, in directory: String
  ) throws -> Program.Outcome {
    try Data(input).write(to: URL(fileURLWithPath: directory + "/input"))
    return try Program.shell("predict \(flags) input", in: directory)
  }

  @Test func aFaultyLineIsNamedAndTheOthersAreAnswered() throws {
    try withModels { directory in
      let surrogate =
        #"{"input":"good film"}"# + "\n" + #"{"input":"a\ud800"}"# + "\n" + #"{"input":"bad film"}"#
      for (input, output, error) in [
        (
          Array(surrogate.utf8), "pos\nneg\n",
          "Error: input:2: expected a JSON object, found invalid JSON at byte 1"
        ),
        (
          Array("{\"input\":\"good film\"\n{\"input\":\"bad film\"}\n".utf8), "neg\n",
          "Error: input:1: expected a JSON object, found invalid JSON at byte "
        ),
        (
          Array("{\"words\":\"good film\"}\n".utf8), "",
          "Error: input:1: expected an object with a field"
        ),
        (
          // A lone continuation byte looks like no encoding.
          [0x63, 0x61, 0x80, 0x66, 0x0A], "",
          "Error: input:1:1: not UTF-8: expected text, found other bytes; --encoding latin-1"
        ),
      ] {
        let outcome = try predict(input, "--ckpt c.rnnz", in: directory)
        #expect(outcome.status == 1 && outcome.output == output)
        #expect(outcome.error.hasPrefix(error), "\(outcome.error)")
        #expect(outcome.error.split(separator: "\n").count == 1)
      }
    }
  }

  @Test func jsonHasAnObjectForEachInput() throws {
    try withModels { directory in
      let input = #"{"id":7,"input":"good  film"}"# + "\n{\"input\":3}\n\nbad film\n"
      let outcome = try predict(Array(input.utf8), "--ckpt c.rnnz --json", in: directory)
      #expect(outcome.status == 1 && outcome.error == "Passed over 1 empty line\n")
      let objects = try outcome.output.split(separator: "\n").map {
        try #require(JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
      }
      #expect(objects.count == 3)
      #expect(objects[0]["input"] as? String == "good  film" && objects[0]["id"] as? Int == 7)
      #expect(objects[0]["answer"] as? String == "pos")
      #expect(objects[1]["line"] as? Int == 2 && objects[1]["error"] is String)
      #expect(objects[2]["input"] as? String == "bad film")
    }
  }

  @Test func aDirectoryIsNoInput() throws {
    try withModels { directory in
      for command in ["predict --ckpt c.rnnz .", "predict --ckpt c.rnnz < ."] {
        let outcome = try Program.shell(command, in: directory)
        #expect(outcome.status == 1 && outcome.output.isEmpty)
        #expect(
          outcome.error.hasSuffix(": expected lines, found a directory\n"), "\(outcome.error)")
      }
    }
  }

  @Test func aLanguageModelReadsTheTextOfAnObject() throws {
    try withModels { directory in
      let text = try predict(Array("Once\n".utf8), "--ckpt t.rnnz --length 9", in: directory)
      let object = try predict(
        Array(#"{"input":"Once"}"#.utf8), "--ckpt t.rnnz --length 9", in: directory)
      #expect(text.status == 0 && text.output == object.output && text.output.hasPrefix("Once"))
    }
  }

  /// A thousand lines of many lengths at once have the answers, to the bit, that they have one by one, in their order.
  @Test(arguments: ["c.rnnz", "t.rnnz"])
  func manyLinesHaveTheAnswersOfSingleOnes(_ model: String) throws {
    try withModels { directory in
      let words = ["good", "bad", "film", "so", "very", "a"]
      let lines = (0..<300).map { index in
        (0...(index * 7 % 23)).map { words[(index + $0 * $0) % words.count] }.joined(separator: " ")
      }
      try (lines.joined(separator: "\n") + "\n").write(
        toFile: directory + "/many", atomically: true, encoding: .utf8)
      let flags = "predict --ckpt \(model) --json --length 5"
      let many = try Program.shell("\(flags) many", in: directory)
      let piped = try Program.shell("cat many | \(flags)", in: directory)
      #expect(many.status == 0 && piped.output == many.output)
      #expect(many.output.split(separator: "\n").count == lines.count)
      // Each line comes when the one before it has its answer.
      let single = try Program.shell(
        """
        coproc \(flags); while read -r line; do
          echo "$line" >&${COPROC[1]}; read -r answer <&${COPROC[0]}; echo "$answer"
        done < many
        """, in: directory)
      #expect(single.output == many.output)
    }
  }

  /// Tables, JSON Lines, folders, packed files and standard input give an answer for each input.
  @Test func filesAreReadAsInTraining() throws {
    try withModels { directory in
      let files: [(name: String, content: [UInt8])] = [
        // Rows of a table whose heading has the model's column, with and without the answers, in another order.
        ("test.csv", Array("id,label,text\n1,neg,\"good film, really\"\n2,pos,bad film\n".utf8)),
        ("alone.csv", Array("text\n\"good\nfilm\"\nbad film\n".utf8)),
        ("test.tsv", Array("text\tlabel\ngood film\tpos\nbad film\tneg\n".utf8)),
        (
          "objects.jsonl",
          Array(#"{"text":"good film","label":"x"}"#.utf8)
            + Array("\n".utf8) + Array(#"{"input":"bad film"}"#.utf8)
        ),
        // Plain lines, however they end and are written.
        ("lines.txt", [0xEF, 0xBB, 0xBF] + Array("good film\rbad film\r".utf8)),
        (
          "wide.txt",
          [0xFF, 0xFE] + "good film\nbad film\n".utf16.flatMap { [UInt8($0 & 0xFF), 0] }
        ),
      ]
      for (name, content) in files {
        try Data(content).write(to: URL(fileURLWithPath: "\(directory)/\(name)"))
        let packed = try Program.shell("gzip -k \(name)", in: directory)
        #expect(packed.status == 0)
        for input in ["\(name)", "\(name).gz", "< \(name)", "- < \(name).gz"] {
          let outcome = try Program.shell("predict --ckpt c.rnnz \(input)", in: directory)
          #expect(outcome.status == 0 && outcome.output == "pos\nneg\n", "\(input): \(outcome)")
        }
      }
    }
  }

  /// A row with other fields than its heading is named, and the rows after it are answered.
  @Test func aFaultyRowIsNamedAndOtherFieldsPassThrough() throws {
    try withModels { directory in
      let table = "text,label,id\ngood film,pos,7\nbad film,neg\n\"bad, bad\nfilm\",neg,9\n"
      let outcome = try predict(Array(table.utf8), "--ckpt c.rnnz --json", in: directory)
      #expect(outcome.status == 1)
      let objects = try outcome.output.split(separator: "\n").map {
        try #require(JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
      }
      #expect(objects.count == 3)
      #expect(objects[0]["id"] as? String == "7" && objects[0]["answer"] as? String == "pos")
      #expect(objects[1]["error"] as? String == "expected 3 fields, found 2")
      #expect(objects[1]["line"] as? Int == 3)
      #expect(objects[2]["input"] as? String == "bad, bad\nfilm")
      let text = try predict(Array(table.utf8), "--ckpt c.rnnz", in: directory)
      #expect(text.error == "Error: input:3:1: expected 3 fields, found 2\n")
      #expect(text.output == "pos\nneg\n")
    }
  }

  @Test func aTableWithoutTheModelsColumnIsRefused() throws {
    try withModels { directory in
      try "body,label\ngood film,pos\n".write(
        toFile: directory + "/other.csv", atomically: true, encoding: .utf8)
      let outcome = try Program.shell("predict --ckpt c.rnnz other.csv", in: directory)
      #expect(outcome.status == 1 && outcome.output.isEmpty)
      #expect(
        outcome.error == "Error: other.csv: expected a heading with text, found body,label\n")
    }
  }

  /// Latin-1 is detected in a file and named; standard input needs the flag, which the message names.
  @Test func latinLettersAreReadAndNamed() throws {
    try withModels { directory in
      let line = [UInt8]("good film, caf".utf8) + [0xE9, 0x0A]
      let found = try predict(line, "--ckpt c.rnnz", in: directory)
      #expect(found.status == 0 && found.output == "pos\n")
      #expect(found.error == "input: read as Latin-1; --encoding names another encoding\n")
      let refused = try Program.shell("predict --ckpt c.rnnz < input", in: directory)
      #expect(refused.status == 1 && refused.error.contains("--encoding latin-1 reads it"))
      let given = try Program.shell(
        "predict --ckpt c.rnnz --encoding latin-1 < input", in: directory)
      #expect(given.status == 0 && given.output == "pos\n" && given.error.isEmpty)
    }
  }
}
