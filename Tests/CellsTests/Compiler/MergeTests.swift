import Cells
import TensorCore
import Testing

/// Sums of products become one node, products of one signal one product, biases one vector.
@Suite struct MergeTests {
  private func forward(_ cell: some RecurrentCell, bias: Bool = true) -> Schedule {
    Plan(CellGraph(cell, inputSize: 3, hiddenSize: 5, bias: bias), learns: false).forward
  }

  @Test func sumOfProductsIsOneAffineNode() {
    var graph = SimplifiedGraph()
    let (x, h) = (graph.add(.sequence(0), columns: 4), graph.add(.state(0), columns: 4))
    func product(_ signal: NodeID, _ parameter: Int) -> NodeID {
      let weight = graph.add(.parameter(parameter), rows: 4, columns: 4)
      return graph.add(
        .affine([ProductTerm(signal: signal, weight: weight, isTransposed: false)], biases: []))
    }
    let bias = graph.add(.parameter(2), columns: 4)
    let sum = graph.add(.apply(.add, [product(x, 0), product(h, 1)]))
    let all = graph.add(.apply(.add, [sum, bias]))
    let merged = Recurrence(graph: graph, outputs: [all], updates: [all]).collectingSums()
    guard case .affine(let terms, let biases) = merged.graph[merged.outputs[0]].operation else {
      Issue.record("the sum is \(merged.graph[merged.outputs[0]].operation)")
      return
    }
    #expect(terms.count == 2 && biases.count == 1)
  }

  /// Who reads a product alone needs it as a node of its own.
  @Test func productThatIsReadElsewhereStaysApart() {
    var graph = SimplifiedGraph()
    let (x, h) = (graph.add(.sequence(0), columns: 4), graph.add(.state(0), columns: 4))
    let weight = graph.add(.parameter(0), rows: 4, columns: 4)
    let product = graph.add(
      .affine([ProductTerm(signal: h, weight: weight, isTransposed: false)], biases: []))
    let sum = graph.add(.apply(.add, [product, x]))
    let both = graph.add(.apply(.multiply, [sum, product]))
    let merged = Recurrence(graph: graph, outputs: [both], updates: [both]).collectingSums()
    let affines = merged.graph.nodes.filter {
      if case .affine = $0.operation { true } else { false }
    }
    #expect(affines.count == 1)
  }

  @Test func gatesOfOneSignalAreOneProductWithStackedWeights() {
    let schedule = forward(LSTM())
    #expect(schedule.packings.map { [$0.n, $0.k] } == [[20, 3], [20, 5]])
  }

  /// PyTorch's weights stand below each other already: to stack them copies nothing.
  @Test func weightsThatStandTogetherAreStackedWithoutACopy() {
    let schedule = forward(LSTM(), bias: false)
    #expect(schedule.parameterStage.isEmpty)
    #expect(
      schedule.packings.allSatisfy {
        if case .parameter = schedule.buffers[$0.matrix.area].kind { true } else { false }
      })
  }

  @Test func biasesOfOneSumAreAddedUpOnce() {
    let programs = forward(LSTM()).programs(\.parameterStage)
    #expect(
      programs.count == 1 && programs[0].width == 20 && programs[0].program.operationCount == 1)
    #expect(
      forward(LSTM()).loop.filter { if case .product = $0 { true } else { false } }.count == 1)
  }

  /// In the GRU, the new gate's product is inside another product and cannot join its neighbours' sum.
  @Test func productsInsideOthersStayApart() {
    let schedule = forward(GRU())
    #expect(schedule.products(\.loop).sorted { $0[0] < $1[0] } == [[5, 5], [10, 5]])
  }
}
