import Cells
import TensorCore
import Testing

/// The backward pass is a plan like the forward pass, and chooses which activations are saved for it.
@Suite struct DifferentiateTests {
  private func graph(_ cell: some RecurrentCell) -> CellGraph {
    CellGraph(cell, inputSize: 3, hiddenSize: 5)
  }

  @Test func forwardPassWithoutAGradientSavesNothing() {
    for entry in CellRegistry.standard.entries {
      let plan = Plan(CellGraph(entry.cell, inputSize: 12, hiddenSize: 12), learns: false)
      #expect(plan.backward == nil && plan.forward.kept.isEmpty, "\(entry.name)")
      let forward = plan.forward
      // With several loops, later ones read what earlier ones leave.
      let followers = forward.earlier.isEmpty ? [] : forward.before + forward.loop
      let later = (forward.after + followers).flatMap(\.sources).map(\.area)
      for (number, buffer) in plan.forward.buffers.enumerated() where buffer.keepsHistory {
        #expect(later.contains(number), "\(entry.name) keeps a state's every step")
      }
    }
  }

  /// Costly functions and products are saved; sums of saved values are recomputed.
  @Test func cheapValuesAreRecomputedAndCostlyOnesAreSaved() {
    struct Mixed: RecurrentCell {
      func equations(_ cell: inout CellBuilder) {
        let h = cell.state("hidden")
        let gate = sigmoid(cell.affine(cell.input, "ih") + cell.affine(h, "hh"))
        // Its derivative needs 1 - gate, and gate times the state.
        cell.update(h, to: (1 - gate) * h + (gate * h) * (gate * h))
      }
    }
    let plan = Plan(graph(Mixed()), learns: true)
    // The input and the state of five units, which are there anyway, and the gate.
    #expect(plan.backward?.sources.count == 4)
    #expect(plan.bytesKeptPerStep == 4 * (5 + 5))
  }

  /// Four gates, the cell and the hidden state: six times H. The hyperbolic tangent of the cell is computed again.
  @Test func lstmSavesSixNumbersPerUnit() {
    #expect(Plan(graph(LSTM()), learns: true).bytesKeptPerStep == 4 * 6 * 5)
  }

  /// The matrix of a channel's states, and the channel's numbers; the decays, as many as the matrix has, follow from these.
  @Test func decaysOfS6AreRecomputed() throws {
    let (channels, states) = (64, 16)
    let graph = CellGraph(
      S6(inner: channels, states: states), inputSize: 32, hiddenSize: 32)
    let floats = Plan(graph, learns: true).bytesKeptPerStep / MemoryLayout<Float>.stride
    #expect(floats > channels * states && floats < 2 * channels * states, "\(floats) floats")
  }

  /// A value that is read twice at each of many steps is one source, not one for each of the ways that lead there.
  @Test(.timeLimit(.minutes(1))) func valuesThatAreReadTwiceArePlannedInTime() {
    struct Squares: RecurrentCell {
      func equations(_ cell: inout CellBuilder) {
        let h = cell.state("hidden")
        let start = cell.affine(cell.input, "ih") + h
        cell.update(h, to: tanh((0..<100).reduce(start) { x, _ in x * x + x }))
      }
    }
    #expect(Plan(graph(Squares()), learns: true).bytesKeptPerStep > 0)
  }

  @Test func backwardStepOfAnLSTMIsAProgramAndAProduct() throws {
    let backward = try #require(Plan(graph(LSTM()), learns: true).backward?.schedule)
    #expect(backward.loop.count == 2)
    #expect(backward.products(\.loop) == [[5, 20]])
    // The input's cotangent feeds no later step: it is one product over all of them.
    #expect(backward.products(\.after) == [[3, 20]])
  }

  /// What nothing depends on has a gradient of zero.
  @Test func unreadParameterHasNoGradient() {
    struct Idle: RecurrentCell {
      func equations(_ cell: inout CellBuilder) {
        let h = cell.state("hidden")
        _ = cell.vector("idle")
        cell.update(h, to: tanh(cell.affine(cell.input, "ih") + h))
      }
    }
    var generator = Philox(seed: 1)
    let layer = Recurrent(Idle(), inputSize: 3, hiddenSize: 5, using: &generator)
    let (_, gradients) = valueAndGradient(of: layer) { $0(Tensor(ones: [2, 2, 3])).output.sum() }
    #expect(gradients["idle_l0"]?.scalars == [0, 0, 0, 0, 0])
    #expect(gradients["weight_ih_l0"]?.scalars.contains(0) == false)
  }
}
