import Cells
import Testing

/// How cells look as text.
@Suite struct TextNotationTests {
  private func text(_ cell: some RecurrentCell, _ name: String) -> String? {
    CellText(writing: cell, name: name, listsOptions: false)?.description
  }

  @Test func textsReadLikeThePaper() {
    #expect(
      text(MGU(), "mgu") == """
        cell mgu(x, h)
          f  = sigmoid(W_ih.f x + b_ih.f + W_hh.f h)
          n  = tanh(W_ih.n x + b_ih.n + W_hh.n (f * h))
          h' = (1 - f) * h + f * n

        """)
    #expect(
      text(LSTM(hasPeepholes: true), "lstm-peephole") == """
        cell lstm-peephole(x, h, c)
          i  = sigmoid(W_ih.i x + b_ih.i + (W_hh.i h + b_hh.i) + w_ch.i * c)
          f  = sigmoid(W_ih.f x + b_ih.f + (W_hh.f h + b_hh.f) + w_ch.f * c)
          g  = tanh(W_ih.g x + b_ih.g + (W_hh.g h + b_hh.g))
          c' = f * c + i * g
          o  = sigmoid(W_ih.o x + b_ih.o + (W_hh.o h + b_hh.o) + w_ch.o * c')
          h' = o * tanh(c')

        """)
  }

  @Test func parametersAndSizesAreStatedWhereTheyAreNotTheUsualOnes() {
    #expect(
      text(IndRNN(), "indrnn") == """
        cell indrnn(x, h)
          parameter w_hh[H] ~ uniform(0, 1)
          h' = relu(W_ih x + b_ih + w_hh * h)

        """)
    #expect(
      text(TypedRNN(), "trnn") == """
        cell trnn(x, h)
          parameter W_ih.z[H, I]
          optional parameter b_ih.z[H]
          f  = sigmoid(W_ih.f x + b_ih.f)
          h' = f * h + (1 - f) * (W_ih.z x + b_ih.z)

        """)
    #expect(
      text(Antisymmetric(stepSize: 0.5), "antisymmetric") == """
        cell antisymmetric(x, h)
          parameter W_hh[H, H]
          a  = tanh(W_ih x + b_ih + (W_hh - transpose(W_hh) - 0.01 * identity(H)) h)
          h' = h + 0.5 * a

        """)
  }

  /// Options stand in the text of a cell; numbers among them can be used in its equations.
  @Test func optionsAreStated() throws {
    #expect(
      CellText(writing: LSTM(gates: .coupled, projectionSize: 2), name: "lstm")?.description
        .contains("  option gates = \"coupled\"\n") == true)
    let text = try CellText(
      """
      cell leaky(x, h)
        option rate = 0.25
        h' = (1 - rate) * h + rate * tanh(W_ih x + b_ih)
      """)
    let read = CellGraph(text, inputSize: 3, hiddenSize: 4)
    #expect(
      read.text()?.contains(
        """
          a  = tanh(W_ih x + b_ih)
          h' = (1 - 0.25) * h + 0.25 * a
        """) == true)
  }

  /// Sizes are arithmetic of I and H, comments and empty lines are skipped, brackets go over lines.
  /// A matrix of one column multiplies with a size.
  @Test func sizesAreSignalsOfOneUnit() throws {
    let text = try CellText("cell a(x, h)\n  h' = W_a H + h")
    let graph = CellGraph(text, inputSize: 3, hiddenSize: 4)
    let printed = try #require(graph.text())
    #expect(printed.contains("W_a (4)"))
    #expect(CellGraph(try CellText(printed), inputSize: 3, hiddenSize: 4) == graph)
  }

  @Test func aPersonsTextIsRead() throws {
    let text = try CellText(
      """
      # My own cell.
      cell mine(x, h, memory = "long memory"[2 * H])   # two states

        parameter W_in = weight_input[H, I] ~ orthogonal(1)
        parameter scale[1] ~ -0.5
        K       = [1, 0;
                   0, 1]
        a       = W_in x + sum(K h[0..<2])
        h'      = tanh(chunk(memory, 1, 2) + scale * a)
        memory' = concatenate(h', h)
        y       = max(h', 0)
      """)
    let graph = CellGraph(text, inputSize: 3, hiddenSize: 4)
    #expect(graph.states.map(\.name) == ["hidden", "long memory"])
    #expect(graph.states.map(\.width) == [4, 8])
    #expect(graph.parameters.map(\.name) == ["weight_input", "scale"])
    #expect(graph.parameters.map(\.shape) == [[4, 3], [1]])
    #expect(graph.outputSize == 4)
  }

  /// A text is a cell as any other: the compiled passes agree with the oracle.
  @Test func aTextIsChecked() throws {
    let text = try CellText(
      """
      cell leaky(x, h)
        parameter time_constant[H] ~ uniform(-1, 1)
        k  = sigmoid(time_constant)
        h' = k * h + (1 - k) * tanh(W_ih x + b_ih + W_hh h + b_hh)
      """)
    let report = checkGradients(of: text)
    #expect(report.passed, "\(report)")
  }

  /// With biases off, a bias is zero; a vector that is declared stays unless it is optional.
  @Test func biasesCanBeOff() throws {
    let optional = try CellText(
      """
      cell a(x, h)
        optional parameter b_hh[H] ~ 1
        optional signal layer.bias[2, H] ~ 0
        h' = W_ih x + b_hh + h * chunk(layer.bias, 1, 2)
      """)
    for (bias, names) in [(true, ["bias_hh", "layer.bias", "weight_ih"]), (false, ["weight_ih"])] {
      let graph = CellGraph(optional, inputSize: 2, hiddenSize: 3, bias: bias)
      #expect(graph.parameters.map(\.name) == names)
    }
    let text = try CellText("cell a(x, h)\n  parameter b_hh[H]\n  h' = W_ih x + b_ih + b_hh + h")
    let graph = CellGraph(text, inputSize: 2, hiddenSize: 3, bias: false)
    #expect(graph.parameters.map(\.name) == ["bias_hh", "weight_ih"])
    for entry in CellRegistry.standard.entries { try checkWithoutBiases(entry.cell, entry.name) }
  }

  /// A text and its cell have the same parameters where biases are off.
  private func checkWithoutBiases(_ cell: some RecurrentCell, _ name: String) throws {
    let text = try #require(
      CellText(writing: cell, name: name, for: [(input: 3, hidden: 8)]), "\(name)")
    let (a, b) = (
      CellGraph(cell, inputSize: 3, hiddenSize: 8, bias: false),
      CellGraph(text, inputSize: 3, hiddenSize: 8, bias: false)
    )
    #expect(a.parameters == b.parameters, "\(name)")
  }

  @Test func swiftIsWritten() throws {
    let text = try #require(CellText(writing: MGU(), name: "mgu", listsOptions: false))
    #expect(
      text.swift(type: "MyUnit") == """
        import Cells

        /// The cell mgu, whose equations a text states.
        ///
        ///     cell mgu(x, h)
        ///       f  = sigmoid(W_ih.f x + b_ih.f + W_hh.f h)
        ///       n  = tanh(W_ih.n x + b_ih.n + W_hh.n (f * h))
        ///       h' = (1 - f) * h + f * n
        struct MyUnit: RecurrentCell, Codable, Hashable {
          func equations(_ cell: inout CellBuilder) {
            let x = cell.input
            let h = cell.state("hidden")
            let f = sigmoid(cell.affine(x, "ih.f") + cell.linear(h, "hh.f"))
            let n = tanh(cell.affine(x, "ih.n") + cell.linear(f * h, "hh.n"))
            cell.update(h, to: (1 - f) * h + f * n)
          }
        }

        """)
  }
}
