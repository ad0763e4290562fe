import Checkpoint

extension GraphOperator {
  /// Loops over the steps of sequences, and the choice between two graphs.
  static let controlFlow: [String: GraphOperator] = [
    "Scan": GraphOperator(0...1024, outputs: 1024, .selects) { node throws(GraphFailure) in
      let scan = try Scan(&node)
      return { inputs, run throws(GraphFailure) in try scan(inputs, &run) }
    },
    "Loop": GraphOperator(0...1024, outputs: 1024, .selects) { node throws(GraphFailure) in
      let loop = try Loop(&node)
      return { inputs, run throws(GraphFailure) in try loop(inputs, &run) }
    },
    "If": GraphOperator(1...1, outputs: 1024, .selects) { node throws(GraphFailure) in
      let (then, other) = (try node.body("then_branch"), try node.body("else_branch"))
      // The values that the branches read stand behind the condition, in the order of the branches' names.
      return { inputs, run throws(GraphFailure) in
        let first = 1 + other.captures.count
        return try inputs.value(0).condition()
          ? try then.nested([], inputs[first...], &run)
          : try other.nested([], inputs[1..<first], &run)
      }
    },
  ]
}

extension GraphProgram {
  /// Computes a nested graph.
  func nested(
    _ values: [GraphValue], _ captured: ArraySlice<GraphValue?>, _ run: inout GraphRun
  ) throws(GraphFailure) -> [GraphValue] {
    guard values.count == inputs.count else {
      throw GraphFailure(expected: "a graph of \(values.count) inputs", found: inputs.count)
    }
    do throws(GraphNodeFailure) {
      return try self(values, captured: captured.compactMap { $0 }, &run)
    } catch {
      throw GraphFailure("\(error.node): \(error.reason)")
    }
  }
}

extension GraphValue {
  /// The only truth value.
  func condition() throws(GraphFailure) -> Bool {
    guard elementType == .bool, count == 1, case .integers(let values) = elements else {
      throw GraphFailure(
        expected: "a condition of one bool", found: "\(elementType) of shape \(shape)")
    }
    return values[0] != 0
  }
}
