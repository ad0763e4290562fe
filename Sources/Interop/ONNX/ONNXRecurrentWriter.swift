import Cells
import Checkpoint
import TensorCore

extension ONNXBuilder {
  /// Adds a recurrent layer: for each layer of the stack an `RNN`, `GRU` or `LSTM` if ONNX has the cell, otherwise a
  /// `Scan` for each direction.
  ///
  /// - Parameters:
  ///   - input: the name of the sequence, `[T, B, I]`.
  ///   - states: the names of the initial states, `[L * D, B, width]`.
  ///   - prefix: the prefix of the weights' names.
  /// - Returns: the names of the output `[T, B, units]` and of the final states.
  mutating func addRecurrent(
    _ layer: Recurrent, input: String, states: [String], prefix: String
  ) -> (output: String, states: [String]) {
    let weights = Dictionary(uniqueKeysWithValues: layer.parameters.map { ($0.name, $0.value) })
    var output = input
    var last = states.map { _ in [String]() }
    for index in 0..<layer.layers {
      let part = LayerPart(layer, index, weights, prefix: prefix)
      let widths = zip(part.cell.states, layer.stateSizes).map { (own: $0.width, all: $1.width) }
      let own = zip(states, widths).map { state, width in
        width.own == width.all ? state : slice(state, 0..<width.own, axis: 2)
      }
      let result =
        if let native = ONNXNativeCell(part.cell) {
          add(native, part, input: output, states: own)
        } else {
          addScans(part, input: output, states: own)
        }
      output = result.output
      for (place, (state, width)) in zip(result.states, widths).enumerated() {
        let rest = integers([0, 0, 0, 0, 0, width.all - width.own])
        last[place].append(width.own == width.all ? state : add("Pad", [state, rest]))
      }
    }
    return (output, last.map { add("Concat", $0, ["axis": .integer(0)]) })
  }

  private mutating func add(
    _ native: ONNXNativeCell, _ part: LayerPart, input: String, states: [String]
  ) -> (output: String, states: [String]) {
    let directions = part.directions.count
    func weights(_ letter: String, _ tensor: Tensor?) -> String {
      tensor.map { self.weights("\(part.prefix)\(letter)_l\(part.index)", $0) } ?? ""
    }
    let rows = part.index * directions..<(part.index + 1) * directions
    let initial = states.map { slice($0, rows, axis: 0) }
    var attributes: [String: ONNXNode.Attribute] = [
      "hidden_size": .integer(part.cell.hiddenSize), "direction": .text(part.directionName),
    ]
    var inputs =
      [
        input, weights("W", part.stacked("weight_ih", native.rows)),
        weights("R", part.stacked("weight_hh", native.rows)),
        weights("B", part.stackedBiases(native)), "",
      ] + initial
    switch native {
    case .rnn(let activation):
      attributes["activations"] = .texts([String](repeating: activation, count: directions))
    case .gru(let isLinearBeforeReset):
      attributes["linear_before_reset"] = .integer(isLinearBeforeReset ? 1 : 0)
    case .lstm(let hasPeepholes, let isCoupled):
      if isCoupled { attributes["input_forget"] = .integer(1) }
      if hasPeepholes { inputs.append(weights("P", part.stacked("weight_ch", native.peepholes))) }
    }
    let last = states.map { _ in freshName("state") }
    let output = freshName(native.operation)
    add(native.operation, inputs, [output] + last, attributes)
    return (merged(output, part.layer), last)
  }

  /// Merges the directions: `[T, D, B, units]` to `[T, B, units]`.
  private mutating func merged(_ value: String, _ layer: Recurrent) -> String {
    guard case .bidirectional(let merge) = layer.direction else {
      return add("Squeeze", [value, integers([1])])
    }
    switch merge {
    case .concatenate:
      return add("Reshape", [transpose(value, [0, 2, 1, 3]), integers([0, 0, -1])])
    case .sum:
      return add("ReduceSum", [value, integers([1])], ["keepdims": .integer(0)])
    case .mean:
      return add("ReduceMean", [value], ["axes": .integers([1]), "keepdims": .integer(0)])
    case .product:
      return add("ReduceProd", [value], ["axes": .integers([1]), "keepdims": .integer(0)])
    }
  }

