import Foundation
import Testing

/// Texts with a byte order mark, and texts that look alike and differ in their bytes.
@Suite struct ForeignTextTests {
  private static let mark = "\u{FEFF}"

  private func write(_ text: String, to name: String, in directory: String) throws {
    try text.write(toFile: "\(directory)/\(name)", atomically: true, encoding: .utf8)
  }

  private func output(of command: String, in directory: String) throws -> String {
    let outcome = try Program.shell(command, in: directory)
    #expect(outcome.status == 0 && outcome.error.isEmpty, "\(command): \(outcome.error)")
    return outcome.output
  }

  @Test func aByteOrderMarkIsNoToken() throws {
    try withTemporaryDirectory { directory in
      let text = String(repeating: "hello, world. ", count: 60)
      try write(text, to: "plain.txt", in: directory)
      try write(Self.mark + text, to: "marked.txt", in: directory)
      let counts = try ["plain", "marked"].map { name in
        let told = try output(
          of: "train --dataset \(name).txt --max-steps 1 --hidden 4 --out \(name).rnnz",
          in: directory)
        return try #require(told.firstMatch(of: /[0-9]+ tokens/)).output
      }
      #expect(counts[0] == "11 tokens" && counts[1] == "11 tokens", "\(counts)")
      let series = "x\n" + (0..<60).map { "\($0 % 7)\n" }.joined()
      try write(series, to: "series.csv", in: directory)
      _ = try output(
        of: "train forecast --data series.csv --max-steps 1 --hidden 4 --out f.rnnz", in: directory)
      try write("1\n2\n", to: "numbers.txt", in: directory)
      try write(Self.mark + "1\n2\n", to: "marked-numbers.txt", in: directory)
      let answers = try ["numbers.txt", "marked-numbers.txt", "< marked-numbers.txt"].map {
        try output(of: "predict --ckpt f.rnnz \($0)", in: directory)
      }
      #expect(answers[0] == answers[1] && answers[0] == answers[2])
      #expect(answers[0].split(separator: "\n").count == 2)
    }
  }

  /// Where that is asked for, equivalent spellings are one: in training, in inputs, and in prompts.
  @Test func spellingsAreOneWhereThatIsAsked() throws {
    try withTemporaryDirectory { directory in
      let (composed, parts) = ("caf\u{E9}", "cafe\u{301}")
      let rows = (0..<40).map { $0 % 2 == 0 ? "\($0 % 4 == 0 ? composed : parts),x\n" : "cafe,y\n" }
      try write("text,label\n" + rows.joined(), to: "r.csv", in: directory)
      _ = try output(
        of: "train classify --data r.csv --normalize --max-steps 200 --hidden 16", in: directory)
      try write("\(composed)\n\(parts)\ncafe\n", to: "lines.txt", in: directory)
      let answers = try output(of: "predict --ckpt model.rnnz lines.txt", in: directory)
      #expect(answers == "x\nx\ny\n")
      let text = (0..<60).map { "\($0 % 2 == 0 ? composed : parts) noir. " }.joined()
      try write(text, to: "t.txt", in: directory)
      _ = try output(
        of: "train --dataset t.txt --normalize --max-steps 1 --hidden 4 --out t.rnnz",
        in: directory)
      let written = try output(
        of: "generate --ckpt t.rnnz --prompt '\(parts)' --length 5", in: directory)
      #expect(written.utf8.starts(with: composed.utf8))
    }
  }

  /// The vocabulary's mark and line ends, and its two letters that look alike, of which each has its own token.
  @Test func vocabulariesAreReadByTheirBytes() throws {
    try withTemporaryDirectory { directory in
      let tokens = TorchModel.tokens
      func save(_ tokens: [String], _ name: String, mark: String = "") throws {
        let list = tokens.map { "\"\($0)\"" }.joined(separator: ",\r\n")
        try write("\(mark)[\(list)]\r\n", to: name, in: directory)
      }
      func generated(_ vocabulary: String, _ prompt: String) throws -> String {
        let text = try output(
          of: "generate --ckpt \(TorchModel.folder)/model.pt --vocabulary \(vocabulary) "
            + "--prompt '\(prompt)' --greedy --length 30", in: directory)
        return String(text.unicodeScalars.dropFirst(prompt.unicodeScalars.count))
      }
      try save(tokens, "plain.json")
      try save(tokens, "marked.json", mark: Self.mark)
      #expect(try generated("plain.json", "abc") == generated("marked.json", "abc"))
      // Greek omega, and the sign for ohm, which Unicode calls equivalent.
      let (omega, ohm) = ("\u{3A9}", "\u{2126}")
      var both = tokens
      (both[2], both[3]) = (omega, ohm)
      try save(both, "ohm.json")
      func spelled(_ prompt: String) -> String {
        String(
          String.UnicodeScalarView(
            prompt.unicodeScalars.map { scalar in
              switch String(scalar) {
              case tokens[2]: omega.unicodeScalars.first ?? scalar
              case tokens[3]: ohm.unicodeScalars.first ?? scalar
              default: scalar
              }
            }))
      }
      for prompt in ["time", "\(tokens[2])", "\(tokens[3])"] {
        let expected = spelled(try generated("plain.json", prompt))
        let found = try generated("ohm.json", spelled(prompt))
        #expect(Array(found.utf8) == Array(expected.utf8))
      }
    }
  }

  @Test func namesOfTensorsAreComparedByTheirBytes() throws {
    try withTemporaryDirectory { directory in
      // Two names that Unicode calls equivalent, and their bytes are three each.
      let (sign, letter) = ("\u{212B}", "A\u{30A}")
      let header =
        #"{"\#(sign)":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"#
        + #""\#(letter)":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}}"#
      var file = Data()
      withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { file.append(contentsOf: $0) }
      file.append(contentsOf: header.utf8)
      file.append(Data(count: 12))
      try file.write(to: URL(fileURLWithPath: directory + "/names.safetensors"))
      let shown = try output(of: "inspect names.safetensors", in: directory)
      #expect(shown.contains("[2]") && shown.contains("[1]"), "\(shown)")

      // An ONNX model whose W and R get such names.
      let source = "\(TorchModel.folder)/model.safetensors"
      _ = try output(of: "convert \(source) model.onnx", in: directory)
      var model = try Data(contentsOf: URL(fileURLWithPath: directory + "/model.onnx"))
      for (name, start) in [("rnn.W_l0", sign), ("rnn.R_l0", letter)] {
        let other = start + String(repeating: "w", count: name.utf8.count - 3)
        while let place = model.range(of: Data(name.utf8)) {
          model.replaceSubrange(place, with: Data(other.utf8))
        }
      }
      try model.write(to: URL(fileURLWithPath: directory + "/names.onnx"))
      let texts = try ["model", "names"].map {
        try output(
          of: "generate --ckpt \($0).onnx --prompt the --greedy --length 40", in: directory)
      }
      #expect(texts[0] == texts[1] && texts[0].hasPrefix("the"))
    }
  }
}
