import Cells
import Testing

/// Formulas and costs, read from the graph.
@Suite struct FormulaTests {
  private func graph(_ cell: some RecurrentCell) -> CellGraph {
    CellGraph(cell, inputSize: 3, hiddenSize: 4)
  }

  @Test func formulasReadLikeThePaper() {
    #expect(
      graph(MGU()).formula() == """
        f = σ(W_f x + b_f + U_f h)
        n = tanh(W_n x + b_n + U_n (f ∘ h))
        h' = (1 - f) ∘ h + f ∘ n
        """)
    #expect(
      graph(LSTM()).formula() == """
        i = σ(W_i x + b_i + U_i h + b^hh_i)
        f = σ(W_f x + b_f + U_f h + b^hh_f)
        g = tanh(W_g x + b_g + U_g h + b^hh_g)
        c' = f ∘ c + i ∘ g
        o = σ(W_o x + b_o + U_o h + b^hh_o)
        h' = o ∘ tanh(c')
        """)
  }

  @Test func constantsAndMatricesAreWrittenOut() {
    #expect(
      graph(Antisymmetric(stepSize: 0.5)).formula() == """
        a = tanh(W x + b + (U - Uᵀ - 0.01 I) h)
        h' = h + 0.5 a
        """)
    #expect(
      graph(SCRN()).formula() == """
        s' = 0.05 (W^is x) + 0.95 s
        h' = σ(W^sh s' + W x + b + U h)
        """)
  }

  @Test func laTeXIsBalanced() {
    #expect(
      graph(RNN()).formula(.latex) == """
        \\begin{aligned}
        h' &= \\tanh(W x + b + U h + b^{\\mathrm{hh}})
        \\end{aligned}
        """)
    for entry in CellRegistry.standard.entries {
      let text = graph(entry.cell).formula(.latex)
      let brackets: [(Character, Character)] = [("{", "}"), ("(", ")"), ("[", "]")]
      for (open, close) in brackets {
        #expect(
          text.count { $0 == open } == text.count { $0 == close }, "\(entry.name): \(text)")
      }
    }
  }

  /// Each state has its line, and no value is called before its line.
  @Test func everyFormulaIsComplete() {
    for entry in CellRegistry.standard.entries {
      let graph = graph(entry.cell)
      let text = graph.formula()
      let lines = text.split(separator: "\n").map { $0.split(separator: " = ", maxSplits: 1) }
      #expect(lines.allSatisfy { $0.count == 2 }, "\(entry.name)")
      let names = lines.map { String($0[0]) }
      #expect(Set(names).count == names.count, "\(entry.name): \(text)")
      #expect(names.count { $0.hasSuffix("'") } == graph.states.count, "\(entry.name): \(text)")
    }
  }

  @Test func costsAreThoseOfThePaper() {
    let lstm = graph(LSTM())
    #expect(lstm.parameterCount == 4 * 4 * (3 + 4) + 2 * 4 * 4)
    // Products; three additions, four gates, three products, one sum, one tanh, for each unit.
    #expect(lstm.operationsPerStep == 2 * 16 * 7 + 4 * (4 * 3 + 4 + 3 + 1 + 1))
    #expect(graph(MGU()).parameterCount == 2 * 4 * (3 + 4 + 1))
    #expect(graph(TypedRNN()).parameterCount == 2 * 4 * (3 + 1))
    // FastGRNN H(D+H)+2H+2, IndRNN H(D+2), UnICORNN H(D+3).
    #expect(graph(FastGRNN()).parameterCount == 4 * 7 + 8 + 2)
    #expect(graph(IndRNN()).parameterCount == 4 * 5)
    #expect(graph(UnICORNN()).parameterCount == 4 * 6)
  }
}
