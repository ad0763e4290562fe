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

  @Test func showsAFormulaWithItsCosts() throws {
    let outcome = try program.run("show", "mgu", "--input", "3", "--hidden", "4")
    #expect(
      outcome.output == """
        mgu: minimal gated unit: one gate for both jobs of the GRU

        f = σ(W_f x + b_f + U_f h)
        n = tanh(W_n x + b_n + U_n (f ∘ h))
        h' = (1 - f) ∘ h + f ∘ n

        states      hidden [4]
        output      4
        parameters  weight_ih [8, 3]
                    bias_ih [8]
                    weight_hh [8, 4]
                    64 numbers for 3 input units
        a step      156 floating-point operations a sample
        real time   costly: the influence takes 4 x 64 = 256 numbers a sample
        paper       G.-B. Zhou, J. Wu, C.-L. Zhang and Z.-H. Zhou, Minimal gated unit for recurrent neural \
        networks, 2016

        """)
    let latex = try program.run("show", "indrnn", "--latex")
    #expect(latex.output.contains("h' &= \\operatorname{relu}(W x + b + u \\odot h)"))
    #expect(latex.output.contains("real time   cheap"))
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
