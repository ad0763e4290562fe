import Cells
import TensorCore
import Testing

/// What follows a delayed input leaves the loop of the other states, forwards and backwards.
@Suite struct LoopTests {
  /// A product of a delayed input feeds a recurrent state.
  private struct Shifted: RecurrentCell {
    func equations(_ cell: inout CellBuilder) {
      let h = cell.state("hidden")
      let shifted = cell.linear(cell.delay(cell.input, 2), "ih")
      cell.update(h, to: tanh(shifted + cell.linear(h, "hh")))
      cell.output(h)
    }
  }

  /// An elementwise recurrence of a convolved product.
  private struct Convolved: RecurrentCell {
    func equations(_ cell: inout CellBuilder) {
      let h = cell.state("hidden")
      let c = cell.causalConvolution(cell.linear(cell.input, "ih"), "conv", width: 4)
      let gate = sigmoid(cell.linear(c, "gate"))
      cell.update(h, to: gate * h + (1 - gate) * cell.linear(c, "new"))
      cell.output(h)
    }
  }

  private func plan(_ cell: some RecurrentCell) -> Plan {
    Plan(CellGraph(cell, inputSize: 3, hiddenSize: 5), learns: true)
  }

  @Test func productsOfADelayedInputAreDoneForAllSteps() {
    let schedule = plan(Shifted()).forward
    #expect(schedule.earlier.count == 1)
    #expect(schedule.products(\.before) == [[5, 3]])
    #expect(schedule.products(\.loop) == [[5, 5]])
  }

  @Test func noProductIsLeftInTheLoopsOfAConvolution() throws {
    let plan = plan(Convolved())
    let backward = try #require(plan.backward?.schedule)
    for schedule in [plan.forward, backward] {
      #expect(schedule.earlier.count == 1)
      #expect(schedule.products(\.loop).isEmpty)
      for phase in schedule.earlier {
        #expect(phase.loop.allSatisfy { if case .product = $0 { false } else { true } })
      }
    }
    #expect(plan.forward.products(\.before) == [[10, 5]])
  }

  /// States that depend on each other, and those that no product separates, share a loop.
  @Test func usualCellsHaveOneLoop() {
    let cells: [any RecurrentCell] = [LSTM(), GRU(), SLSTM(), TauGRU(), LRU(), NestedLSTM()]
    for cell in cells {
      let plan = Plan(CellGraph(cell, inputSize: 3, hiddenSize: 4), learns: true)
      #expect(plan.forward.earlier.isEmpty, "\(cell)")
      #expect(plan.backward?.schedule.earlier.isEmpty == true, "\(cell)")
    }
  }

  /// Nothing of the width of a matrix for each head is kept but the matrix itself.
  @Test func outerProductsAreNotKept() throws {
    let cells: [any RecurrentCell] = [
      GLA(heads: 2, rank: 2), GatedDeltaNet(heads: 2), MLSTM(heads: 2), RWKV7(heads: 2, rank: 2),
    ]
    for cell in cells {
      let plan = Plan(CellGraph(cell, inputSize: 16, hiddenSize: 16), learns: true)
      let backward = try #require(plan.backward?.schedule)
      for schedule in [plan.forward, backward] {
        for buffer in schedule.buffers where buffer.kind == .everyStep {
          #expect(buffer.width < 128, "\(cell): \(buffer)")
        }
      }
    }
  }

  /// The read's derivative takes the matrix after a step from where the state is, so that the only work over matrices
  /// is their cotangent's.
  @Test func matricesAfterAStepAreNotComputedAgain() throws {
    let cells: [any RecurrentCell] = [GLA(heads: 2, rank: 2), RetNet(heads: 2), HGRN2(heads: 2)]
    for cell in cells {
      let plan = Plan(CellGraph(cell, inputSize: 16, hiddenSize: 16), learns: true)
      let backward = try #require(plan.backward?.schedule)
      let matrices = backward.loop.filter {
        if case .program(let program) = $0 { program.width == 128 } else { false }
      }
      #expect(matrices.count == 1, "\(cell)")
      #expect(plan.forward.kept.contains { $0.slot == .next && $0.columns == 128 }, "\(cell)")
    }
  }

  /// A scaled matrix is scaled again where it is added to, which is one pass, instead of being loaded.
  @Test func scaledMatricesAreReadBySumsAlone() {
    let cells: [any RecurrentCell] = [GatedDeltaNet(heads: 2), KDA(heads: 2), MLSTM(heads: 2)]
    for cell in cells {
      let plan = Plan(CellGraph(cell, inputSize: 8, hiddenSize: 48), learns: true)
      var wide = 0
      for case .program(let program) in plan.forward.loop where program.width >= 1024 {
        wide += 1
        for operand in program.program.loadedOperands {
          let buffer = plan.forward.buffers[program.operands[operand].area]
          #expect(buffer.kind != .oneStep || buffer.width < 1024, "\(cell)")
        }
      }
      #expect(wide == (cell is MLSTM ? 1 : 2), "\(cell)")
    }
  }
}
