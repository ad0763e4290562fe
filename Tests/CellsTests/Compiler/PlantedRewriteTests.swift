import Cells
import TensorCore
import Testing

/// The oracle reads equations as they were written, so that a compiler's rewriting that changes what they mean is found.
@Suite struct PlantedRewriteTests {
  /// A rewriting that is wrong.
  enum Planted: CaseIterable {
    /// `-x` becomes x.
    case sign
    /// `a - b` becomes `b - a`.
    case order
    /// A sum of constants is folded to another number.
    case foldedConstant
    /// `0.25 x` becomes x.
    case neutralElement
    /// A product is taken for an earlier one with the same first operand.
    case sharedSubexpression
    /// Units are taken from one place before.
    case slice
    /// A gate is given the rows of the gate before it.
    case rows
    /// The parts of a concatenation change places.
    case concatenation
    /// A transposed square matrix is the matrix.
    case transpose

    var rule: SimplifiedGraph.Rule {
      SimplifiedGraph.Rule { operation, graph in
        switch (self, operation) {
        case (.sign, .apply(.negate, let x)): x[0]
        case (.order, .apply(.subtract, let x)) where x[0] < x[1]:
          graph.add(.apply(.subtract, [x[1], x[0]]))
        case (.foldedConstant, .apply(.add, let x)):
          graph.constant(x[0]).flatMap { a in
            graph.constant(x[1]).map { graph.add(.constant(a + $0 + 0.1, columns: 1)) }
          }
        case (.neutralElement, .apply(.multiply, let x)):
          graph.constant(x[0]) == 0.25 ? x[1] : nil
        case (.sharedSubexpression, .apply(.multiply, let x)):
          graph.nodes.firstIndex { node in
            if case .apply(.multiply, let y) = node.operation {
              y[0] == x[0] && graph[x[1]].columns == graph[y[1]].columns
            } else {
              false
            }
          }
        case (.slice, .slice(let a, let range)) where range.lowerBound % 5 == 2:
          graph.add(.slice(a, range.lowerBound - 1..<range.upperBound - 1))
        case (.rows, .rows(let a, let range)) where range.lowerBound == 5:
          graph.add(.rows(a, 0..<range.count))
        case (.concatenation, .concatenate(let parts)) where parts[0] < parts[1]:
          graph.add(.concatenate(parts.reversed()))
        case (.transpose, .transpose(let a)) where graph[a].rows == graph[a].columns: a
        default: nil
        }
      }
    }
  }

  /// A cell that gives every planted rewriting something to do.
  struct Varied: RecurrentCell {
    func equations(_ cell: inout CellBuilder) {
      let (x, h) = (cell.input, cell.state("hidden"))
      let gate = sigmoid(cell.affine(x, "ih.z") + cell.affine(h, "hh.z"))
      let new = tanh(cell.affine(x, "ih.n") - cell.affine(h, "hh.n"))
      let matrix = cell.matrix("turn")
      let turned = cell.product(h, 0.5 * (matrix - matrix.transposed()))
      let swapped = concatenate(h[2..<5], new[0..<2])
      let rate = 0.25 * sigmoid(cell.constant(0.5) + 0.75 + swapped)
      cell.update(h, to: gate * h + gate * -new + rate * turned)
    }
  }

  private static let sizes = (input: 3, hidden: 5)
  /// Double precision; simplification changes the order of no sum.
  private static let tolerance = 1e-12

  @Test(arguments: Planted.allCases) func wrongRewritingIsFound(_ planted: Planted) {
    let cell = CellGraph(
      Varied(), inputSize: Self.sizes.input, hiddenSize: Self.sizes.hidden)
    let rules = [planted.rule] + SimplifiedGraph.Rule.all
    let wrong = cell.simplified(by: rules)
    #expect(Subject(cell).difference(from: wrong) > 1e-3)
  }

  @Test func correctRewritingPasses() {
    let cell = CellGraph(
      Varied(), inputSize: Self.sizes.input, hiddenSize: Self.sizes.hidden)
    let subject = Subject(cell)
    #expect(cell.simplified() != cell)
    #expect(subject.difference(from: cell.simplified()) <= Self.tolerance)
  }

  /// Random cells, and those of the zoo.
  @Test func simplifiedCellsHaveTheValuesOfTheWrittenOnes() {
    for seed in UInt64(0)..<1000 {
      let cell = CellGraph(RandomCell(seed: seed), inputSize: 3, hiddenSize: 4)
      let found = Subject(cell).difference(from: cell.simplified())
      #expect(found <= Self.tolerance, "seed \(seed)")
    }
    for entry in CellRegistry.standard.entries {
      let cell = CellGraph(entry.cell, inputSize: 12, hiddenSize: 12)
      let found = Subject(cell).difference(from: cell.simplified())
      #expect(found <= Self.tolerance, "\(entry.name)")
    }
  }

  /// The thousand random cells alone would find each of them too.
  @Test func randomCellsFindWrongRewritings() {
    let cells = (UInt64(0)..<300).map {
      CellGraph(RandomCell(seed: $0), inputSize: 3, hiddenSize: 5)
    }
    for planted: Planted in [.order, .sharedSubexpression, .concatenation, .transpose] {
      let rules = [planted.rule] + SimplifiedGraph.Rule.all
      let found = cells.count {
        Subject($0).difference(from: $0.simplified(by: rules)) > 1e-3
      }
      #expect(found > 0, "\(planted)")
    }
  }
}

/// A cell as it was written, with numbers for what it reads, and the oracle's values for two steps.
private struct Subject {
  let cell: CellGraph
  let parameters: [[Double]]
  let inputs: [[Double]]
  let outputs: [[Double]]

  init(_ cell: CellGraph) {
    self.cell = cell
    var generator = Philox(seed: 5)
    func numbers(_ count: Int) -> [Double] {
      (0..<count).map { _ in Double(Float.random(in: -1...1, using: &generator)) }
    }
    parameters = cell.parameters.map { numbers($0.shape.reduce(1, *)) }
    inputs = (0..<2).map { _ in numbers(cell.inputSize) }
    outputs = Self.outputs(of: cell, parameters, inputs)
  }

  private static func outputs(
    of cell: CellGraph, _ parameters: [[Double]], _ inputs: [[Double]]
  ) -> [[Double]] {
    func duals(_ numbers: [Double]) -> [Dual] { numbers.map { Dual($0) } }
    let result = Oracle(cell, parameters: parameters.map(duals)).run(
      inputs.map { [duals($0)] },
      from: cell.states.map { duals([Double](repeating: 0.5, count: $0.width)) })
    return (result.outputs + result.states).map { $0.map(\.value) }
  }

  /// The largest difference between the written cell's values and another one's.
  func difference(from other: CellGraph) -> Double {
    let others = Self.outputs(of: other, parameters, inputs)
    return zip(outputs.joined(), others.joined()).reduce(0) { worst, pair in
      // Not a number on both sides is no difference.
      let difference = pair.0 == pair.1 || pair.0.isNaN && pair.1.isNaN ? 0 : abs(pair.0 - pair.1)
      return max(worst, (difference.isNaN ? .infinity : difference) / max(1, abs(pair.0)))
    }
  }
}
