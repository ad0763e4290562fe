import Cells
import TensorCore
import Testing

/// Constants are folded, common subexpressions shared and what does nothing left out; but the equations stay as they were
/// written.
@Suite struct SimplifyTests {
  private func apply(
    _ graph: inout SimplifiedGraph, _ function: ElementwiseFunction, _ a: NodeID...
  )
    -> NodeID
  {
    graph.add(.apply(function, a))
  }

  @Test func equalExpressionsAreShared() {
    var graph = SimplifiedGraph()
    let x = graph.add(.sequence(0), columns: 4)
    let first = apply(&graph, .multiply, apply(&graph, .sigmoid, x), apply(&graph, .tanh, x))
    let count = graph.nodes.count
    let second = apply(&graph, .multiply, apply(&graph, .sigmoid, x), apply(&graph, .tanh, x))
    #expect(first == second)
    #expect(graph.nodes.count == count)
  }

  /// Functions that round differently from machine to machine are left to the machine.
  @Test func onlyExactFunctionsAreFolded() {
    var graph = SimplifiedGraph()
    let two = graph.add(.constant(2, columns: 1))
    let (curved, negative) = (apply(&graph, .tanh, two), apply(&graph, .negate, two))
    #expect(graph.constant(curved) == nil && graph.constant(negative) == -2)
  }

  @Test func functionsOfConstantsAreConstants() {
    var graph = SimplifiedGraph()
    let (two, three) = (
      graph.add(.constant(2, columns: 4)), graph.add(.constant(3, columns: 1))
    )
    let sum = apply(&graph, .add, two, three)
    #expect(graph.constant(sum) == 5)
    #expect(graph[sum].columns == 4)
    let root = apply(&graph, .sqrt, graph.add(.constant(9, columns: 1)))
    let wide = graph.add(.broadcast(three, columns: 7))
    #expect(graph.constant(root) == 3 && graph.constant(wide) == 3)
  }

  @Test func neutralElementsVanish() {
    var graph = SimplifiedGraph()
    let x = graph.add(.sequence(0), columns: 4)
    let (zero, one) = (graph.add(.constant(0, columns: 4)), graph.add(.constant(1, columns: 4)))
    #expect(apply(&graph, .add, x, zero) == x && apply(&graph, .add, zero, x) == x)
    #expect(apply(&graph, .multiply, x, one) == x && apply(&graph, .divide, x, one) == x)
    #expect(apply(&graph, .subtract, x, zero) == x)
    let nothing = apply(&graph, .multiply, x, zero)
    #expect(graph.constant(nothing) == 0)
    #expect(apply(&graph, .subtract, zero, x) == apply(&graph, .negate, x))
  }

  /// The norm of a head's units is divided by once; a divisor that could be close to zero stays one.
  @Test func quotientsByRepeatedNormsAreProducts() {
    var graph = SimplifiedGraph()
    let x = graph.add(.sequence(0), columns: 12)
    let axis = Axis(count: 4)
    let sums = graph.add(.sequence(1), columns: 3)
    let small = graph.add(.constant(1e-6, columns: 1))
    let norms = apply(&graph, .sqrt, apply(&graph, .add, sums, small))
    let quotient = apply(&graph, .divide, x, graph.add(.spread(norms, axis)))
    let reciprocal = apply(&graph, .reciprocal, norms)
    #expect(quotient == apply(&graph, .multiply, x, graph.add(.spread(reciprocal, axis))))
    let y = graph.add(.sequence(2), columns: 12)
    for divisor in [y, graph.add(.spread(sums, axis))] {
      let other = apply(&graph, .divide, x, divisor)
      #expect(graph[other].operation == .apply(.divide, [x, divisor]))
    }
  }

  /// One column and no more would be lost if a constant's width were.
  @Test func foldingKeepsTheWidth() {
    var graph = SimplifiedGraph()
    let narrow = graph.add(.sequence(0), columns: 1)
    let wide = apply(&graph, .add, narrow, graph.add(.constant(0, columns: 5)))
    #expect(graph[wide].columns == 5)
    let negative = apply(&graph, .subtract, graph.add(.constant(0, columns: 5)), narrow)
    #expect(graph[negative].columns == 5)
  }

  @Test func slicesAndRowsOfPartsAreTakenFromTheWhole() {
    var graph = SimplifiedGraph()
    let (x, y) = (graph.add(.sequence(0), columns: 6), graph.add(.sequence(1), columns: 4))
    let both = graph.add(.concatenate([x, y]))
    #expect(graph.add(.slice(both, 0..<6)) == x && graph.add(.slice(both, 6..<10)) == y)
    #expect(graph.add(.slice(both, 7..<9)) == graph.add(.slice(y, 1..<3)))
    let inner = graph.add(.slice(x, 1..<5))
    #expect(graph.add(.slice(inner, 1..<3)) == graph.add(.slice(x, 2..<4)))
    let halves = [graph.add(.slice(x, 0..<3)), graph.add(.slice(x, 3..<6))]
    #expect(graph.add(.concatenate(halves)) == x)

    let matrix = graph.add(.parameter(0), rows: 6, columns: 4)
    let blocks = [graph.add(.rows(matrix, 0..<2)), graph.add(.rows(matrix, 2..<6))]
    #expect(graph.add(.stack(blocks)) == matrix)
    #expect(graph.add(.transpose(graph.add(.transpose(matrix)))) == matrix)
  }

  @Test func tracingKeepsWhatWasWritten() {
    struct Wordy: RecurrentCell {
      func equations(_ cell: inout CellBuilder) {
        let h = cell.state("hidden")
        cell.update(h, to: (h * 1 + 0) - (h * 1 + 0) / (cell.constant(2) + 3))
      }
    }
    let written = CellGraph(Wordy(), inputSize: 3, hiddenSize: 5)
    let functions = written.graph.nodes.count { $0.operation.isElementwise }
    #expect(functions == 7)
    // A leaf is one node however often it is mentioned: the state and the numbers 0 to 3; and the input.
    #expect(written.graph.nodes.count - functions == 6)
    #expect(written.formula() == "h' = 1 h + 0 - (1 h + 0) / (2 + 3)")
    // h and 5, and their quotient and difference.
    #expect(written.simplified().graph.nodes.count == 4)
  }

  @Test func equalEquationsAreEqualGraphs() {
    let entries = CellRegistry.standard.entries
    let graphs = entries.map { CellGraph($0.cell, inputSize: 12, hiddenSize: 12) }
    for (entry, graph) in zip(entries, graphs) {
      #expect(CellGraph(entry.cell, inputSize: 12, hiddenSize: 12) == graph, "\(entry.name)")
      #expect(graphs.count { $0 == graph } == 1, "\(entry.name)")
    }
  }

  /// A cell that states one gate twice costs what it costs once.
  @Test func cellThatRepeatsItselfHasThePlanOfOneThatDoesNot() {
    struct Repeating: RecurrentCell {
      var repeats: Bool
      func equations(_ cell: inout CellBuilder) {
        let (x, h) = (cell.input, cell.state("hidden"))
        func gate() -> Signal { sigmoid(cell.affine(x, "ih") + cell.affine(h, "hh")) }
        let first = gate()
        let second = repeats ? gate() : first
        cell.update(h, to: first * h + (1 - second) * 1)
      }
    }
    func text(_ repeats: Bool) -> String {
      "\(Plan(CellGraph(Repeating(repeats: repeats), inputSize: 3, hiddenSize: 5), learns: true))"
    }
    #expect(text(true) == text(false))
  }
}
