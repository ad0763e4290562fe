import Cells
import Checkpoint
import TensorCore

/// A loop whose body computes the states after each step, and an output of each, from those before it and an element of
/// each sequence.
struct Scan: Sendable {
  private let body: GraphProgram
  private let (states, sequences, outputs): (Int, Int, Int)
  private let inputAxes, outputAxes: [Int]
  private let inputsAreReversed, outputsAreReversed: [Bool]
  /// The loop as a compiled layer; nil if the body is no cell.
  private var layer: (cell: ScanCell, layer: Recurrent)?

  init(_ node: inout GraphNode) throws(GraphFailure) {
    guard node.version >= 9 else {
      throw GraphFailure(
        "the operator of operator sets before 9 is not supported: found set \(node.version)")
    }
    body = try node.body("body")
    guard let count = try node.integer("num_scan_inputs", in: 1...max(1, node.node.inputs.count)),
      count <= node.node.inputs.count
    else {
      throw GraphFailure("num_scan_inputs: expected a whole number")
    }
    sequences = count
    states = node.node.inputs.count - count
    outputs = body.outputs.count - states
    guard outputs >= 0, body.inputs.count == node.node.inputs.count else {
      throw GraphFailure(
        expected: "a body of \(node.node.inputs.count) inputs and \(states) outputs or more",
        found: "\(body.inputs.count) and \(body.outputs.count)")
    }
    func numbers(_ name: String, _ count: Int) throws(GraphFailure) -> [Int] {
      let values = try node.integers(name) ?? [Int](repeating: 0, count: count)
      guard values.count == count else {
        throw GraphFailure("\(name): expected \(count) numbers, found \(values.count)")
      }
      return values
    }
    inputAxes = try numbers("scan_input_axes", sequences)
    outputAxes = try numbers("scan_output_axes", outputs)
    inputsAreReversed = try numbers("scan_input_directions", sequences).map { $0 == 1 }
    outputsAreReversed = try numbers("scan_output_directions", outputs).map { $0 == 1 }
    if inputAxes == [0], outputAxes == [0], inputsAreReversed == outputsAreReversed,
      body.captures.isEmpty, let source = body.source,
      let cell = ScanCell(source.graph, known: source.known, states: states)
    {
      layer = (cell, cell.layer(isReverse: inputsAreReversed[0]))
    }
  }

  func callAsFunction(
    _ inputs: [GraphValue?], _ run: inout GraphRun
  ) throws(GraphFailure) -> [GraphValue] {
    if let results = try compiled(inputs, &run) { return results }
    var current: [GraphValue] = []
    for index in 0..<states { current.append(try inputs.value(index)) }
    let (scanned, steps) = try scanned(inputs)
    let captured = inputs[(states + sequences)...]
    var collected = (0..<outputs).map { _ in StepOutputs() }
    for step in 0..<steps {
      var arguments = current
      for (index, (sequence, axis)) in scanned.enumerated() {
        let place = inputsAreReversed[index] ? steps - 1 - step : step
        let element = try sequence.taking([place], along: axis, &run)
        var shape = sequence.shape
        shape.remove(at: axis)
        arguments.append(element.reshaped(to: shape))
      }
      let results = try body.nested(arguments, captured, &run)
      guard results.count == states + outputs else {
        throw GraphFailure(expected: "\(states + outputs) results", found: results.count)
      }
      current = Array(results[..<states])
      if step == 0 {
        for value in results[states...] { try run.count(of: [steps] + value.shape) }
      }
      for index in 0..<outputs { try collected[index].append(results[states + index], &run) }
    }
    for index in 0..<outputs {
      let all = try collected[index].joined(
        along: outputAxes[index], isReversed: outputsAreReversed[index], &run)
      if let all { current.append(all) }
    }
    return current
  }

  /// The sequences with their axes of time, and the number of steps.
  private func scanned(
    _ inputs: [GraphValue?]
  ) throws(GraphFailure) -> ([(sequence: GraphValue, axis: Int)], steps: Int) {
    var (result, steps) = ([(sequence: GraphValue, axis: Int)](), 0)
    for index in 0..<sequences {
      let sequence = try inputs.value(states + index)
      let axis = try position(ofAxis: inputAxes[index], rank: sequence.rank)
      guard index == 0 || sequence.shape[axis] == steps else {
        throw GraphFailure(expected: "\(steps) steps", found: sequence.shape[axis])
      }
      steps = sequence.shape[axis]
      result.append((sequence, axis))
    }
    guard steps > 0 else { throw GraphFailure(expected: "one step or more", found: 0) }
    return (result, steps)
  }

  /// The results of the compiled layer; nil if there is none for these shapes.
  private func compiled(
    _ inputs: [GraphValue?], _ run: inout GraphRun
  ) throws(GraphFailure) -> [GraphValue]? {
    guard let (cell, layer) = layer, let x = try inputs.value(states).tensor, x.rank == 3,
      x.count > 0, x.shape[2] == cell.inputSize
    else { return nil }
    let batch = x.shape[1]
    var starts: [Tensor] = []
    for (index, width) in cell.stateWidths.enumerated() {
      guard let start = try inputs.value(index).tensor, start.shape == [batch, width] else {
        return nil
      }
      starts.append(start.reshaped(to: [1, batch, width]))
    }
    try run.charge(product: x.shape[0] * batch, body.steps.count, GraphRun.nodeWork)
    try run.charge(product: x.shape[0] * batch, layer.parameterCount)
    try run.count(of: [x.shape[0], batch, cell.unitCount ?? 0])
    let (output, last) = layer(x, from: RecurrentState(names: cell.stateNames, tensors: starts))
    return last.tensors.map { GraphValue($0.reshaped(to: Array($0.shape.dropFirst()))) }
      + [GraphValue(output)]
  }
}
