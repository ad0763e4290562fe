import Foundation
import Testing

/// `generate --session` and `predict --sessions`: what goes on from run to run.
@Suite struct SessionAppTests {
  private func withModels(_ body: (String) throws -> Void) throws {
    try withTemporaryDirectory { directory in
      for command in [
        "train --dataset tales:5000 --cell gated-deltanet --hidden 8 --batch-size 4 --steps 16 --max-steps 3 --threads 1 --out t.rnnz",
        "train lab sines --cell gla --hidden 8 --max-steps 3 --threads 1 --out s.rnnz",
        "train lab parity --hidden 8 --max-steps 3 --threads 1 --out p.rnnz",
      ] {
        let outcome = try Program.shell(command, in: directory)
        #expect(outcome.status == 0, "\(outcome.error)")
      }
      try body(directory)
    }
  }

  private func output(_ command: String, in directory: String) throws -> String {
    let outcome = try Program.shell(command, in: directory)
    #expect(outcome.status == 0 && outcome.error.isEmpty, "\(outcome.error)")
    return outcome.output
  }

  @Test func aTextGoesOnInAnotherRun() throws {
    try withModels { directory in
      let flags = "generate --ckpt t.rnnz --seed 3"
      let whole = try output("\(flags) --prompt 'the ' --length 60", in: directory)
      let first = try output(
        "\(flags) --prompt 'the ' --length 20 --session a.rnnz", in: directory)
      _ = try output("cp a.rnnz b.rnnz", in: directory)
      let second = try output("\(flags) --length 40 --session a.rnnz", in: directory)
      #expect(first.dropLast() + second == whole)
      #expect(try output("\(flags) --length 40 --session b.rnnz", in: directory) == second)
      let other = try Program.shell("generate --ckpt t.rnnz --session t.rnnz", in: directory)
      #expect(other.status == 1 && other.error.contains("session"), "\(other.error)")
      for program in ["generate", "predict", "evaluate"] {
        let swapped = try Program.shell("\(program) --ckpt a.rnnz < /dev/null", in: directory)
        #expect(
          swapped.error.contains("expected a model, found the state of a session"),
          "\(program): \(swapped.error)")
      }
    }
  }

  /// Where a session could not be saved, nothing is answered first.
  @Test func aStateThatCannotBeKeptIsRefusedFirst() throws {
    try withModels { directory in
      let line = #"{"id":"u","input":"a"}"#
      for (command, error) in [
        (
          "generate --ckpt t.rnnz --session none/a.rnnz",
          "none/a.rnnz: no such directory to save to"
        ),
        (
          "echo '\(line)' | predict --ckpt t.rnnz --sessions s.rnnz",
          "s.rnnz: expected a directory, found a file"
        ),
      ] {
        let outcome = try Program.shell(command, in: directory)
        #expect(outcome.status == 1 && outcome.output.isEmpty, "\(command): \(outcome.output)")
        #expect(outcome.error.hasPrefix("Error: " + error), "\(outcome.error)")
      }
      // A text that says nothing more is only gone on with, and the test leaves no file behind.
      let empty = line.replacing("\"a\"", with: "\"\"")
      _ = try output("echo '\(empty)' | predict --ckpt t.rnnz --sessions kept", in: directory)
      let kept = try FileManager.default.contentsOfDirectory(atPath: directory + "/kept")
      #expect(kept == ["u.rnnz"])
    }
  }

  /// Ids keep their states within a run with any limit, and from run to run.
  @Test(arguments: ["s", "t"]) func idsKeepTheirStates(_ model: String) throws {
    try withModels { directory in
      let lines = (0..<60).map { step in
        let input = model == "s" ? "\([Double(step % 5) / 4])" : "\"some \(step % 5)\""
        return #"{"id":"user \#(step * step % 7)","n":\#(step),"input":\#(input)}"#
      }
      func write(_ lines: some Sequence<String>, _ name: String) throws {
        try (lines.joined(separator: "\n") + "\n").write(
          toFile: directory + "/" + name, atomically: true, encoding: .utf8)
      }
      try write(lines, "all")
      try write(lines.prefix(25), "first")
      try write(lines.dropFirst(25), "second")
      let predict = "predict --ckpt \(model).rnnz --length 8"
      let whole = try output("\(predict) --sessions one all", in: directory)
      #expect(whole.split(separator: "\n").count == 60)
      #expect(try output("\(predict) --sessions two --session-limit 2 all", in: directory) == whole)
      let parts =
        try output("\(predict) --sessions three --session-limit 3 first", in: directory)
        + output("\(predict) --sessions three second", in: directory)
      #expect(parts == whole)
      // A session alone has the same answers.
      let own = lines.filter { $0.contains("user 2") }
      try write(own, "own")
      let alone = try output("\(predict) --sessions four own", in: directory)
      let among = whole.split(separator: "\n").filter { $0.contains("user 2") }
      #expect(alone.split(separator: "\n") == among && !among.isEmpty)
      // A reset begins again.
      try write([own[0], own[0].replacing("\"n\"", with: "\"reset\":true,\"n\"")], "reset")
      let twice = try output("\(predict) --sessions five reset", in: directory)
        .split(separator: "\n")
      #expect(twice.count == 2 && twice[0] == twice[1])
    }
  }

  /// A line whose session can't be read has an error of its own; the others are answered and kept.
  @Test func aDamagedSessionConcernsItsLinesAlone() throws {
    try withModels { directory in
      let lines = ["a", "b", "c"].map { #"{"id":"\#($0)","input":"some"}"# }
      func predict(_ lines: [String]) throws -> Program.Outcome {
        let file = directory + "/lines"
        try (lines.joined(separator: "\n") + "\n").write(
          toFile: file, atomically: true, encoding: .utf8)
        return try Program.shell(
          "predict --ckpt t.rnnz --length 4 --sessions s lines", in: directory)
      }
      let first = try predict(lines).output.split(separator: "\n")
      #expect(first.count == 3)
      _ = try output("truncate -s 40 s/b.rnnz && cp s/c.rnnz c.rnnz", in: directory)
      let second = try predict(lines)
      let answers = second.output.split(separator: "\n")
      #expect(second.status == 1 && second.error.isEmpty && answers.count == 3)
      #expect(
        answers[1]
          == #"{"error":"s/b.rnnz: cut off: expected at least 64 bytes, found 40","line":2}"#)
      #expect(answers[2].contains(#""id":"c""#))
      // The other sessions went on, and the damaged file is as it was.
      #expect(try Program.shell("cmp -s s/c.rnnz c.rnnz", in: directory).status == 1)
      #expect(try output("stat -c %s s/b.rnnz", in: directory) == "40\n")
      // A session that begins again needs no file.
      let again = lines[1].replacing("\"input\"", with: "\"reset\":true,\"input\"")
      let third = try predict([lines[1], again])
      #expect(third.output.split(separator: "\n").dropFirst().elementsEqual([first[1]]))
      #expect(try predict([lines[1]]).status == 0)
    }
  }

  /// Sessions are kept however a run ends: with an invalid line, a session that can't be saved, or Ctrl-C.
  @Test func sessionsAreKeptHoweverARunEnds() throws {
    try withModels { directory in
      let predict = "predict --ckpt t.rnnz --length 4 --sessions"
      let line = #"{"id":"u","input":"a"}"#
      let invalid = try Program.shell("printf '\(line)\nno\n' | \(predict) i", in: directory)
      #expect(invalid.status == 1)
      // The file of the id m can't be written where a folder has its name.
      let other = line.replacing("\"u\"", with: "\"m\",\"reset\":true")
      let unsaved = try Program.shell(
        "mkdir -p f/m.rnnz; printf '\(other)\n\(line)\n' | \(predict) f", in: directory)
      #expect(unsaved.status == 1 && unsaved.error.contains("f/m.rnnz: "), "\(unsaved.error)")
      for signal in ["INT", "TERM", "HUP"] {
        // The process waits for its second line when the signal comes.
        let stopped = try Program.shell(
          """
          mkfifo in; \(predict) \(signal) < in > out & exec 3> in; echo '\(line)' >&3
          until [ -s out ]; do sleep 0.05; done; kill -\(signal) $!; wait $!; code=$?
          rm in out; exit $code
          """, in: directory)
        #expect(stopped.status == 130, "\(signal): \(stopped.error)")
      }
      for folder in ["i", "f", "INT", "TERM", "HUP"] {
        let path = directory + "/\(folder)/u.rnnz"
        #expect(FileManager.default.fileExists(atPath: path), "\(folder)")
      }
    }
  }

  @Test func whatHasNoSessionIsSaid() throws {
    try withModels { directory in
      for (line, expected) in [
        (#"{"input":"a"}"#, #"expected a field "id""#), ("a", #"expected an object with"#),
        (#"{"id":"","input":"a"}"#, "expected an id of 1 to 80 bytes, found 0"),
        (#"{"id":[1],"input":"a"}"#, #"expected a field "id""#),
        (
          #"{"id":"u","reset":1,"input":"a"}"#,
          #"expected a field "reset" that is true or false, found 1"#
        ),
      ] {
        let outcome = try Program.shell(
          "echo '\(line)' | predict --ckpt t.rnnz --sessions s", in: directory)
        #expect(outcome.status == 1 && outcome.output.contains("error"), "\(outcome.output)")
        #expect(
          outcome.output.replacing("\\\"", with: "\"").contains(expected), "\(outcome.output)")
      }
      let label = try Program.shell("predict --ckpt p.rnnz --sessions s < /dev/null", in: directory)
      #expect(label.status == 1 && label.error.contains("answers step by step"))
    }
  }
}
