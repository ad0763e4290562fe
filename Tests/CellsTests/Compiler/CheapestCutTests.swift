import TensorCore
import Testing

@testable import Cells

/// Values are computed again from those that cost least to save.
@Suite struct CheapestCutTests {
  /// Values 1 and 2 come from 0, and 3 from both.
  private func diamond(costs: [Int]) -> Set<NodeID> {
    var cut = CheapestCut()
    for (id, operands) in [[], [0], [0], [1, 2]].enumerated() {
      cut.add(id, cost: costs[id], from: operands)
    }
    cut.want(3)
    return cut.values()
  }

  @Test func cheapestValuesAreSaved() {
    #expect(diamond(costs: [5, 1, 1, 3]) == [1, 2])
    #expect(diamond(costs: [1, 1, 1, 3]) == [0])
    #expect(diamond(costs: [5, 2, 2, 3]) == [3])
  }

  /// Of equal costs those that leave least to compute.
  @Test func latestValuesAreSaved() {
    #expect(diamond(costs: [4, 2, 2, 4]) == [3])
    #expect(diamond(costs: [2, 1, 1, 3]) == [1, 2])
  }

  /// Of a minGRU the backward pass reads the content, its sigmoid, the gate and the state.
  @Test func gatesAreKeptInThePlacesOfTheirSums() {
    let cell = { (cell: any RecurrentCell) in CellGraph(cell, inputSize: 3, hiddenSize: 5) }
    #expect(Plan(cell(MinGRU()), learns: true).bytesKeptPerStep == 4 * 4 * 5)
    #expect(Plan(cell(IndRNN()), learns: true).bytesKeptPerStep == 4 * 5)
  }

  /// Nothing is kept for the backward pass but what it reads.
  @Test(arguments: [
    "indrnn", "mingru", "minlstm", "sru", "qrnn", "lru", "hgrn", "lstm", "gru", "mgu", "ligru",
    "slstm",
  ])
  func onlyWhatIsReadIsKept(_ name: String) throws {
    let cell = try CellRegistry.standard.cell(named: name)
    let plan = Plan(CellGraph(cell, inputSize: 12, hiddenSize: 12), learns: true)
    let read = Dictionary(grouping: plan.forward.kept, by: \.area).mapValues { places in
      Set(places.flatMap { $0.offset..<$0.offset + $0.columns }).count
    }
    for (number, columns) in read where plan.forward.buffers[number].kind == .everyStep {
      #expect(columns == plan.forward.buffers[number].width, "buffer \(number)")
    }
  }
}
