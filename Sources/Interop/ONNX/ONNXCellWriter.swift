import Cells
import Checkpoint
import Models
import Requirements
import TensorCore

/// Writes one direction of one recurrent layer as a `Scan` over its steps; each node of the cell's graph becomes ONNX
/// operations.
///
/// All values have two axes: signals `[B, units]`, and values that depend only on parameters `[rows, columns]`. The
/// latter are computed once, outside of the loop.
struct ONNXCellWriter {
  private let cell: CellGraph
  /// The names of the parameters among the initializers of the enclosing graph.
  private let parameters: [String]
  private var body: ONNXBuilder
  private var values: [NodeID: String] = [:]
  private var transposed: [NodeID: String] = [:]
  private var batchShape: String?

  private static let input = "input"

  private init(_ cell: CellGraph, parameters: [String], prefix: String) {
    self.cell = cell
    self.parameters = parameters
    body = ONNXBuilder(name: prefix + "step", prefix: prefix + "step.")
  }

  /// Adds the loop to a graph.
  ///
  /// - Parameters:
  ///   - input: the name of the sequence, `[T, B, I]`.
  ///   - states: the names of the initial states, `[B, width]` each.
  ///   - prefix: the prefix of names in the body.
  /// - Returns: the names of the output `[T, B, units]` and of the final states.
  static func addScan(
    _ cell: CellGraph, parameters: [String], input: String, states: [String], isReverse: Bool,
    prefix: String, to outer: inout ONNXBuilder
  ) -> (output: String, states: [String]) {
    var writer = ONNXCellWriter(cell.simplified(), parameters: parameters, prefix: prefix)
    writer.writeBody(outer: &outer)
    let direction = ONNXNode.Attribute.integers([isReverse ? 1 : 0])
    let last = cell.states.map { _ in outer.freshName("state") }
    let output = outer.freshName("Scan")
    outer.add(
      "Scan", states + [input], last + [output],
      [
        "body": .graph(writer.body.graph), "num_scan_inputs": .integer(1),
        "scan_input_directions": direction, "scan_output_directions": direction,
      ])
    return (output, last)
  }

  private func name(_ part: String) -> String { "\(body.graph.name).\(part)" }

  private mutating func writeBody(outer: inout ONNXBuilder) {
    for state in cell.states {
      body.addInput(
        .init(name(state.name), .float32, [.named("batch"), .fixed(state.width)]))
    }
    body.addInput(
      .init(name(Self.input), .float32, [.named("batch"), .fixed(cell.inputSize)]))
    let roots = cell.updates + [cell.output]
    for id in cell.graph.reachable(from: roots) {
      values[id] =
        cell.graph[id].dependence == .parameters ? write(id, to: &outer) : writeStep(id, &outer)
    }
    let results =
      zip(cell.states, cell.updates).map { ($0.name + "_next", $1, $0.width) }
      + [("output", cell.output, cell.outputSize)]
    for (result, id, width) in results {
      let value = body.add("Identity", [batched(id)], named: name(result))
      body.addOutput(.init(value, .float32, [.named("batch"), .fixed(width)]))
    }
  }

  /// Writes an operation of a step into the body; operands that depend only on parameters are written outside.
  private mutating func writeStep(_ id: NodeID, _ outer: inout ONNXBuilder) -> String {
    switch cell.graph[id].operation {
    case .affine(let terms, _):
      for term in terms where !term.isTransposed && term.groups == 1 {
        transpose(term.weight, &outer)
      }
    case .concatenate(let parts):
      let joined = parts.map { batched($0) }
      return body.add("Concat", joined, ["axis": .integer(-1)])
    default: break
    }
    var inner = body
    let result = write(id, to: &inner)
    body = inner
    return result
  }

  private mutating func transpose(_ id: NodeID, _ outer: inout ONNXBuilder) {
    guard transposed[id] == nil else { return }
    transposed[id] = outer.transpose(value(id), [1, 0])
  }

  private func value(_ id: NodeID) -> String { values[id] ?? "" }

