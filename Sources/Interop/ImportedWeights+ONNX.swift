import Cells
import Checkpoint
import FileCore
import TensorCore

extension ImportedWeights {
  /// Reads an ONNX model: an embedding (`Gather`), recurrent operations one after the other, and a linear layer.
  ///
  /// Between them only operations that change shapes are allowed; any other operation between tokens and logits is
  /// refused by its name. Loops (`Scan`) are read if this library wrote them; `SavedLanguageModel` checks that by
  /// writing the model again.
  mutating func takeONNX(_ model: ONNXModel) throws(CheckpointError) {
    if model.graph.nodes.contains(where: { $0.operation == "Scan" }) {
      return takeOwnNames(model)
    }
    var reader = ONNXChain(model, of: file)
    for node in model.graph.nodes { try reader.follow(node, into: &self) }
    try reader.finish(into: &self)
  }

  /// Reads the weights of a model that this library wrote, which have the parameters' names.
  private mutating func takeOwnNames(_ model: ONNXModel) {
    for initializer in model.graph.initializers {
      let name = initializer.name
      if ["embed.", "rnn.", "fc."].contains(where: { name.hasPrefix($0) }) {
        set(initializer.array.tensor, name)
      }
    }
    if tensors["fc.weight"] == nil, let table = tensors["embed.weight"] { set(table, "fc.weight") }
  }

  /// Sets the weights of a layer from a recurrent operation.
  fileprivate mutating func set(
    _ operation: ONNXRecurrent, as layer: Int
  ) throws(CheckpointError) {
    guard let cell = operation.cell as? any ConfigurableCell,
      operation.layer.direction == .forward
    else {
      throw failure(
        operation.name, "expected a forward layer with the usual activations for a language model")
    }
    guard operation.lengthsName.isEmpty else {
      throw failure(operation.name, "sequence_lens: expected none in a language model")
    }
    let weights = Dictionary(
      uniqueKeysWithValues: operation.layer.parameters.map { ($0.name, $0.value) })
    guard let input = weights["weight_ih_l0"], let recurrent = weights["weight_hh_l0"] else {
      return
    }
    try setLayer(
      layer, cell, input: input, recurrent: recurrent, inputBias: weights["bias_ih_l0"],
      recurrentBias: weights["bias_hh_l0"])
    if let peepholes = weights["weight_ch_l0"] { set(peepholes, "rnn.weight_ch_l\(layer)") }
  }
}

/// Follows a value from the tokens to the logits.
private struct ONNXChain {
  private let file: ArrayFile
  private let outputs: Set<String>
  private var constants: ExactDictionary<StoredArray>
  /// The names of the current value; shape operations give it several.
  private var current: Set<String> = []
  private var layers = 0
  private var (embedding, matrix, bias): (Tensor?, Tensor?, Tensor?) = (nil, nil, nil)

  /// Operations that change the shape of the value but none of its numbers.
  private static let formal: Set<String> = [
    "Transpose", "Squeeze", "Unsqueeze", "Reshape", "Identity", "Flatten",
  ]
  /// Operations on states and shapes, outside of the path from tokens to logits.
  private static let beside: Set<String> = [
    "Slice", "Concat", "Shape", "Gather", "Expand", "Constant", "ConstantOfShape", "Cast", "Split",
  ]

  init(_ model: ONNXModel, of file: ArrayFile) {
    self.file = file
    constants = model.constants
    outputs = Set(model.graph.outputs.map(\.name))
  }

  mutating func follow(
    _ node: ONNXNode, into weights: inout ImportedWeights
  ) throws(CheckpointError) {
    let result = node.outputs.first ?? ""
    let first = node.inputs.first ?? ""
    let isOnTheWay = node.inputs.contains { current.contains($0) }
    let file = file
    func refused(_ reason: String) -> CheckpointError {
      file.failure("\(node.operation) \(result)", reason)
    }
    guard node.domain.isEmpty else {
      throw refused("the operation of \(node.domain) is not supported")
    }
    if ONNXRecurrent.isRecurrent(node) {
      guard isOnTheWay, matrix == nil else { throw refused("expected after the tokens' rows") }
      try weights.set(ONNXRecurrent(node, constants, of: file), as: layers)
      layers += 1
      current = [result]
    } else if node.operation == "Gather", embedding == nil, let table = table(first) {
      embedding = table
      current = [result]
    } else if Self.formal.contains(node.operation) {
      if current.contains(first) { current.insert(result) }
      if node.operation == "Transpose", let array = constants[first], array.shape.count == 2,
        node.attributes["perm"] == .integers([1, 0])
      {
        constants[result] = StoredArray(array.tensor.transposed(1, 0))
      }
    } else if isOnTheWay {
      try multiply(node, result, refused)
    } else if !Self.beside.contains(node.operation) {
      throw refused("the operation is not supported")
    }
  }

  private func table(_ name: String) -> Tensor? {
    guard let array = constants[name], array.elementType == .float32, array.shape.count == 2 else {
      return nil
    }
    return array.tensor
  }

  /// Reads the linear layer at the end.
  private mutating func multiply(
    _ node: ONNXNode, _ result: String, _ refused: (String) -> CheckpointError
  ) throws(CheckpointError) {
    let inputs = node.inputs
    switch node.operation {
    case "MatMul" where matrix == nil && layers > 0 && inputs.count == 2:
      matrix = table(inputs[1])?.transposed(1, 0)
    case "Gemm" where matrix == nil && layers > 0 && inputs.count >= 2:
      let usual: [String: ONNXNode.Attribute] = ["alpha": .float(1), "beta": .float(1)]
      let isTransposed = node.attributes["transB"] == .integer(1)
      for (name, value) in node.attributes where name != "transB" && value != usual[name] {
        throw refused("\(name): the attribute is not supported")
      }
      matrix = table(inputs[1]).map { isTransposed ? $0 : $0.transposed(1, 0) }
      if inputs.count > 2 { bias = constants[inputs[2]]?.tensor }
    case "Add" where matrix != nil && bias == nil && inputs.count == 2:
      bias = inputs.compactMap { constants[$0] }.first?.tensor
      guard bias != nil else { throw refused("expected a constant offset") }
    default: throw refused("the operation is not supported between tokens and logits")
    }
    guard matrix != nil else { throw refused("expected a constant matrix") }
    current = [result]
  }

  func finish(into weights: inout ImportedWeights) throws(CheckpointError) {
    guard let embedding, let matrix, !outputs.isDisjoint(with: current) else {
      throw file.failure(
        "",
        "expected a Gather of the tokens' rows, recurrent operations and a linear map, whose result "
          + "is an output")
    }
    weights.setEnds(embedding: embedding, output: matrix, bias: bias)
  }
}
