import Checkpoint
import FileCore
import Foundation
import TensorCore
import Testing

/// `predict --network` answers texts by weights and a description.
@Suite struct DescribedNetworkAppTests {
  /// A table from letters to signs, as an embedding and a linear layer: a to x, b to y, anything else to z.
  private func save(in directory: String, output: String) throws {
    let rows = Tensor([1, 0, 0, 0, 1, 0, 0, 0, 1], shape: [3, 3])
    try NumPyArchive.save(
      ["table": StoredArray(rows), "out": StoredArray(rows)], to: directory + "/w.npz")
    try """
    {"layers": [
      {"name": "rows", "kind": "embedding", "weights": {"weight": "table"}},
      {"name": "signs", "kind": "linear", "weights": {"weight": "out"}}],
     "input": {"tokens": ["a", "b", "?"], "unknown": 2}, "output": \(output)}
    """.write(toFile: directory + "/net.json", atomically: true, encoding: .utf8)
  }

  private let arguments = "predict --ckpt w.npz --network net.json"

  @Test func charactersHaveTheirAnswers() throws {
    try withTemporaryDirectory { directory in
      try save(in: directory, output: #"{"tokens": ["x", "y", "z"], "separator": "-"}"#)
      let text = try Program.shell("printf 'abba\\n\\nc\\n' | \(arguments)", in: directory)
      #expect(text.output == "x-y-y-x\n\nz\n" && text.status == 0, "\(text.error)")
      let json = try Program.shell(
        #"printf '{"input": "ab", "id": 7}\n' | \#(arguments) --json"#, in: directory)
      #expect(json.output == #"{"answer":["x","y"],"id":7,"input":"ab"}"# + "\n")
    }
  }

  /// Lines of one length go through the network together; answers come in the order of the lines.
  @Test func manyLinesHaveTheAnswersOfOne() throws {
    try withTemporaryDirectory { directory in
      var generator = Philox(seed: 4)
      func matrix(_ rows: Int, _ columns: Int) -> StoredArray {
        StoredArray(Tensor(normal: [rows, columns], using: &generator))
      }
      var arrays = ExactDictionary<StoredArray>()
      for part in ["read", "write"] {
        arrays["\(part).table"] = matrix(3, 4)
        arrays["\(part).weight_ih_l0"] = matrix(15, 4)
        arrays["\(part).weight_hh_l0"] = matrix(15, 5)
      }
      arrays["out"] = matrix(3, 5)
      try NumPyArchive.save(arrays, to: directory + "/w.npz")
      try """
      {"layers": [{"name": "letters", "kind": "embedding", "weights": {"weight": "read.table"}},
        {"name": "word", "kind": "recurrent", "cell": "gru", "prefix": "read."}],
       "decoder": [{"name": "signs", "kind": "embedding", "weights": {"weight": "write.table"}},
        {"name": "writer", "kind": "recurrent", "cell": "gru", "prefix": "write.", "initialState": "word"},
        {"name": "logits", "kind": "linear", "weights": {"weight": "out"}}],
       "input": {"tokens": ["a", "b", "?"], "unknown": 2},
       "output": {"tokens": ["x", "y", "|"], "begin": 2, "end": 2, "limit": 9, "separator": ""}}
      """.write(toFile: directory + "/net.json", atomically: true, encoding: .utf8)
      let letters = ["a", "b", "c"]
      func line(_ index: Int) -> String {
        (0..<index % 7).map { place in letters[(place * index + index / 7) % 3] }.joined()
      }
      let text = (0..<200).map { line($0) + "\n" }.joined()
      try text.write(toFile: directory + "/lines", atomically: true, encoding: .utf8)
      let together = try Program.shell("\(arguments) <lines", in: directory)
      #expect(together.status == 0, "\(together.error)")
      // A line at a time: the next one is not there yet.
      let alone = try Program.shell(
        "for n in $(seq 1 5 200); do sed -n ${n}p lines | \(arguments); done", in: directory)
      let answers = together.output.split(separator: "\n", omittingEmptySubsequences: false)
      let expected = stride(from: 0, to: 200, by: 5).map { answers[$0] + "\n" }.joined()
      #expect(alone.output == expected && Set(answers).count > 3)
    }
  }

  /// Where a table has one reading for a character, the network is not asked.
  @Test func tablesOfReadingsGoFirst() throws {
    try withTemporaryDirectory { directory in
      try save(
        in: directory, output: #"{"tokens": "signs.txt", "readings": "readings.json"}"#)
      try "x\ny\nz\n".write(
        toFile: directory + "/signs.txt", atomically: true, encoding: .utf8)
      try #"{"a": ["one"], "b": ["two", "three"]}"#.write(
        toFile: directory + "/readings.json", atomically: true, encoding: .utf8)
      let text = try Program.shell("printf 'abc\\n' | \(arguments)", in: directory)
      #expect(text.output == "one y c\n", "\(text.error)")
    }
  }

  @Test(arguments: [
    (#"{"tokens": ["x"]}"#, "output: expected 3 tokens, one a unit of the last layer, found 1"),
    (#"{"tokens": "missing.txt"}"#, "missing.txt: no such file or directory"),
    (#"{"tokens": ["x", "y", "z"], "limit": 0}"#, "expected marks of 0 or more and a limit"),
  ])
  func tablesThatDoNotFitAreRefused(_ output: String, _ words: String) throws {
    try withTemporaryDirectory { directory in
      try save(in: directory, output: output)
      let outcome = try Program.shell("echo ab | \(arguments)", in: directory)
      #expect(outcome.status == 1 && outcome.output.isEmpty)
      #expect(outcome.error.contains(words), "\(outcome.error)")
      #expect(outcome.error.split(separator: "\n").count == 1)
    }
  }

  /// A network without tokens of its output answers with numbers: of texts, and of steps.
  @Test func numbersAreAnswersToo() throws {
    try withTemporaryDirectory { directory in
      let weights = Tensor([1, 0, 0, 0, 2, 0], shape: [2, 3, 1])
      try NumPyArchive.save(["weight": StoredArray(weights)], to: directory + "/w.npz")
      let layers = """
        {"name": "window", "kind": "convolution", "stride": 2, "activation": "relu"}, \
        {"name": "all", "kind": "mean"}
        """
      try "{\"layers\": [\(layers)]}".write(
        toFile: directory + "/net.json", atomically: true, encoding: .utf8)
      // The first and the third step: 1, 2 x 5; 3, 2 x 1.
      let lines = #"[[1, 5, 9], [7, 7, 7], [3, 1, 9]]\n[[1, 2]]\ntext\n"#
      let outcome = try Program.shell(
        "printf '\(lines)' | predict --ckpt w.npz --network net.json", in: directory)
      #expect(outcome.output == "[2.0,6.0]\n")
      #expect(outcome.status == 1 && outcome.error.split(separator: "\n").count == 2)
      let sessions = try Program.shell(
        "predict --ckpt w.npz --network net.json --sessions states < /dev/null", in: directory)
      #expect(sessions.status == 1)
      #expect(sessions.error.hasPrefix("Error: w.npz: --sessions: expected a model that "))
      #expect(outcome.error.contains("standard input:2: expected 1 steps or more of 3 numbers"))
      let spelled =
        #""layers": [{"name": "rows", "kind": "oneHot", "size": 3}, {"name": "all", "kind": "max"}]"#
      try "{\(spelled), \"input\": {\"tokens\": [\"a\", \"b\", \"c\"], \"unknown\": -1}}".write(
        toFile: directory + "/net.json", atomically: true, encoding: .utf8)
      let texts = try Program.shell(
        "printf 'ac?\\n?\\n' | predict --ckpt w.npz --network net.json", in: directory)
      #expect(texts.output == "[1.0,0.0,1.0]\n[0.0,0.0,0.0]\n", "\(texts.error)")
    }
  }

  /// A text is written from a window of its last tokens, up to the mark of the end.
  @Test func windowsWriteTexts() throws {
    try withTemporaryDirectory { directory in
      // What follows a is b, after b the end, after the beginning (2) a.
      let rows = Tensor([0, 0, 9, 9, 0, 0, 0, 9, 0], shape: [3, 3])
      try NumPyArchive.save(["weight": StoredArray(rows)], to: directory + "/w.npz")
      func describe(_ input: String) throws {
        try """
        {"layers": [{"name": "rows", "kind": "oneHot", "size": 3}, {"name": "seen", "kind": "last"},
          {"name": "next", "kind": "linear", "activation": "softmax"}],
         "input": {"tokens": ["a", "b"], "begin": 2, \(input)}, "output": {"tokens": ["a", "b", "|"], "end": 2}}
        """.write(toFile: directory + "/net.json", atomically: true, encoding: .utf8)
      }
      let command = "generate --ckpt w.npz --network net.json --greedy"
      try describe(#""window": 2"#)
      for (prompt, text) in [("", "ab"), ("a", "ab"), ("ba", "bab"), ("b", "b")] {
        let outcome = try Program.shell("\(command) --prompt '\(prompt)'", in: directory)
        #expect(outcome.output == text + "\n" && outcome.status == 0, "\(outcome.error)")
      }
      let two = try Program.shell("\(command) --prompt a --n 2 --length 1", in: directory)
      #expect(two.output == "seed 0:\nab\n\nseed 1:\nab\n", "\(two.error)")
      for (input, words) in [
        (#""limit": 3"#, "input: expected a window from 1 to 65536"),
        (#""window": 2, "padding": 3"#, "input: expected padding that is a token below 3, found 3"),
      ] {
        try describe(input)
        let outcome = try Program.shell(command, in: directory)
        #expect(outcome.status == 1 && outcome.error.contains(words), "\(outcome.error)")
      }
    }
  }
}