  private mutating func addScans(
    _ part: LayerPart, input: String, states: [String]
  ) -> (output: String, states: [String]) {
    var outputs: [String] = []
    var last = states.map { _ in [String]() }
    for (place, direction) in part.directions.enumerated() {
      let cell = part.layer.cell(ofLayer: part.index, isSecond: place == 1)
      let parameters = cell.parameters.map { parameter in
        let name = part.name(parameter.name, direction)
        return part.weights[name].map { weights(part.prefix + name, $0) } ?? ""
      }
      let row = constant(StoredArray(Int64(part.index * part.directions.count + place)))
      let initial = states.map { add("Gather", [$0, row], ["axis": .integer(0)]) }
      let result = ONNXCellWriter.addScan(
        cell, parameters: parameters, input: input, states: initial,
        isReverse: direction == .reverse,
        prefix: "\(part.prefix)l\(part.index)\(place == 1 ? "_reverse" : "").", to: &self)
      outputs.append(result.output)
      for (index, state) in result.states.enumerated() {
        last[index].append(add("Unsqueeze", [state, integers([0])]))
      }
    }
    let finals = last.map { $0.count == 1 ? $0[0] : add("Concat", $0, ["axis": .integer(0)]) }
    guard case .bidirectional(let merge) = part.layer.direction else { return (outputs[0], finals) }
    let output =
      switch merge {
      case .concatenate: add("Concat", outputs, ["axis": .integer(-1)])
      case .sum: add("Add", outputs)
      case .mean: add("Mean", outputs)
      case .product: add("Mul", outputs)
      }
    return (output, finals)
  }
}

/// One layer of a recurrent layer's stack.
private struct LayerPart {
  enum Direction { case forward, reverse }

  let layer: Recurrent
  let index: Int
  let cell: CellGraph
  let weights: [String: Tensor]
  let prefix: String

  init(_ layer: Recurrent, _ index: Int, _ weights: [String: Tensor], prefix: String) {
    self.layer = layer
    self.index = index
    cell = layer.cell(ofLayer: index)
    self.weights = weights
    self.prefix = prefix
  }

  var directions: [Direction] {
    switch layer.direction {
    case .forward: [.forward]
    case .reverse: [.reverse]
    case .bidirectional: [.forward, .reverse]
    }
  }

  /// ONNX's name of the direction.
  var directionName: String {
    switch layer.direction {
    case .forward: "forward"
    case .reverse: "reverse"
    case .bidirectional: "bidirectional"
    }
  }

  /// A parameter's name among the layer's.
  func name(_ parameter: String, _ direction: Direction) -> String {
    let isSecond = direction == .reverse && layer.direction != .reverse
    return "\(parameter)_l\(index)" + (isSecond ? "_reverse" : "")
  }

  func tensor(_ parameter: String, _ direction: Direction) -> Tensor? {
    weights[name(parameter, direction)]
  }

  /// A parameter of all directions, converted by `change` and stacked; nil if the cell has none of this name.
  func stacked(_ parameter: String, _ change: (Tensor) -> Tensor) -> Tensor? {
    let tensors = directions.compactMap { tensor(parameter, $0).map(change) }
    return tensors.isEmpty ? nil : stack(tensors)
  }

  /// The two biases, concatenated, of all directions; nil without biases.
  func stackedBiases(_ native: ONNXNativeCell) -> Tensor? {
    let biases = directions.compactMap { direction -> Tensor? in
      guard let own = tensor("bias_ih", direction), let other = tensor("bias_hh", direction) else {
        return nil
      }
      return concatenate([native.rows(own), native.rows(other)])
    }
    return biases.isEmpty ? nil : stack(biases)
  }
}
