import Cells
import Checkpoint
import FileCore
import Models
import TensorCore

/// A language model in an ONNX graph: ids of tokens, rows of an embedding, recurrent layers, a linear layer, logits.
///
/// Each value is followed from an output back to the input by the node that computes it and the input that this node
/// reads; what is not one of these steps is refused by its name. The values of initial states come from running the
/// graph. A model that was read is compared with the graph by running both: see ``ONNXTrial``.
struct ONNXLanguageGraph {
  private let model: ONNXModel
  private let file: ArrayFile
  /// The constants, and what is computed from them.
  private let known: ExactDictionary<GraphValue>
  private var producers = ExactDictionary<(node: ONNXNode, output: Int)>()

  /// Operators whose result has the numbers of their first input in another shape.
  private static let reshaping: Set<String> = [
    "Transpose", "Squeeze", "Unsqueeze", "Reshape", "Identity", "Flatten", "Dropout",
  ]

  init(_ model: ONNXModel, of file: ArrayFile) throws(CheckpointError) {
    self.model = model
    self.file = file
    known = try GraphProgram.prepared(model, file: file.path).known
    for node in model.graph.nodes {
      for (index, output) in node.outputs.enumerated() { producers[output] = (node, index) }
    }
  }

  /// The layers between the tokens and an output.
  struct Chain {
    var embedding: Tensor
    var layers: [(node: ONNXNode, operator: RecurrentNode)]
    /// The output layer's weight `[V, H]` and bias.
    var (weight, bias): (Tensor, Tensor?)
  }

  /// The chain to the first output that has one.
  ///
  /// - Throws: why the first output has none.
  func chain() throws(CheckpointError) -> Chain {
    var reason: CheckpointError?
    for output in model.graph.outputs {
      do throws(CheckpointError) {
        return try chain(to: output.name)
      } catch {
        reason = reason ?? error
      }
    }
    throw reason ?? file.failure("", "expected an output with the logits of tokens, found none")
  }

  private func chain(to output: String) throws(CheckpointError) -> Chain {
    let (weight, bias, input) = try linear(output)
    var layers: [(node: ONNXNode, operator: RecurrentNode)] = []
    var value = unshaped(input)
    while let (node, index) = producers[value] {
      guard
        let recurrent = try RecurrentNode(
          node, version: model.operationSet, known: known, file: file.path)
      else { break }
      guard index == 0 else {
        throw file.failure(node.label, "expected its output at every step, found a final state")
      }
      layers.insert((node, recurrent), at: 0)
      value = unshaped(node.inputs[0])
    }
    guard let (node, _) = producers[value] else {
      throw file.failure(value, "expected rows of an embedding, found an input")
    }
    guard node.operation == "Gather", !layers.isEmpty else { throw refused(node) }
    return Chain(
      embedding: try embedding(node), layers: layers, weight: weight, bias: bias)
  }

  /// The value whose numbers a value has, in another shape perhaps.
  private func unshaped(_ name: String) -> String {
    var name = name
    while let (node, index) = producers[name], index == 0, let first = node.inputs.first,
      Self.reshaping.contains(node.operation) || isFloatCast(node)
    { name = first }
    return name
  }

  /// Whether a node changes the type of floats.
  private func isFloatCast(_ node: ONNXNode) -> Bool {
    guard node.operation == "Cast", case .integer(let code)? = node.attributes["to"] else {
      return false
    }
    return [.float32, .float16, .bfloat16].contains(ElementType(onnxCode: code))
  }

  private func refused(_ node: ONNXNode) -> CheckpointError {
    file.failure(node.label, "the operator is not supported between tokens and logits")
  }

  /// The linear layer that computes a value: its weight `[V, H]`, its bias, and its input.
  private func linear(
    _ output: String
  ) throws(CheckpointError) -> (weight: Tensor, bias: Tensor?, input: String) {
    var bias: Tensor?
    var value = unshaped(output)
    if let (node, _) = producers[value], node.operation == "Add",
      let constant = node.inputs.first(where: { known[$0] != nil }),
      let computed = node.inputs.first(where: { known[$0] == nil })
    {
      bias = try row(constant, of: node)
      value = unshaped(computed)
    }
    guard let (node, _) = producers[value] else {
      throw file.failure(value, "expected logits of a linear layer, found an input")
    }
    switch node.operation {
    case "MatMul":
      return (try matrix(node).transposed(1, 0), bias, node.inputs[0])
    case "Gemm" where bias == nil:
      for (name, usual) in [("alpha", Float(1)), ("beta", 1)] {
        if let found = node.attributes[name], found != .float(usual) {
          throw file.failure(node.label, "\(name): expected \(usual)")
        }
      }
      guard node.attributes["transA", default: .integer(0)] == .integer(0) else {
        throw file.failure(node.label, "transA: expected 0")
      }
      let weight = try matrix(node)
      let isTransposed = node.attributes["transB"] == .integer(1)
      if node.inputs.count > 2, !node.inputs[2].isEmpty { bias = try row(node.inputs[2], of: node) }
      return (isTransposed ? weight : weight.transposed(1, 0), bias, node.inputs[0])
    default: throw refused(node)
    }
  }

