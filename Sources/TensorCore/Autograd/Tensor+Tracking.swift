extension Tensor {
  /// Whether a gradient tape tracks this tensor.
  ///
  /// Inside the closure of a `valueAndGradient` call it tracks the call's inputs and what is computed from them.
  /// After the closure has returned no tensor of the call is tracked.
  public var isTracked: Bool { Tape.tracking(self) != nil }

  /// The same value as a constant: gradients do not flow through it.
  public func detached() -> Tensor {
    var copy = self
    copy.node = nil
    return copy
  }

  /// Whether this is a copy of another tensor, tracked in the same place if at all.
  package func isSame(as other: Tensor) -> Bool {
    storage === other.storage && node?.slot == other.node?.slot && node?.tape === other.node?.tape
  }

  /// Makes a custom differentiable operation, whose results are computed by any means.
  ///
  ///     func cube(_ x: Tensor) -> Tensor {
  ///       let x0 = x.detached()
  ///       return Tensor.record([x0 * x0 * x0], dependingOn: [x]) { cotangents in
  ///         [cotangents[0].map { $0 * 3 * x0 * x0 }]
  ///       }[0]
  ///     }
  ///
  /// - Parameters:
  ///   - outputs: the operation's results.
  ///   - inputs: the tensors that the results are functions of.
  ///   - pullback: gets one cotangent for each output (nil stands for zero) and returns one for each
  ///     input, of the input's shape (nil if there is none). It runs at most once.
  /// - Returns: the outputs: tracked if an input is, else as they were.
  public static func record(
    _ outputs: [Tensor], dependingOn inputs: [Tensor],
    pullback: sending @escaping ([Tensor?]) -> [Tensor?]
  ) -> [Tensor] {
    record(outputs, dependingOn: inputs, adding: { $1.add(pullback($0)) })
  }

  /// The same for a pullback that adds to the cotangents of the inputs itself, possibly in place.
  package static func record(
    _ outputs: [Tensor], dependingOn inputs: [Tensor],
    adding pullback: @escaping (_ outputs: [Tensor?], _ inputs: inout Cotangents) -> Void
  ) -> [Tensor] {
    guard let tape = Tape.tracking(inputs) else { return outputs }
    return tape.record(outputs, inputs: inputs, pullback: .several(pullback))
  }

  /// The same for outputs that become tracked, one and others, and inputs in groups.
  package static func record(
    _ output: inout Tensor, _ others: inout [Tensor], dependingOn a: Tensor, _ inputs: [Tensor],
    _ groups: [[Tensor]],
    adding pullback: @escaping (_ outputs: [Tensor?], _ inputs: inout Cotangents) -> Void
  ) {
    var tape = Tape.tracking(inputs, and: Tape.tracking(a))
    for group in groups.indices { tape = Tape.tracking(groups[group], and: tape) }
    tape?.record(&output, &others, as: .several(pullback), inputs: a, nil, inputs, groups)
  }

  /// Records a step of several. Its outputs, the states after the first one, become tracked where one of the two inputs
  /// is; a first step also depends on the states that it starts from.
  package static func record(
    _ number: Int, of steps: some RecordedSteps, _ output: inout Tensor, _ states: inout [Tensor],
    dependingOn a: Tensor, _ b: Tensor, _ start: [Tensor]
  ) {
    Tape.tracking(a, b)?
      .record(&output, &states, as: .step(steps, number), inputs: a, b, start)
  }
}

extension [Tensor] {
  /// Whether a tape tracks any of the tensors.
  package var anyIsTracked: Bool { indices.contains { Tape.tracking(self[$0]) != nil } }

  /// Whether the contents are those that had these stamps.
  package func haveStamps(_ stamps: [UInt64]) -> Bool {
    count == stamps.count && indices.allSatisfy { self[$0].storage.stamp == stamps[$0] }
  }
}
