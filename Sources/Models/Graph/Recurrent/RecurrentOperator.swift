import Cells
import Checkpoint
import FileCore
import TensorCore

extension GraphOperator {
  /// `RNN`, `GRU` and `LSTM`, on the compiled path of our own cells.
  static let recurrent: [String: GraphOperator] = [
    "RNN": recurrent(.rnn, inputs: 6, outputs: 2), "GRU": recurrent(.gru, inputs: 6, outputs: 2),
    "LSTM": recurrent(.lstm, inputs: 8, outputs: 3),
  ]

  private static func recurrent(
    _ kind: RecurrentSettings.Kind, inputs: Int, outputs: Int
  ) -> GraphOperator {
    GraphOperator(3...inputs, outputs: outputs) { node throws(GraphFailure) in
      let node = try RecurrentNode(&node, kind)
      return { inputs, run throws(GraphFailure) in try node(inputs, &run) }
    }
  }
}

/// A recurrent node: its settings, and its layers if the weights are constants.
package struct RecurrentNode: Sendable {
  let settings: RecurrentSettings
  /// The layers of the directions; nil if the weights come when the node runs.
  package let layers: [Recurrent]?
  /// The cell of each direction.
  package var cells: [any RecurrentCell] { settings.cells }

  /// The node of a graph whose known values are `known`; nil for another operator.
  ///
  /// - Throws: `CheckpointError` that names the node.
  package init?(
    _ node: ONNXNode, version: Int, known: ExactDictionary<GraphValue>, file: String
  ) throws(CheckpointError) {
    guard let kind = RecurrentSettings.Kind(rawValue: node.operation) else { return nil }
    var graphNode = GraphNode(
      node, version: version, constants: node.inputs.map { known[$0] }, bodies: [:])
    do throws(GraphFailure) {
      try self.init(&graphNode, kind)
    } catch {
      throw CheckpointError(
        file: file, format: "ONNX model", place: node.label, reason: error.reason)
    }
  }

  /// The names of the states.
  package let stateNames: [String]

  init(_ node: inout GraphNode, _ kind: RecurrentSettings.Kind) throws(GraphFailure) {
    settings = try RecurrentSettings(&node, kind, hasPeepholes: node.hasInput(7))
    let isConstant = [1, 2, 3, 7].allSatisfy { !node.hasInput($0) || node.constant($0) != nil }
    layers = isConstant ? try settings.layers(node.constants) : nil
    stateNames = kind == .lstm ? ["hidden", "cell"] : ["hidden"]
  }

  /// Y `[T, D, B, H]` or `[B, T, D, H]`, and the final states, `[D, B, H]` or `[B, D, H]`.
  func callAsFunction(
    _ inputs: [GraphValue?], _ usage: inout GraphRun
  ) throws(GraphFailure) -> [GraphValue] {
    if let layers { return try run(layers, inputs, &usage) }
    return try run(settings.layers(inputs), inputs, &usage)
  }

  private func run(
    _ layers: [Recurrent], _ inputs: [GraphValue?], _ run: inout GraphRun
  ) throws(GraphFailure) -> [GraphValue] {
    let x = try inputs.tensor(0)
    let (size, hidden) = (layers[0].inputSize, layers[0].hiddenSize)
    guard x.shape.count == 3, x.tensor.count > 0, x.shape[2] == size else {
      throw GraphFailure(
        expected: "X of 3 axes with \(size) units and one step or more", found: "shape \(x.shape)")
    }
    let sequence =
      settings.isBatchFirst
      ? try GraphValue(x.tensor).transposed([1, 0, 2], &run).tensor ?? x.tensor : x.tensor
    let (steps, batch) = (sequence.shape[0], sequence.shape[1])
    let rows = settings.kind.gates * hidden
    try run.count(of: [layers.count, steps, batch, rows])
    try run.charge(product: layers.count, steps * batch, rows, size + hidden)
    let lengths = try lengths(inputs.optional(4), steps: steps, batch: batch)
    var starts: [Tensor] = []
    for (index, name) in stateNames.enumerated() {
      starts.append(
        try start(inputs, 5 + index, name, [layers.count, batch, hidden], &run))
    }
    let parts = layers.enumerated().map { direction, layer in
      let own = layers.count == 1 ? starts : starts.map { $0.slice(direction..<direction + 1) }
      let (y, last) = layer(
        sequence, from: RecurrentState(names: stateNames, tensors: own), lengths: lengths)
      return [y.reshaped(to: [steps, 1, batch, hidden])] + last.tensors(of: stateNames)
    }
    let results =
      parts.count == 1
      ? parts[0].map { GraphValue($0, as: x.type) }
      : parts[0].indices.map { index in
        GraphValue(
          concatenate(parts.map { $0[index] }, along: index == 0 ? 1 : 0), as: x.type)
      }
    guard settings.isBatchFirst else { return results }
    return try results.enumerated().map { (index, value) throws(GraphFailure) in
      try value.transposed(index == 0 ? [2, 0, 1, 3] : [1, 0, 2], &run)
    }
  }

  /// The states before the first step, `[D, B, H]`: zeros unless they are given.
  private func start(
    _ inputs: [GraphValue?], _ index: Int, _ name: String, _ shape: [Int], _ run: inout GraphRun
  ) throws(GraphFailure) -> Tensor {
    guard inputs.optional(index) != nil else { return Tensor(zeros: shape) }
    var state = try inputs.tensor(index).tensor
    if settings.isBatchFirst, state.rank == 3 {
      state = try GraphValue(state).transposed([1, 0, 2], &run).tensor ?? state
    }
    guard state.shape == shape else {
      throw GraphFailure(
        expected: "an initial \(name) state of shape \(shape)", found: "\(state.shape)")
    }
    return state
  }

  private func lengths(
    _ value: GraphValue?, steps: Int, batch: Int
  ) throws(GraphFailure) -> [Int]? {
    guard let value else { return nil }
    guard let lengths = value.integers, value.shape == [batch] else {
      throw GraphFailure(
        expected: "sequence_lens of \(batch) samples",
        found: "\(value.elementType) of shape \(value.shape)")
    }
    if let wrong = lengths.first(where: { $0 < 0 || $0 > steps }) {
      throw GraphFailure(expected: "lengths from 0 to \(steps)", found: wrong)
    }
    // Without a shorter sample there is nothing to mark.
    return lengths.allSatisfy { $0 == steps } ? nil : lengths.map { Int($0) }
  }
}

extension RecurrentSettings {
  /// The layers of a node with these inputs.
  fileprivate func layers(_ inputs: [GraphValue?]) throws(GraphFailure) -> [Recurrent] {
    func weights(_ index: Int, _ name: String) throws(GraphFailure) -> Tensor? {
      guard let value = inputs.optional(index) else { return nil }
      guard let tensor = value.tensor else {
        throw GraphFailure(
          "\(name): expected float32, float16 or bfloat16, found \(value.elementType)")
      }
      return tensor
    }
    guard let w = try weights(1, "W"), let r = try weights(2, "R") else {
      throw GraphFailure("expected weights W and R")
    }
    return try RecurrentWeights(
      w: w, r: r, b: weights(3, "B"), p: weights(7, "P"), self
    ).layers()
  }
}
