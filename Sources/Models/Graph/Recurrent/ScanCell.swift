import Cells
import Checkpoint
import FileCore
import TensorCore

/// The body of a `Scan` as the equations of a cell, so that the loop runs on the compiled path.
///
/// Values of the body are rows `[B, units]`: products with constant matrices, elementwise functions, and parts and sums
/// along the units. A body with anything else has no cell, and is run node by node.
struct ScanCell: RecurrentCell {
  /// A value of the body.
  private enum Value {
    case constant(GraphValue)
    case signal(Signal)
    /// Sizes, which only `Expand` reads.
    case sizes
  }

  private let body: ONNXGraph
  private let known: ExactDictionary<GraphValue>
  /// The number of units of each state.
  let stateWidths: [Int]
  /// The number of units of the scanned sequence.
  let inputSize: Int
  /// The units of all values of a step; nil where the equations could not be stated.
  private let units = Guarded<Int?>(0)

  /// The most nodes of a body and units of all its values: with more the compiler would take long.
  private static let (mostNodes, mostUnits) = (2048, 1 << 20)

  /// The cell of a body whose constants are `known`; nil if it cannot be one.
  init?(_ body: ONNXGraph, known: ExactDictionary<GraphValue>, states: Int) {
    var widths: [Int] = []
    for input in body.inputs {
      guard input.elementType == .float32, let shape = input.shape, shape.count == 2,
        case .fixed(let width) = shape[1], (1...1 << 16).contains(width)
      else { return nil }
      widths.append(width)
    }
    guard states > 0, body.nodes.count <= Self.mostNodes, widths.count == states + 1,
      body.outputs.count == states + 1
    else {
      return nil
    }
    (self.body, self.known) = (body, known)
    (stateWidths, inputSize) = (Array(widths.dropLast()), widths[states])
    _ = CellGraph(self, inputSize: inputSize, hiddenSize: widths[0], bias: false)
    if unitCount == nil { return nil }
  }

  /// The units of all values of a step.
  var unitCount: Int? { units.withLock { $0 } }

  /// The layer of the cell, with the body's constants as its parameters.
  func layer(isReverse: Bool) -> Recurrent {
    var layer = Recurrent(
      self, inputSize: inputSize, hiddenSize: stateWidths[0],
      direction: isReverse ? .reverse : .forward, bias: false)
    layer.updateParameters { name, parameter in
      guard let index = Int(name.split(separator: "_").dropLast().last ?? ""),
        let tensor = constants[index].tensor
      else { return }
      parameter =
        name.hasPrefix("weight_") ? tensor.transposed(1, 0) : tensor.reshaped(to: parameter.shape)
    }
    return layer
  }

  /// The names of the states.
  var stateNames: [String] { stateWidths.indices.map { "state_\($0)" } }

  /// The constants in an order of their own: the inputs of the body's nodes, node by node.
  private var constants: [GraphValue] {
    body.nodes.flatMap { node in node.inputs.compactMap { known[$0] } }
  }

  func equations(_ cell: inout CellBuilder) {
    var values = ExactDictionary<Value>()
    let states = zip(stateNames, stateWidths).map { cell.state($0, width: $1) }
    for (input, state) in zip(body.inputs, states) { values[input.name] = .signal(state) }
    values[body.inputs[states.count].name] = .signal(cell.input)
    var (constant, total) = (0, 0)
    for node in body.nodes {
      var operands: [(value: Value, index: Int)] = []
      for input in node.inputs {
        if let value = known[input] {
          operands.append((.constant(value), constant))
          constant += 1
        } else if let value = values[input] {
          operands.append((value, 0))
        } else {
          return fail(states, &cell)
        }
      }
      if node.outputs.allSatisfy({ known[$0] != nil }) { continue }
      guard node.outputs.count == 1, let value = value(of: node, operands, cell) else {
        return fail(states, &cell)
      }
      values[node.outputs[0]] = value
      if case .signal(let signal) = value { total += signal.width }
      guard total <= Self.mostUnits else { return fail(states, &cell) }
    }
    units.withLock { if $0 != nil { $0 = total } }
    var results: [Signal] = []
    for output in body.outputs {
      guard case .signal(let signal)? = values[output.name] else { return fail(states, &cell) }
      results.append(signal)
    }
    for (state, (result, width)) in zip(states, zip(results, stateWidths)) {
      guard result.width == width else { return fail(states, &cell) }
      cell.update(state, to: result)
    }
    cell.output(results[states.count])
  }

  /// States equations without a meaning.
  private func fail(_ states: [Signal], _ cell: inout CellBuilder) {
    units.withLock { $0 = nil }
    for state in states { cell.update(state, to: tanh(state)) }
  }

  private static let unary: [String: @Sendable (Signal) -> Signal] = [
    "Sigmoid": { sigmoid($0) }, "Tanh": { tanh($0) }, "Relu": { relu($0) }, "Exp": { exp($0) },
    "Log": { log($0) }, "Sqrt": { sqrt($0) }, "Softplus": { softplus($0) }, "Sin": { sin($0) },
    "Cos": { cos($0) }, "Abs": { abs($0) }, "Floor": { floor($0) }, "Neg": { -$0 },
    "Reciprocal": { 1 / $0 }, "Identity": { $0 },
  ]

  private static let binary: [String: @Sendable (Signal, Signal) -> Signal] = [
    "Add": { $0 + $1 }, "Sub": { $0 - $1 }, "Mul": { $0 * $1 }, "Div": { $0 / $1 },
    "Max": { maximum($0, $1) }, "Min": { minimum($0, $1) }, "Greater": { $0 .> $1 },
    "Equal": { $0 .== $1 },
  ]

