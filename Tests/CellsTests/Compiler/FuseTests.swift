import Cells
import TensorCore
import Testing

/// Elementwise work between two products is one program.
@Suite struct FuseTests {
  private func forward(_ cell: some RecurrentCell) -> Schedule {
    Plan(CellGraph(cell, inputSize: 3, hiddenSize: 5), learns: false).forward
  }

  /// Three sigmoids, two hyperbolic tangents, three products and a sum.
  @Test func stepOfAnLSTMIsAProductAndAProgram() {
    let schedule = forward(LSTM())
    #expect(schedule.loop.count == 2)
    let programs = schedule.programs(\.loop)
    #expect(programs.map(\.program.operationCount) == [9] && programs.map(\.width) == [5])
  }

  @Test func productSplitsTheWorkInTwo() {
    let schedule = forward(MGU())
    #expect(schedule.programs(\.loop).count == 2)
    #expect(schedule.products(\.loop) == [[5, 5], [5, 5]])
  }

  /// What only one program reads never leaves its registers.
  @Test func intermediateValuesAreNotStored() {
    for program in forward(LSTM()).programs(\.loop) {
      let stores = program.program.instructions.filter {
        if case .store = $0 { true } else { false }
      }
      #expect(stores.count == 2, "the cell and the hidden state, and nothing else")
    }
  }

  @Test func sumsAlongUnitsSplitThePrograms() {
    struct Normalizing: RecurrentCell {
      func equations(_ cell: inout CellBuilder) {
        let h = cell.state("hidden")
        let sum = cell.affine(cell.input, "ih") + cell.affine(h, "hh")
        cell.update(h, to: tanh(sum.normalized(epsilon: 1e-5)))
      }
    }
    let schedule = forward(Normalizing())
    let sums = schedule.loop.filter { if case .rowSum = $0 { true } else { false } }
    #expect(sums.count == 2)
    #expect(schedule.programs(\.loop).count >= 2)
  }

  /// However much work there is, no program is longer than the machine takes, and all are checked when made.
  @Test func longWorkIsCutIntoProgramsThatFit() {
    struct Long: RecurrentCell {
      func equations(_ cell: inout CellBuilder) {
        let h = cell.state("hidden")
        var y = cell.affine(cell.input, "ih") + cell.affine(h, "hh")
        for k in 0..<100 { y = sin(y) + 0.01 * Double(k) * h }
        cell.update(h, to: y)
      }
    }
    let programs = forward(Long()).programs(\.loop)
    #expect(programs.reduce(0) { $0 + $1.program.operationCount } >= 290)
    for program in programs {
      #expect(program.program.operationCount <= 24)
      #expect(program.program.registerCount <= ElementwiseProgram.maximumRegisters)
      #expect(program.operands.count <= ElementwiseProgram.maximumOperands)
    }
  }

  @Test func registersAreUsedAgain() {
    struct Chain: RecurrentCell {
      func equations(_ cell: inout CellBuilder) {
        let h = cell.state("hidden")
        cell.update(h, to: tanh(sigmoid(sin(cos(exp(tanh(h) * cell.vector("w")))))))
      }
    }
    #expect(forward(Chain()).programs(\.loop)[0].program.registerCount <= 3)
  }
}