  /// A signal with one row for each sample, also if all rows are equal.
  private mutating func batched(_ id: NodeID) -> String {
    guard cell.graph[id].dependence == .parameters else { return value(id) }
    if batchShape == nil {
      let shape = body.add("Shape", [name(Self.input)])
      let batch = body.slice(shape, 0..<1, axis: 0)
      batchShape = body.add("Concat", [batch, body.integers([1])], ["axis": .integer(0)])
    }
    return body.add("Expand", [value(id), batchShape ?? ""])
  }

  /// Writes a node of the cell's graph; returns the result's name.
  private mutating func write(_ id: NodeID, to builder: inout ONNXBuilder) -> String {
    let node = cell.graph[id]
    switch node.operation {
    case .sequence, .state, .parameter: return leaf(node, &builder)
    case .constant, .identity, .table: return constant(node.operation, &builder)
    case .apply(let function, let operands):
      return function.write(operands.map { value($0) }, to: &builder)
    case .broadcast(let a, let columns):
      return builder.add("Expand", [value(a), builder.integers([1, columns])])
    case .affine(let terms, let biases): return affine(terms, biases, &builder)
    case .slice(let a, let range): return builder.slice(value(a), range, axis: 1)
    case .oneHot: failure("no cell that is written reads numbers of rows")
    case .rows(let a, let range): return builder.slice(value(a), range, axis: 0)
    case .concatenate(let parts): return concatenation(parts, axis: -1, &builder)
    case .stack(let parts): return concatenation(parts, axis: 0, &builder)
    case .transpose(let a): return builder.transpose(value(a), [1, 0])
    case .sum, .maximum, .cumulativeSum: return reduction(node.operation, &builder)
    case .spread, .sumAlong, .maximumAlong:
      return alongAxis(node.operation, columns: node.columns, &builder)
    case .outer, .total: failure("a cell's step gathers nothing over the steps")
    }
  }

  /// An input of the step, a state, or a parameter with two axes.
  private func leaf(_ node: Graph.Node, _ builder: inout ONNXBuilder) -> String {
    switch node.operation {
    case .state(let index): return name(cell.states[index].name)
    case .parameter(let index):
      let shape = [node.rows, node.columns]
      if cell.parameters[index].shape == shape { return parameters[index] }
      return builder.add("Reshape", [parameters[index], builder.integers(shape)])
    default: return name(Self.input)
    }
  }

  private func constant(_ operation: Operation, _ builder: inout ONNXBuilder) -> String {
    switch operation {
    case .constant(let value, let rows, let columns):
      let numbers = [Float](repeating: Float(value), count: rows * columns)
      return builder.constant(StoredArray(numbers, shape: [rows, columns]))
    case .identity(let size):
      var numbers = [Float](repeating: 0, count: size * size)
      for index in 0..<size { numbers[index * size + index] = 1 }
      return builder.constant(StoredArray(numbers, shape: [size, size]))
    case .table(let table):
      return builder.constant(
        StoredArray(table.elements.map(Float.init), shape: [table.rows, table.columns]))
    default: failure("no constant: \(operation)")
    }
  }

  /// The sum of products and biases.
  private func affine(
    _ terms: [ProductTerm], _ biases: [NodeID], _ builder: inout ONNXBuilder
  ) -> String {
    var summands = terms.map { term in
      if term.groups > 1 { return write(inGroups: term, to: &builder) }
      let weight = term.isTransposed ? value(term.weight) : transposed[term.weight] ?? ""
      return builder.add("MatMul", [value(term.signal), weight])
    }
    summands += biases.map { value($0) }
    return summands.dropFirst().reduce(summands[0]) { builder.add("Add", [$0, $1]) }
  }

  private func concatenation(
    _ parts: [NodeID], axis: Int, _ builder: inout ONNXBuilder
  ) -> String {
    builder.add("Concat", parts.map { value($0) }, ["axis": .integer(axis)])
  }

