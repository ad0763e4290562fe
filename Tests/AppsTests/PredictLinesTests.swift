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
          "Error: input:2: expected a JSON object, found byte 1"
        ),
        (
          Array("{\"input\":\"good film\"\n{\"input\":\"bad film\"}\n".utf8), "neg\n",
          "Error: input:1: expected a JSON object, found byte "
        ),
        (
          Array("{\"text\":\"good film\"}\n".utf8), "",
          "Error: input:1: expected an object with a field"
        ),
        (
          [0x63, 0x61, 0x66, 0xE9, 0x0A], "",
          "Error: input:1: expected text in UTF-8, found other bytes"
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
          outcome.error.hasSuffix(": expected a file, found a directory\n"), "\(outcome.error)")
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
}
