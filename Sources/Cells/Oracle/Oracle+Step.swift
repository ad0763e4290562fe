import Requirements
import TensorCore

extension Oracle {
  /// A matrix, or a signal's row of units.
  struct Value {
    var rows: Int
    var columns: Int
    var elements: [Dual]

    init(rows: Int, columns: Int, elements: [Dual]) {
      self.rows = rows
      self.columns = columns
      self.elements = elements
    }

    init(rows: Int, columns: Int, _ element: (_ row: Int, _ column: Int) -> Dual) {
      self.init(rows: rows, columns: columns, elements: [])
      elements.reserveCapacity(rows * columns)
      for row in 0..<rows {
        for column in 0..<columns { elements.append(element(row, column)) }
      }
    }

    subscript(row: Int, column: Int) -> Dual { elements[row * columns + column] }

    /// The element for a place, repeated where there is only one row or column.
    func broadcast(_ row: Int, _ column: Int) -> Dual {
      self[rows == 1 ? 0 : row, columns == 1 ? 0 : column]
    }

    func row(_ row: Int) -> ArraySlice<Dual> { elements[row * columns..<(row + 1) * columns] }
  }

  /// One step of one sample: its parameters, external signals and states, and the values of the nodes so far.
  ///
  /// What is done for each term of a product or operand of a function is written as loops: in a debug build, in which
  /// tests run, `reduce` and `zip` take several times as long.
  struct Step {
    let parameters: [[Dual]]
    let sequences: [[Dual]]
    let states: [[Dual]]
    var values: [Value] = []

    /// The value of the next node, from those of the nodes that it reads.
    func value(of node: Graph.Node) -> Value {
      func whole(_ elements: [Dual]) -> Value {
        Value(rows: node.rows, columns: node.columns, elements: elements)
      }
      switch node.operation {
      case .sequence(let index): return whole(sequences[index])
      case .state(let index): return whole(states[index])
      case .parameter(let index): return whole(parameters[index])
      case .table(let table): return whole(table.elements.map { Dual($0) })
      case .concatenate(let parts), .stack(let parts):
        return whole(parts.flatMap { values[$0].elements })
      default: return Value(rows: node.rows, columns: node.columns, element(of: node.operation))
      }
    }

    /// An element of an operation's value, by its row and column.
    private func element(of operation: Operation) -> (_ row: Int, _ column: Int) -> Dual {
      switch operation {
      case .constant(let value, _, _): return { _, _ in Dual(value) }
      case .identity: return { Dual($0 == $1 ? 1 : 0) }
      case .apply(let function, let operands):
        let operands = operands.map { values[$0] }
        return { row, column in function.evaluated(operands.map { $0.broadcast(row, column) }) }
      case .broadcast(let a, _): return { values[a].broadcast($0, $1) }
      case .affine(let terms, let biases):
        return { _, column in
          let sum = biases.reduce(Dual(0)) { $0 + values[$1].broadcast(0, column) }
          return terms.reduce(sum) { product(of: $1, column, addedTo: $0) }
        }
      case .slice(let a, let range): return { values[a][$0, range.lowerBound + $1] }
      case .oneHot(let a, _):
        return { _, unit in Dual(values[a][0, 0].value == Double(unit) ? 1 : 0) }
      case .rows(let a, let range): return { values[a][range.lowerBound + $0, $1] }
      case .transpose(let a): return { values[a][$1, $0] }
      case .sum(let a): return { row, _ in values[a].row(row).reduce(Dual(0), +) }
      case .maximum(let a): return { row, _ in largest(of: values[a].row(row)) }
      case .cumulativeSum(let a, let isReversed):
        return { row, column in
          let units = values[a].row(row)
          return (isReversed ? units.dropFirst(column) : units.prefix(column + 1))
            .reduce(Dual(0), +)
        }
      case .spread(let a, let axis):
        return { _, unit in
          values[a][0, unit / (axis.count * axis.inner) * axis.inner + unit % axis.inner]
        }
      case .sumAlong(let a, let axis):
        return { _, unit in elements(of: values[a], along: axis, unit).reduce(Dual(0), +) }
      case .maximumAlong(let a, let axis):
        return { _, unit in largest(of: elements(of: values[a], along: axis, unit)[...]) }
      case .outer, .total: failure("a sum over all steps is no operation of a cell's step")
      case .sequence, .state, .parameter, .table, .concatenate, .stack:
        failure("the elements are there already")
      }
    }

    private func product(of term: ProductTerm, _ column: Int, addedTo sum: Dual) -> Dual {
      let (signal, weight) = (values[term.signal], values[term.weight])
      let inputs = signal.columns / term.groups
      let outputs = term.isTransposed ? weight.columns : weight.rows / term.groups
      let first = column / outputs * inputs
      var (sum, input) = (sum, 0)
      while input < inputs {
        let factor =
          term.isTransposed ? weight[first + input, column % outputs] : weight[column, input]
        sum = sum + signal[0, first + input] * factor
        input += 1
      }
      return sum
    }

    /// The elements along an axis that are reduced to one unit.
    private func elements(of value: Value, along axis: Axis, _ unit: Int) -> [Dual] {
      let first = unit / axis.inner * axis.count * axis.inner + unit % axis.inner
      return (0..<axis.count).map { value[0, first + $0 * axis.inner] }
    }

    /// The largest element; those that tie share the derivative equally.
    private func largest(of elements: ArraySlice<Dual>) -> Dual {
      let value = elements.map(\.value).max() ?? 0
      let largest = elements.filter { $0.value == value }
      return Dual(
        value, derivative: largest.reduce(0) { $0 + $1.derivative } / Double(largest.count))
    }
  }
}

extension ElementwiseFunction {
  /// The function's value, with its derivative along the operands' direction.
  fileprivate func evaluated(_ x: [Dual]) -> Dual {
    let (value, partials) = valueAndPartials(x.map { $0.value })
    var (result, operand) = (Dual(value), 0)
    while operand < partials.count {
      // A branch that is not taken contributes nothing, even where it is not finite.
      if partials[operand] != 0 { result.derivative += partials[operand] * x[operand].derivative }
      operand += 1
    }
    return result
  }
}