  /// A sum, maximum or running sum along the units.
  private func reduction(_ operation: Operation, _ builder: inout ONNXBuilder) -> String {
    switch operation {
    case .sum(let a): return builder.add("ReduceSum", [value(a), builder.integers([1])])
    case .maximum(let a):
      return builder.add("ReduceMax", [value(a)], ["axes": .integers([1])])
    case .cumulativeSum(let a, let isReversed):
      let axis = builder.constant(StoredArray(1 as Int64))
      return builder.add("CumSum", [value(a), axis], ["reverse": .integer(isReversed ? 1 : 0)])
    default: failure("no reduction: \(operation)")
    }
  }

  /// A signal repeated along an axis, or reduced along one.
  private func alongAxis(
    _ operation: Operation, columns: Int, _ builder: inout ONNXBuilder
  ) -> String {
    let result: String
    switch operation {
    case .spread(let a, let axis):
      let outer = cell.graph[a].columns / axis.inner
      let parts = builder.add(
        "Reshape", [value(a), builder.integers([-1, outer, 1, axis.inner])])
      result = builder.add("Expand", [parts, builder.integers([1, 1, axis.count, 1])])
    case .sumAlong(let a, let axis):
      let parts = write(a, along: axis, to: &builder)
      result = builder.add("ReduceSum", [parts, builder.integers([2])])
    case .maximumAlong(let a, let axis):
      let parts = write(a, along: axis, to: &builder)
      result = builder.add("ReduceMax", [parts], ["axes": .integers([2])])
    default: failure("no operation along an axis: \(operation)")
    }
    return builder.add("Reshape", [result, builder.integers([-1, columns])])
  }

  /// A signal as `[B, outer, count, inner]`.
  private func write(_ id: NodeID, along axis: Axis, to builder: inout ONNXBuilder) -> String {
    let outer = cell.graph[id].columns / (axis.count * axis.inner)
    return builder.add(
      "Reshape", [value(id), builder.integers([-1, outer, axis.count, axis.inner])])
  }

  /// A product of each group of units with its own matrix: one batched product over the groups.
  private func write(inGroups term: ProductTerm, to builder: inout ONNXBuilder) -> String {
    let (groups, weight) = (term.groups, cell.graph[term.weight])
    let matrices = builder.add(
      "Reshape",
      [value(term.weight), builder.integers([groups, weight.rows / groups, weight.columns])])
    let parts = builder.add(
      "Reshape",
      [
        value(term.signal),
        builder.integers([-1, groups, cell.graph[term.signal].columns / groups]),
      ])
    let product = builder.add(
      "MatMul",
      [
        builder.transpose(parts, [1, 0, 2]),
        term.isTransposed ? matrices : builder.transpose(matrices, [0, 2, 1]),
      ])
    let width = term.isTransposed ? groups * weight.columns : weight.rows
    return builder.add(
      "Reshape", [builder.transpose(product, [1, 0, 2]), builder.integers([-1, width])])
  }
}

extension ElementwiseFunction {
  /// Writes the operations of the function.
  fileprivate func write(_ x: [String], to builder: inout ONNXBuilder) -> String {
    switch word.onnx {
    case .operator(let name): return builder.add(name, x)
    case .comparison(let name):
      let condition = builder.add(name, x)
      return builder.add("Cast", [condition], ["to": .integer(1)])
    case .choice(let name):
      let condition = builder.add("Cast", [x[0]], ["to": .integer(9)])
      return builder.add(name, [condition] + x.dropFirst())
    case .expression(let expression): return expression.write(x, to: &builder)
    }
  }
}

extension Expression {
  /// Writes the operations of an expression of the given operands.
  fileprivate func write(_ operands: [String], to builder: inout ONNXBuilder) -> String {
    switch node {
    case .operand(let index): return operands[index]
    case .constant(let value): return builder.constant(StoredArray([Float(value)], shape: [1, 1]))
    case .apply(let function, let x):
      let values = x.map { $0.write(operands, to: &builder) }
      return function.write(values, to: &builder)
    }
  }
}