  /// The value of a node; nil if it is none of a cell's.
  private func value(
    of node: ONNXNode, _ operands: [(value: Value, index: Int)], _ cell: CellBuilder
  ) -> Value? {
    if case .sizes? = operands.first?.value { return .sizes }
    if node.operation == "Shape" { return .sizes }
    if let function = Self.unary[node.operation], operands.count == 1 {
      return signal(operands[0], cell).map { .signal(function($0)) }
    }
    if let function = Self.binary[node.operation], operands.count == 2 {
      guard let a = signal(operands[0], cell), let b = signal(operands[1], cell),
        a.width == b.width || a.width == 1 || b.width == 1
      else { return nil }
      return .signal(function(a, b))
    }
    switch node.operation {
    case "MatMul": return product(operands, cell)
    case "Cast":
      guard operands.count == 1, let x = signal(operands[0], cell) else { return nil }
      switch node.attributes["to"] {
      case .integer(1): return .signal(x)
      case .integer(9): return .signal(1 - (x .== 0))
      default: return nil
      }
    case "Where":
      let parts = operands.compactMap { signal($0, cell) }
      let width = parts.map(\.width).max() ?? 0
      guard parts.count == 3, parts.allSatisfy({ $0.width == width || $0.width == 1 }) else {
        return nil
      }
      return .signal(choose(where: parts[0], parts[1], else: parts[2]))
    case "Concat":
      let parts = operands.compactMap { signal($0, cell) }
      guard parts.count == operands.count, isAlongUnits(node.attributes["axis"]) else { return nil }
      return .signal(concatenate(all: parts))
    case "Expand": return expanded(operands, cell)
    case "Slice": return slice(operands, cell)
    case "ReduceSum", "ReduceMax", "CumSum": return reduction(node, operands, cell)
    default: return nil
    }
  }

  /// An operand as a signal; a constant of one row is a parameter.
  private func signal(_ operand: (value: Value, index: Int), _ cell: CellBuilder) -> Signal? {
    switch operand.value {
    case .signal(let signal): return signal
    case .sizes: return nil
    case .constant(let value):
      guard let tensor = value.tensor, tensor.count > 0, tensor.rank <= 2,
        tensor.shape.last ?? 1 == tensor.count
      else { return nil }
      if tensor.count == 1 { return cell.constant(Double(tensor.scalars[0])) }
      return cell.vector("row_\(operand.index)", width: tensor.count)
    }
  }

  private func product(
    _ operands: [(value: Value, index: Int)], _ cell: CellBuilder
  ) -> Value? {
    guard operands.count == 2, case .signal(let x) = operands[0].value,
      case .constant(let matrix) = operands[1].value, let tensor = matrix.tensor,
      tensor.rank == 2, tensor.count > 0, tensor.shape[0] == x.width
    else { return nil }
    let weight = cell.matrix(
      "\(operands[1].index)", rows: tensor.shape[1], columns: tensor.shape[0])
    return .signal(cell.product(x, weight))
  }

  /// A row that is repeated for every sample, or one unit that is repeated.
  private func expanded(
    _ operands: [(value: Value, index: Int)], _ cell: CellBuilder
  ) -> Value? {
    guard operands.count == 2, let x = signal(operands[0], cell) else { return nil }
    // To sizes that are known when the loop runs one unit may become many.
    if case .sizes = operands[1].value { return x.width > 1 ? .signal(x) : nil }
    guard case .constant(let sizes) = operands[1].value, let shape = sizes.integers,
      shape.count == 2, shape[0] == 1, (1...1 << 16).contains(shape[1])
    else { return nil }
    let width = Int(shape[1])
    if width == 1 || width == x.width { return .signal(x) }
    return x.width == 1 ? .signal(x.repeated(each: width)) : nil
  }

  /// Some of the units.
  private func slice(
    _ operands: [(value: Value, index: Int)], _ cell: CellBuilder
  ) -> Value? {
    let numbers = operands.dropFirst().map { operand -> Int? in
      guard case .constant(let value) = operand.value, let integers = value.integers,
        integers.count == 1
      else { return nil }
      return Int(clamping: integers[0])
    }
    guard numbers.count == 3, let start = numbers[0], let end = numbers[1], let axis = numbers[2],
      axis == 1 || axis == -1, case .signal(let x) = operands[0].value,
      start >= 0, start < end, end <= x.width
    else { return nil }
    return .signal(x[start..<end])
  }

  /// A sum, a maximum or a running sum along the units.
  private func reduction(
    _ node: ONNXNode, _ operands: [(value: Value, index: Int)], _ cell: CellBuilder
  ) -> Value? {
    guard case .signal(let x)? = operands.first?.value,
      node.attributes["keepdims", default: .integer(1)] == .integer(1)
    else { return nil }
    if node.operation == "ReduceMax" {
      return node.attributes["axes"] == .integers([1]) ? .signal(x.maximum()) : nil
    }
    guard operands.count == 2, case .constant(let axes) = operands[1].value, axes.integers == [1],
      node.attributes["reverse", default: .integer(0)] == .integer(0),
      node.attributes["exclusive", default: .integer(0)] == .integer(0)
    else { return nil }
    return .signal(node.operation == "ReduceSum" ? x.sum() : x.cumulativeSum())
  }

  private func isAlongUnits(_ axis: ONNXNode.Attribute?) -> Bool {
    axis == .integer(-1) || axis == .integer(1)
  }
}
