import Foundation
import Testing

/// What programs say about what they cannot use: one line that a person can act on.
@Suite struct MessageTests {
  private static let model =
    "train --dataset tales:20000 --hidden 8 --embedding 4 --batch-size 4 --steps 16 --max-steps 2 --threads 1"

  /// Checks the last line of what a command writes to standard error.
  private func expectError(
    _ command: String, _ line: String, status: Int32 = 1, in directory: String
  ) throws {
    let outcome = try Program.shell(command, in: directory)
    #expect(outcome.status == status, "\(command): \(outcome.status)")
    #expect(
      outcome.error.split(separator: "\n", omittingEmptySubsequences: false).dropLast().last
        == "Error: \(line)", "\(command): \(outcome.error)")
  }

  /// A model of another format is named, and so is the command that makes it usable.
  @Test func aModelOfAnotherFormatNamesTheConversion() throws {
    try withTemporaryDirectory { directory in
      let made = try Program.shell(
        "\(Self.model) && for e in onnx safetensors; do convert model.rnnz my.$e --model-only; done"
          + " && cp my.onnx 'a b.onnx' && cp my.onnx model.onnx && head -c 90 my.onnx > cut.onnx",
        in: directory)
      #expect(made.status == 0, "\(made.error)")
      let onnx = "not a .rnnz checkpoint: this looks like an ONNX model"
      let safetensors = "not a .rnnz checkpoint: this looks like a safetensors file"
      for program in ["predict", "evaluate"] {
        for (file, line) in [
          ("my.onnx", "my.onnx: \(onnx); 'convert my.onnx my.rnnz' makes one of it"),
          (
            "my.safetensors",
            "my.safetensors: \(safetensors); 'convert my.safetensors my.rnnz' makes one of it"
          ),
          ("'a b.onnx'", "a b.onnx: \(onnx); 'convert 'a b.onnx' 'a b.rnnz'' makes one of it"),
          // A file that is there already is not named as the output.
          ("model.onnx", "model.onnx: \(onnx); 'convert model.onnx model-2.rnnz' makes one of it"),
          ("cut.onnx", "cut.onnx: \(onnx)"),
        ] {
          try expectError("\(program) --ckpt \(file) < /dev/null", line, in: directory)
        }
      }
      // Converting makes no training that could go on.
      try expectError("train --resume my.onnx", "my.onnx: \(onnx)", in: directory)
      // The command does what is said.
      let converted = try Program.shell(
        "convert my.onnx my.rnnz && echo Once | predict --ckpt my.rnnz --length 4", in: directory)
      #expect(converted.status == 0, "\(converted.error)")
    }
  }

  /// What a file or an argument holds can neither break a message's line nor control the terminal.
  @Test func controlCharactersAreShown() throws {
    try withTemporaryDirectory { directory in
      try "a,b\n1,\u{1B}[31mx\n2,4\n".write(
        toFile: directory + "/r.csv", atomically: true, encoding: .utf8)
      for (command, line) in [
        (
          "train regress --data r.csv --target b",
          #"r.csv:2:3: expected a number, found \u{1b}[31mx; --skip-bad-rows leaves such rows out"#
        ),
        (#"generate --ckpt $'a\nb\x1b'"#, #"a\nb\u{1b}: no such file or directory"#),
        ("generate --ckpt ''", #""": no such file or directory"#),
      ] { try expectError(command, line, in: directory) }
    }
  }

  @Test func aTextThatCannotBeReadIsNamed() throws {
    try withTemporaryDirectory { directory in
      let odd = Data([0xFF, 0xFE] + [UInt8](repeating: 0x61, count: 40).flatMap { [$0, 0] } + [1])
      try odd.write(to: URL(fileURLWithPath: directory + "/odd.txt"))
      try Data([0xFE, 0xFE, 1, 2]).write(to: URL(fileURLWithPath: directory + "/x.cell"))
      try "a".write(toFile: directory + "/one.txt", atomically: true, encoding: .utf8)
      // No other encoding is advised than one that reads the file, by a flag that the program has.
      for (command, line) in [
        (
          "train --dataset odd.txt",
          "odd.txt: byte 82: not UTF-16: expected two bytes of a character, found one"
        ),
        (
          "cells show x.cell",
          "x.cell: byte 0: not UTF-8: expected the first byte of a character, found 0xFE"
        ),
        (
          "train --dataset one.txt",
          "one.txt: expected a text of at least 16 tokens to train on, for one batch, found 1"
        ),
      ] { try expectError(command, line, in: directory) }
    }
  }

  /// A flag that a file has no use for is refused, or said not to be used.
  @Test func flagsWithoutUseAreSaid() throws {
    try withTemporaryDirectory { directory in
      let made = try Program.shell(
        "\(Self.model) && echo '[\"a\"]' > v.json && train lab parity --hidden 8 --max-steps 2 --threads 1 --out p.rnnz",
        in: directory)
      #expect(made.status == 0, "\(made.error)")
      for command in [
        "generate --ckpt model.rnnz --vocabulary v.json --length 3",
        "convert model.rnnz m.rnnz --vocabulary v.json --model-only",
      ] {
        let outcome = try Program.shell(command, in: directory)
        #expect(outcome.status == 0)
        #expect(
          outcome.error
            == "model.rnnz: describes its model: --vocabulary and --config are not used\n")
      }
      try expectError(
        "convert model.rnnz n.rnnz --state a=b --model-only",
        "model.rnnz: .rnnz checkpoint: states: expected a graph, which alone has them, found none",
        in: directory)
      try expectError(
        "evaluate --ckpt p.rnnz --original model.rnnz",
        "model.rnnz: --original: expected the model that p.rnnz was converted from, found another",
        in: directory)
    }
  }

  /// Where a folder is expected, a file is named as what it is, before anything is trained or answered.
  @Test func aFileInTheFoldersPlaceIsNamed() throws {
    try withTemporaryDirectory { directory in
      let made = try Program.shell("\(Self.model) && echo text > file", in: directory)
      #expect(made.status == 0, "\(made.error)")
      for command in [
        "\(Self.model) --out m.rnnz --run file", "\(Self.model) --out m.rnnz --tensorboard file",
        "\(Self.model) --sweep seed=1,2 --run file",
        "predict --ckpt model.rnnz --sessions file < /dev/null",
      ] {
        try expectError(command, "file: expected a directory, found a file", in: directory)
      }
      try expectError(
        "\(Self.model) --out m.rnnz --run /dev/null",
        "/dev/null: expected a directory, found a device", in: directory)
    }
  }

  /// A wrong variable of the kernels ends a program as a wrong argument does, with a line and no crash report.
  @Test func aWrongVariableOfTheEnvironmentIsSaid() throws {
    try withTemporaryDirectory { directory in
      let train = "train lab parity --hidden 8 --max-steps 1"
      for (variable, expected) in [
        ("SWIFT_RNN_THREADS=many", "a number from 1 to 256"),
        ("SWIFT_RNN_ISA=sse", "one of this processor's sets portable"),
        ("SWIFT_RNN_MATRIX_UNIT=gpu", "emulated or none"),
      ] {
        let precision = variable.contains("UNIT") ? " --precision high" : ""
        let outcome = try Program.shell("\(variable) \(train)\(precision)", in: directory)
        let parts = variable.split(separator: "=")
        #expect(outcome.status == 1, "\(variable): \(outcome.status)")
        #expect(outcome.error.hasPrefix("Error: \(parts[0]): expected "), "\(outcome.error)")
        #expect(outcome.error.contains(expected) && outcome.error.hasSuffix("\"\(parts[1])\"\n"))
        #expect(outcome.error.split(separator: "\n").count == 1, "\(outcome.error)")
      }
    }
  }

  /// No flag replaces a file that is read, be it by another name.
  @Test func whatIsReadIsNotReplaced() throws {
    try withTemporaryDirectory { directory in
      let text = String(repeating: "a few words and more\n", count: 200)
      try text.write(toFile: directory + "/t.txt", atomically: true, encoding: .utf8)
      let rows = "text,label\n" + (0..<20).map { "film \($0),\($0 % 2)\n" }.joined()
      try rows.write(toFile: directory + "/r.csv", atomically: true, encoding: .utf8)
      let made = try Program.shell(
        "ln t.txt link.txt && \(Self.model) && cp r.csv c.npz",
        in: directory)
      #expect(made.status == 0, "\(made.error)")
      for (command, output) in [
        ("train --dataset t.txt --out t.txt --overwrite", "t.txt"),
        ("train --dataset t.txt --out ./link.txt --overwrite", "./link.txt"),
        ("train --dataset t.txt --log t.txt --overwrite", "t.txt"),
        ("train classify --data r.csv --out r.csv --overwrite", "r.csv"),
        ("train classify --data csv:r.csv --log r.csv --overwrite", "r.csv"),
        ("train --resume model.rnnz --dataset t.txt --log t.txt", "t.txt"),
        ("predict --ckpt model.rnnz c.npz --out c.npz", "c.npz"),
        ("convert model.rnnz ./model.rnnz --overwrite", "./model.rnnz"),
      ] {
        try expectError(
          command, "\(output): expected another file than the one that is read", in: directory)
      }
      #expect(try String(contentsOfFile: directory + "/t.txt", encoding: .utf8) == text)
      #expect(try String(contentsOfFile: directory + "/r.csv", encoding: .utf8) == rows)
    }
  }

  /// A value that a flag does not take is said with those that it takes, in one line.
  @Test(arguments: [
    (
      "convert a.onnx b.rnnz --weights int4",
      "--weights: expected float32, bf16 or int8, found int4"
    ),
    (
      "train forecast --likelihood x",
      "--likelihood: expected gaussian, student or negative-binomial, found x"
    ),
    ("generate --ckpt m --precision x", "--precision: expected highest, high or medium, found x"),
    ("playground --port 99999", "--port: expected a whole number from 1 to 65535, found 99999"),
    ("playground --port 0", "--port: expected a whole number from 1 to 65535, found 0"),
  ])
  func wrongValuesAreSaidWithTheRightOnes(_ command: String, _ line: String) throws {
    let outcome = try Program.shell(command, in: "/tmp")
    #expect(outcome.status == 64)
    #expect(outcome.error.split(separator: "\n").first == "Error: \(line)", "\(outcome.error)")
  }

  /// Whatever flag has a value that it does not take, its message says what it takes.
  @Test func everyFlagSaysWhatItTakes() throws {
    // The second flag is refused after all have been read, so that nothing runs.
    for (program, refused) in [
      ("train forecast", "--threads 0"), ("generate", "--n 0"), ("predict", "--session-limit 0"),
      ("cells list", "--hidden 0"),
    ] {
      let script = """
        \(program) --help-hidden | grep -oE '^ +--[a-z-]+ <' | grep -oE -- '--[a-z-]+' | sort -u \\
        | while read flag; do \(program) \(refused) $flag ?x 2>&1 < /dev/null | grep 'is invalid for'; done; true
        """
      let outcome = try Program.shell(script, in: "/tmp")
      #expect(outcome.output.isEmpty, "\(program): \(outcome.output)")
    }
  }

  /// A flag that asks for another beginning than a model had is refused, whatever that was.
  @Test func aBeginningOfAnyLengthIsNoCrash() throws {
    try withTemporaryDirectory { directory in
      let small = "--dataset tales:5000 --hidden 8 --batch-size 4 --steps 16 --max-steps 1"
      let trained = try Program.shell(
        "train \(small) --init chrono:\(Int.max):f --quiet", in: directory)
      #expect(trained.status == 0, "\(trained.error)")
      let other = try Program.shell(
        "train --resume model.rnnz --max-steps 2 --init chrono:5:f", in: directory)
      #expect(other.status == 1)
      #expect(other.error.hasPrefix("Error: --init: found chrono:5:f, but model.rnnz is trained "))
    }
  }

  /// Names are no fault of the flags: one line, without the usage.
  @Test func namesTooLongForAModelAreADataError() throws {
    try withTemporaryDirectory { directory in
      let rows = (0..<7000).map { "text,\(String(repeating: "x", count: 180))\($0)\n" }.joined()
      try ("text,label\n" + rows).write(
        toFile: directory + "/long.csv", atomically: true, encoding: .utf8)
      let outcome = try Program.shell(
        "train classify --data long.csv --hidden 4 --max-steps 1 --quiet", in: directory)
      #expect(outcome.status == 1, "\(outcome.error.suffix(200))")
      #expect(outcome.error.hasPrefix("Error: long.csv: text of "))
      #expect(outcome.error.contains("expected names that take at most 1,048,576 bytes"))
      #expect(outcome.error.split(separator: "\n").count == 1)
    }
  }

  /// Of two playgrounds on a port, the second one says what to do, and nothing else.
  @Test func aPortInUseIsSaid() throws {
    try withTemporaryDirectory { directory in
      let outcome = try Program.shell(
        """
        port=$((20000 + $$ % 20000)); playground --port $port > first & p=$!
        for i in $(seq 300); do grep -q http first && break; sleep 0.1; done
        playground --port $port; code=$?; kill -INT $p; wait $p; exit $code
        """, in: directory)
      #expect(outcome.status == 1 && outcome.output.isEmpty, "\(outcome.output)")
      #expect(outcome.error.hasPrefix("Error: 127.0.0.1:"))
      #expect(outcome.error.hasSuffix(": the port is in use: --port names another\n"))
    }
  }

  /// Help is whole, however narrow the terminal is.
  @Test(arguments: ["1", "-1", "0", "20", "39"])
  func helpIsWholeInFewColumns(_ columns: String) throws {
    for command in ["train --help", "predict --help", "cells show --help"] {
      let narrow = try Program.shell("COLUMNS=\(columns) \(command)", in: "/tmp")
      let least = try Program.shell("COLUMNS=40 \(command)", in: "/tmp")
      #expect(narrow.status == 0 && narrow.output == least.output, "\(narrow.error)")
      #expect(narrow.output.contains("--version"))
    }
  }
}
