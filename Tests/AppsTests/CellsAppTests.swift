import Foundation
import Testing

@Suite struct CellsAppTests {
  private let program = Program("cells")

  @Test func listsEveryCell() throws {
    let outcome = try program.run("list")
    #expect(outcome.status == 0)
    let lines = outcome.output.split(separator: "\n")
    #expect(lines.count > 68)
    #expect(lines[0].hasPrefix("name  "))
    let lstm = lines.first { $0.hasPrefix("lstm ") }
    #expect(lstm?.contains("hidden, cell ") == true && lstm?.contains(" 132096 ") == true)
    #expect(lstm?.hasSuffix("Neural Computation 9, 1997") == true)
  }

  @Test func showsEquationsWithTheirCosts() throws {
    let outcome = try program.run("show", "mgu", "--input", "3", "--hidden", "4")
    #expect(
      outcome.output == """
        # mgu: minimal gated unit: one gate for both jobs of the GRU
        cell mgu(x, h)
          f  = sigmoid(W_ih.f x + b_ih.f + W_hh.f h)
          n  = tanh(W_ih.n x + b_ih.n + W_hh.n (f * h))
          h' = (1 - f) * h + f * n

        # states      hidden [4]
        # output      4
        # parameters  weight_ih [8, 3]
        #             bias_ih [8]
        #             weight_hh [8, 4]
        #             64 numbers for 3 input units
        # a step      156 floating-point operations a sample
        # real time   costly: the influence takes 4 x 64 = 256 numbers a sample
        # paper       G.-B. Zhou, J. Wu, C.-L. Zhang and Z.-H. Zhou, Minimal gated unit for recurrent neural \
        networks, 2016

        """)
    let latex = try program.run("show", "indrnn", "--latex")
    #expect(latex.output.contains("h' &= \\operatorname{relu}(W x + b + u \\odot h)"))
    #expect(latex.output.contains("real time   cheap"))
  }

  /// What is shown is a text that can be changed, shown, checked and trained.
  @Test func aCellIsChangedWithoutACompiler() throws {
    try withTemporaryDirectory { folder in
      let shown = try program.run("show", "mgu").output
      let path = "\(folder)/my.cell"
      let changed = shown.replacing("(1 - f) * h + f * n", with: "(1 - f) * h + f * f * n")
      try changed.write(toFile: path, atomically: true, encoding: .utf8)
      let again = try program.run("show", path)
      #expect(again.status == 0 && again.output.contains("h' = (1 - f) * h + f * f * n"))
      let check = try program.run("check", path)
      #expect(check.status == 0 && check.output.hasPrefix("mgu: 10 checks passed"))
      try shown.replacing("f * n\n", with: "ff * n\n")
        .write(toFile: path, atomically: true, encoding: .utf8)
      for command in ["show", "check"] {
        let refused = try program.run(command, path)
        #expect(refused.status == 1 && refused.output.isEmpty)
        #expect(
          refused.error
            == "Error: \(path):5:22: expected a value that stands above, or a declared parameter, found ff: perhaps f\n"
        )
      }
      let missing = try program.run("show", "\(folder)/missing.cell")
      #expect(missing.status == 1 && missing.error.contains("no such file"))
    }
  }

  /// A model of a text is trained, written with, gone on with and exported without the text's file.
  @Test func aTextIsTrainedAndItsModelNeedsNoFile() throws {
    try withTemporaryDirectory { folder in
      let text = "cell mgu(x, h)\n  h' = h + 0.5 * tanh(W_ih x + b_ih + W_hh h)\n"
      try text.write(toFile: "\(folder)/my.cell", atomically: true, encoding: .utf8)
      let small = "--max-steps 3 --hidden 8 --seed 1"
      func shell(_ line: String) throws -> Program.Outcome { try Program.shell(line, in: folder) }
      let trained = try shell(
        "train --cell my.cell --dataset tales:30000 --embedding 8 \(small) --out text.rnnz")
      #expect(trained.status == 0, "\(trained.error)")
      let lab = try shell("train lab temporal-order --cell my.cell \(small) --out lab.rnnz")
      #expect(lab.status == 0, "\(lab.error)")
      let other = "cell mgu(x, h)\n  h' = tanh(W_ih x + b_ih + W_hh h)\n"
      try other.write(toFile: "\(folder)/my.cell", atomically: true, encoding: .utf8)
      let changed = try shell("train --resume text.rnnz --cell my.cell --max-steps 4")
      #expect(changed.status != 0 && changed.error.contains("--cell"), "\(changed.error)")
      try FileManager.default.removeItem(atPath: "\(folder)/my.cell")
      for line in [
        "generate --ckpt text.rnnz --prompt Once --length 10", "inspect text.rnnz --verify",
        "convert text.rnnz text.onnx", "convert text.rnnz text.safetensors",
        "train --resume text.rnnz --max-steps 4", "evaluate --ckpt lab.rnnz --data temporal-order",
      ] {
        let outcome = try shell(line)
        #expect(outcome.status == 0, "\(line): \(outcome.error)")
      }
      let fault = try shell("printf 'cell a(x, h)\\n  h2 = h' > a.cell; train --cell a.cell")
      #expect(
        fault.status == 1 && fault.error.contains("a.cell:1:11: expected an equation"), "\(fault)")
    }
  }

  /// A cell's text is read as other texts are: with a byte order mark, in UTF-16, packed.
  @Test func aTextMayComeFromAnyEditor() throws {
    try withTemporaryDirectory { directory in
      let text = "cell a(x, h)\r\n  h' = tanh(W_ih x + W_hh h)\r\n"
      let wide: [UInt8] = [0xFF, 0xFE] + text.utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
      for (name, bytes) in [
        ("mark.cell", [0xEF, 0xBB, 0xBF] + Array(text.utf8)), ("wide.cell", wide),
      ] {
        try Data(bytes).write(to: URL(fileURLWithPath: "\(directory)/\(name)"))
        let outcome = try program.run(["show", name], in: directory)
        #expect(outcome.status == 0 && outcome.output.contains("h' = tanh"), "\(outcome.error)")
      }
    }
  }

  /// A file whose name is not that of a cell is read whatever its ending; a directory is refused as one.
  @Test func aTextMayHaveAnyName() throws {
    try withTemporaryDirectory { directory in
      try "cell a(x, h)\n  h' = tanh(W_ih x + W_hh h)\n".write(
        toFile: directory + "/mine.txt", atomically: true, encoding: .utf8)
      try FileManager.default.createDirectory(
        atPath: directory + "/folder", withIntermediateDirectories: false)
      let shown = try program.run(["show", "mine.txt"], in: directory)
      #expect(shown.status == 0 && shown.output.contains("h' = tanh"), "\(shown)")
      let refused = try program.run(["show", "folder"], in: directory)
      #expect(refused.error == "Error: folder: expected a file, found a directory\n")
    }
  }

  @Test func checksACell() throws {
    let outcome = try program.run("check", "gru", "minlstm")
    #expect(outcome.status == 0 && outcome.error.isEmpty)
    #expect(outcome.output.hasPrefix("gru: 10 checks passed\n  ✓ values: plan and oracle: "))
    #expect(outcome.output.contains("\nminlstm: 10 checks passed\n"))
  }

  /// Real-time learning is exact, SnAp-1 is exact for elementwise recurrences, truncation never is.
  @Test func measuresHowFarEnginesAreFromTheGradient() throws {
    let outcome = try program.run("engines", "indrnn", "lstm", "--hidden", "3", "--steps", "12")
    #expect(outcome.status == 0)
    let lines = outcome.output.split(separator: "\n").map(String.init)
    #expect(lines.count == 14 && lines[0] == "indrnn" && lines[7] == "lstm")
    #expect(lines[1] == "  rtrl              cosine 1.000  distance 0.000")
    #expect(lines[2] == "  snap1             cosine 1.000  distance 0.000")
    #expect(lines[8] == "  rtrl              cosine 1.000  distance 0.000")
    #expect(!lines[9].hasSuffix("distance 0.000") && lines[12].contains("tbptt through 4"))
  }

  @Test(arguments: [
    ["show", "gruu"], ["show", "clockwork", "--hidden", "3"], ["show", "gru", "--hidden", "0"],
    ["check"], ["check", "--all", "gru"], ["check", "nonsense"], ["nonsense"],
  ])
  func nonsenseIsRefusedInOneLine(_ arguments: [String]) throws {
    let outcome = try program.run(arguments)
    #expect(outcome.status == 64)
    #expect(outcome.output.isEmpty)
    #expect(outcome.error.hasPrefix("Error: "))
  }
}
