import Checkpoint

/// A loop whose body computes from its values those of the next iteration, whether there is one, and outputs of each.
struct Loop: Sendable {
  private let body: GraphProgram
  /// The numbers of values carried from one iteration to the next, and of outputs of each.
  private let (carried, outputs): (Int, Int)
  /// The number of the node's inputs, behind which the values stand that the body reads.
  private let inputCount: Int
  private let hasCount, hasCondition: Bool

  /// The work of an iteration beside that of its nodes: one without nodes ends too.
  private static let iterationWork = 8 * GraphRun.nodeWork

  init(_ node: inout GraphNode) throws(GraphFailure) {
    body = try node.body("body")
    inputCount = node.node.inputs.count
    carried = max(0, inputCount - 2)
    outputs = body.outputs.count - 1 - carried
    (hasCount, hasCondition) = (node.hasInput(0), node.hasInput(1))
    guard outputs >= 0, body.inputs.count == 2 + carried else {
      throw GraphFailure(
        expected: "a body of \(2 + carried) inputs and \(1 + carried) outputs or more",
        found: "\(body.inputs.count) and \(body.outputs.count)")
    }
    guard hasCount || hasCondition else {
      throw GraphFailure("a loop without a count and a condition has no end")
    }
  }

  func callAsFunction(
    _ inputs: [GraphValue?], _ run: inout GraphRun
  ) throws(GraphFailure) -> [GraphValue] {
    let count = hasCount ? try inputs.integer(0, "the trip count") : .max
    var goesOn = hasCondition ? try inputs.value(1).condition() : true
    var current: [GraphValue] = []
    for index in 0..<carried { current.append(try inputs.value(2 + index)) }
    var collected = (0..<outputs).map { _ in StepOutputs() }
    var iteration = 0
    while iteration < count, goesOn {
      try run.charge(Self.iterationWork)
      let own = [
        GraphValue([Int64(iteration)], shape: []),
        GraphValue([goesOn ? 1 : 0], shape: [], as: .bool),
      ]
      let results = try body.nested(own + current, inputs[inputCount...], &run)
      guard results.count == 1 + carried + outputs else {
        throw GraphFailure(expected: "\(1 + carried + outputs) results", found: results.count)
      }
      if hasCondition { goesOn = try results[0].condition() }
      current = Array(results[1..<1 + carried])
      for index in 0..<outputs { try collected[index].append(results[1 + carried + index], &run) }
      iteration += 1
    }
    for index in 0..<outputs {
      if let all = try collected[index].joined(along: 0, &run) {
        current.append(all)
      } else {
        current.append(try emptyOutput(index, run.limits))
      }
    }
    return current
  }

  /// The output of no iteration, of the declared type and shape; axes of open size have none.
  private func emptyOutput(
    _ index: Int, _ limits: GraphLimits
  ) throws(GraphFailure) -> GraphValue {
    let declared = body.source?.graph.outputs[1 + carried + index]
    let sizes = (declared?.shape ?? []).map { extent in
      if case .fixed(let size) = extent { size } else { 0 }
    }
    try GraphRun.count(of: [0] + sizes, atMost: limits.elements)
    return GraphValue([Int64](), shape: [0] + sizes)
      .converted(to: declared?.elementType ?? .float32)
  }
}
