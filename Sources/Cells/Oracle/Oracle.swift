import Requirements
import TensorCore

/// Evaluates a cell's graph in double precision, one sample, one step and one node at a time.
///
/// It is slow and obvious: the plan, its derivatives and the kernels are tested against it. All numbers
/// are dual, so that seeding one derivative with 1 gives the derivative of everything by that number.
package struct Oracle {
  /// A matrix, or a signal's row of units.
  package struct Value {
    package var rows: Int
    package var columns: Int
    package var elements: [Dual]

    subscript(row: Int, column: Int) -> Dual { elements[row * columns + column] }

    /// The element for a place, repeated where there is only one row or column.
    func broadcast(_ row: Int, _ column: Int) -> Dual {
      self[rows == 1 ? 0 : row, columns == 1 ? 0 : column]
    }

    init(rows: Int, columns: Int, _ element: (_ row: Int, _ column: Int) -> Dual) {
      self.rows = rows
      self.columns = columns
      elements = (0..<rows * columns).map { element($0 / columns, $0 % columns) }
    }
  }

  package let cell: CellGraph
  /// The parameters in the cell's order, row-major.
  package var parameters: [[Dual]]

  package init(_ cell: CellGraph, parameters: [[Dual]]) {
    self.cell = cell
    self.parameters = parameters
  }

  /// One step of one sample: `sequences` in the graph's order, the input first.
  package func step(
    _ sequences: [[Dual]], _ states: [[Dual]]
  ) -> (output: [Dual], states: [[Dual]]) {
    let graph = cell.graph
    var values: [Value] = []
    for node in graph.nodes { values.append(value(of: node, values, sequences, states)) }
    return (values[cell.output].elements, cell.updates.map { values[$0].elements })
  }

  /// All steps of one sample: `sequences[t]` holds the signals of step t.
  package func run(
    _ sequences: [[[Dual]]], from initial: [[Dual]]
  ) -> (outputs: [[Dual]], states: [[Dual]]) {
    var states = initial
    var outputs: [[Dual]] = []
    for signals in sequences {
      let result = step(signals, states)
      states = result.states
      outputs.append(result.output)
    }
    return (outputs, states)
  }

  private func value(
    of node: Graph.Node, _ values: [Value], _ sequences: [[Dual]], _ states: [[Dual]]
  ) -> Value {
    func make(_ element: (Int, Int) -> Dual) -> Value {
      Value(rows: node.rows, columns: node.columns, element)
    }
    switch node.operation {
    case .sequence(let index): return make { sequences[index][$1] }
    case .state(let index): return make { states[index][$1] }
    case .parameter(let index): return make { parameters[index][$0 * node.columns + $1] }
    case .constant(let value, _, _): return make { _, _ in Dual(value) }
    case .table(let table): return make { Dual(table.elements[$0 * node.columns + $1]) }
    case .identity: return make { Dual($0 == $1 ? 1 : 0) }
    case .apply(let function, let operands):
      return make { row, column in
        let x = operands.map { values[$0].broadcast(row, column) }
        let partials = function.partialDerivatives(x.map(\.value))
        return Dual(
          function.evaluated(x.map(\.value)),
          derivative: zip(partials, x).reduce(0) { sum, term in
            // A branch that is not taken contributes nothing, even where it is not finite.
            term.0 == 0 ? sum : sum + term.0 * term.1.derivative
          })
      }
    case .broadcast(let a, _): return make { values[a].broadcast($0, $1) }
    case .affine(let terms, let biases):
      return make { _, column in
        var sum = biases.reduce(Dual(0)) { $0 + values[$1].broadcast(0, column) }
        for term in terms {
          let (signal, weight) = (values[term.signal], values[term.weight])
          for p in 0..<signal.columns {
            sum = sum + signal[0, p] * (term.isTransposed ? weight[p, column] : weight[column, p])
          }
        }
        return sum
      }
    case .slice(let a, let range): return make { values[a][$0, range.lowerBound + $1] }
    case .concatenate(let parts):
      let all = parts.flatMap { values[$0].elements }
      return make { all[$1] }
    case .sum(let a):
      return make { row, _ in
        (0..<values[a].columns).reduce(Dual(0)) { $0 + values[a][row, $1] }
      }
    case .maximum(let a):
      return make { row, _ in
        let elements = (0..<values[a].columns).map { values[a][row, $0] }
        let value = elements.map(\.value).max() ?? 0
        let largest = elements.filter { $0.value == value }
        return Dual(
          value, derivative: largest.reduce(0) { $0 + $1.derivative } / Double(largest.count))
      }
    case .cumulativeSum(let a, let isReversed):
      return make { row, column in
        (isReversed ? column..<node.columns : 0..<column + 1).reduce(Dual(0)) {
          $0 + values[a][row, $1]
        }
      }
    case .rows(let a, let range): return make { values[a][range.lowerBound + $0, $1] }
    case .stack(let parts):
      let all = parts.flatMap { values[$0].elements }
      return make { all[$0 * node.columns + $1] }
    case .transpose(let a): return make { values[a][$1, $0] }
    case .outer, .total:
      failure("a cell's step gathers nothing over the steps")
    }
  }
}
