import Checkpoint
import FileCore
import TensorCore

/// The graph of a model of Keras: each layer of its description as ONNX operations.
///
/// Inputs and results have Keras' axes, `[B, T, I]`; tokens are 64-bit integers. Outputs have the names of the layers that give
/// them. Padding that Keras masks (`mask_zero`, `Masking`) is masked: recurrent layers read the other steps alone.
struct KerasGraph {
  /// A value of the graph.
  struct Value: Equatable {
    var name: String
    /// The name of an array `[B, T]` of 64-bit integers, 0 at steps that are masked; nil where none is.
    var mask: String?
  }

  let file: ArrayFile
  let weights: KerasModel
  private let description: KerasDescription
  var builder = ONNXBuilder(name: "keras")
  private var values: [KerasDescription.Reference: Value] = [:]

  /// The model of a file that describes it; nil if it does not.
  ///
  /// - Throws: `CheckpointError` that names the layer, for a class or an option that is not supported.
  static func model(_ file: ArrayFile) throws(CheckpointError) -> ONNXModel? {
    guard let text = file.metadata["model_config"] else { return nil }
    let value: JSONValue
    do throws(JSONError) {
      value = try JSONValue(parsing: Array(text.utf8), maximumDepth: ReadLimits().jsonDepth)
    } catch {
      throw file.failure("model_config", "byte \(error.offset): \(error.problem)")
    }
    guard let description = KerasDescription(value) else { return nil }
    var graph = try KerasGraph(file, description)
    try graph.build()
    return ONNXModel(
      graph.builder.graph, operationSet: 20, producer: "Keras",
      metadata: graph.builder.metadata)
  }

  private init(_ file: ArrayFile, _ description: KerasDescription) throws(CheckpointError) {
    try file.checkMemory()
    var arrays: [String: Tensor] = [:]
    for name in file.names where !name.hasPrefix("optimizer") {
      // Texts and other values that are no weights don't matter.
      if let array = try? file.array(name) { arrays[name] = array.tensor }
    }
    (self.file, self.description) = (file, description)
    weights = KerasModel(arrays, of: file)
  }

  func failure(_ layer: KerasDescription.Layer, _ reason: String) -> CheckpointError {
    file.failure("\(layer.type) \(layer.name)", reason)
  }

  private mutating func build() throws(CheckpointError) {
    var pending = description.layers.flatMap { layer in layer.calls.indices.map { (layer, $0) } }
    while !pending.isEmpty {
      var waiting: [(KerasDescription.Layer, Int)] = []
      for (layer, call) in pending {
        let stated = layer.calls[call]
        var read = stated.inputs.map { values[$0] }
        let mask = stated.mask.map { values[$0] }
        if read.contains(where: { $0 == nil }) || mask == .some(nil) {
          waiting.append((layer, call))
        } else {
          if let mask, let mask, !read.isEmpty { read[0]?.mask = self.mask(from: mask) }
          let results = try self.results(of: layer, read.compactMap { $0 }, stated.numbers)
          for (output, value) in results.enumerated() {
            values[.init(layer: layer.name, call: call, output: output)] = value
          }
        }
      }
      guard waiting.count < pending.count else {
        throw failure(
          waiting[0].0, "expected inputs that are results of other layers, found others")
      }
      pending = waiting
    }
    try addOutputs()
  }

  private mutating func addOutputs() throws(CheckpointError) {
    guard !description.inputs.isEmpty, !description.outputs.isEmpty else {
      throw file.failure("model_config", "expected a model with inputs and outputs, found none")
    }
    for output in description.outputs {
      guard let value = values[output] else {
        throw file.failure(
          "model_config", "expected an output that is the result of a layer, found \(output.layer)")
      }
      var (name, number) = (output.layer, 1)
      while builder.graph.outputs.contains(where: { $0.name == name })
        || builder.graph.inputs.contains(where: { $0.name == name })
      {
        number += 1
        name = "\(output.layer)_\(number)"
      }
      builder.addOutput(.init(builder.add("Identity", [value.name], named: name), .float32, nil))
    }
  }

  /// What a call of a layer gives.
  private mutating func results(
    of layer: KerasDescription.Layer, _ inputs: [Value], _ numbers: [Double]
  ) throws(CheckpointError) -> [Value] {
    if layer.type == "InputLayer" { return [try input(layer)] }
    guard let first = inputs.first else { throw failure(layer, "expected an input, found none") }
    if let results = try recurrent(layer, inputs) { return results }
    if let result = try merged(layer, inputs) { return [result] }
    if let result = logical(layer, inputs, numbers) { return [result] }
    guard inputs.count == 1 else {
      throw failure(layer, "expected one input, found \(inputs.count)")
    }
    if let result = try elementwise(layer, first) { return [result] }
    if let result = try withWeights(layer, first) { return [result] }
    if let result = try windowed(layer, first) { return [result] }
    if let result = try arranged(layer, first) { return [result] }
    throw failure(layer, "the layer is not supported")
  }

  private mutating func input(_ layer: KerasDescription.Layer) throws(CheckpointError) -> Value {
    let shape = layer.options.member("batch_shape") ?? layer.options.member("batch_input_shape")
    var extents: [ONNXGraph.Value.Extent] = [.named("batch")]
    if case .array(let sizes)? = shape {
      for (axis, size) in sizes.enumerated().dropFirst() {
        extents.append(size.integer.map { .fixed($0) } ?? .named(axis == 1 ? "time" : ""))
      }
    } else {
      guard readsTokens(layer) else {
        throw failure(layer, "expected the input's shape, found none")
      }
      extents.append(.named("time"))
    }
    let type: ElementType = readsTokens(layer) ? .int64 : .float32
    builder.addInput(.init(layer.name, type, extents))
    return Value(name: layer.name)
  }

  /// Whether an input's values are tokens: an embedding reads them.
  private func readsTokens(_ layer: KerasDescription.Layer) -> Bool {
    description.layers.contains { other in
      other.type == "Embedding"
        && other.calls.contains { $0.inputs.contains { $0.layer == layer.name } }
    }
  }

  // MARK: Weights

  /// The weights of a layer by their paths; of a wrapper, those of the layer inside.
  func parts(of layer: KerasDescription.Layer) -> [KerasModel.Layer] {
    weights.layers.filter { $0.options?.member("name")?.stringValue == layer.name }
  }

  /// A weight of a layer that has one set of them.
  func weight(
    _ name: String, _ number: Int, of layer: KerasDescription.Layer
  ) throws(CheckpointError) -> Tensor {
    guard let tensor = parts(of: layer).lazy.compactMap({ $0.weight(name, number) }).first else {
      throw failure(layer, "expected the weights \(name) in the file, not found")
    }
    return tensor
  }

  /// The bias of a layer; nil if it has none.
  func bias(_ number: Int, of layer: KerasDescription.Layer) throws(CheckpointError) -> Tensor? {
    layer.options.member("use_bias")?.flag == false
      ? nil : try weight("bias", number, of: layer)
  }

  // MARK: Operations

  mutating func constant(_ tensor: Tensor) -> String { builder.constant(StoredArray(tensor)) }
  mutating func number(_ value: Double) -> String { builder.constant(StoredArray(Float(value))) }
}