  /// The constant matrix that a node multiplies by.
  private func matrix(_ node: ONNXNode) throws(CheckpointError) -> Tensor {
    guard node.inputs.count > 1, let tensor = known[node.inputs[1]]?.tensor, tensor.rank == 2 else {
      throw file.failure(node.label, "expected a constant matrix of floats")
    }
    return tensor
  }

  /// A constant row.
  private func row(_ name: String, of node: ONNXNode) throws(CheckpointError) -> Tensor {
    guard let tensor = known[name]?.tensor, tensor.shape.dropLast().allSatisfy({ $0 == 1 }) else {
      throw file.failure(node.label, "\(name): expected a constant row of floats")
    }
    return tensor.reshaped(to: [tensor.count])
  }

  /// The embedding `[V, E]` from which a node gathers rows, or columns.
  private func embedding(_ node: ONNXNode) throws(CheckpointError) -> Tensor {
    guard let table = known[node.inputs[0]]?.tensor, table.rank == 2 else {
      throw file.failure(node.label, "expected a constant table of floats with two axes")
    }
    switch node.attributes["axis", default: .integer(0)] {
    case .integer(0), .integer(-2): return table
    case .integer(1), .integer(-1): return table.transposed(1, 0)
    case let other: throw file.failure(node.label, "axis: expected 0 or 1, found \(other)")
    }
  }
}

extension ImportedWeights {
  /// Reads the language model of an ONNX graph.
  ///
  /// Loops (`Scan`) are read if their weights have the parameters' names, as in files of this library. Whatever is read
  /// computes what the graph computes: `SavedLanguageModel` compares them.
  mutating func readONNX(_ model: ONNXModel) throws(CheckpointError) {
    if model.graph.nodes.contains(where: { $0.operation == "Scan" }) {
      return takeOwnNames(model)
    }
    let chain = try ONNXLanguageGraph(model, of: file).chain()
    let states = try ONNXTrial(model, of: file).initialStates(
      of: chain.layers.map(\.node), vocabularySize: chain.embedding.shape[0])
    let isLearned = states.contains { !$0.isEmpty }
    for (index, layer) in chain.layers.enumerated() {
      try set(layer.node, layer.operator, as: index)
      guard isLearned else { continue }
      for name in layer.operator.stateNames {
        let zeros = Tensor(zeros: [layer.operator.layers?[0].hiddenSize ?? 0])
        set(states[index][name] ?? zeros, "rnn.initial_\(name)_l\(index)")
      }
    }
    setEnds(embedding: chain.embedding, output: chain.weight, bias: chain.bias)
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

  /// Sets the weights of a layer from a recurrent node.
  private mutating func set(
    _ node: ONNXNode, _ recurrent: RecurrentNode, as layer: Int
  ) throws(CheckpointError) {
    guard let layers = recurrent.layers else {
      throw failure(node.label, "expected constant weights of a language model")
    }
    guard let cell = recurrent.cells[0] as? any ConfigurableCell, layers.count == 1,
      layers[0].direction == .forward
    else {
      throw failure(
        node.label, "expected a forward layer with the usual activations for a language model")
    }
    let weights = Dictionary(uniqueKeysWithValues: layers[0].parameters.map { ($0.name, $0.value) })
    guard let input = weights["weight_ih_l0"], let recurrent = weights["weight_hh_l0"] else {
      return
    }
    try setLayer(
      layer, cell, input: input, recurrent: recurrent, inputBias: weights["bias_ih_l0"],
      recurrentBias: weights["bias_hh_l0"])
    if let peepholes = weights["weight_ch_l0"] { set(peepholes, "rnn.weight_ch_l\(layer)") }
  }
}
