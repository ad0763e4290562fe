public import Checkpoint
public import FileCore

/// A graph model as saved in a checkpoint.
///
/// In the file: the graph's constants in section `model`, with their types; `{"kind": "graph-model", "states": …}` as
/// entry `model` of section `configuration`; the graph without its constants, in the encoding of an ONNX file, as entry
/// `graph` of that section.
public struct SavedGraphModel: Sendable {
  /// The model.
  public let model: GraphModel
  private let content: ONNXModel

  /// The entry `model` of section `configuration`.
  private struct Header: Codable {
    var kind = SavedModelKind.graph
    var states: [GraphModel.State]
  }

  /// A model of a graph; `states` as in ``GraphModel/init(_:states:file:limits:)``.
  public init(
    _ content: ONNXModel, states: [GraphModel.State]? = nil, file: String = "graph"
  ) throws(CheckpointError) {
    model = try GraphModel(content, states: states, file: file)
    self.content = content
  }

  /// Reads a model from an opened file.
  ///
  /// - Throws: `CheckpointError` if the file is damaged, has no graph model, or one that is not supported.
  public init(reading reader: CheckpointReader) throws(CheckpointError) {
    try SavedModelKind.graph.check(reader)
    let header = try reader.json(Header.self, .configuration, "model")
    var content = try ONNXModel(
      bytes: reader.bytes(.configuration, "graph"), name: reader.file)
    guard content.graph.initializers.isEmpty else {
      throw reader.fail(
        .configValue(
          .init(.configuration, "graph"), path: "graph",
          expected: "constants in the section model", found: "some in the graph"))
    }
    for entry in reader.entries where entry.key.section == .model {
      let array = try reader.array(.model, entry.key.name)
      content.graph.initializers.append(.init(entry.key.name, array))
    }
    try self.init(content, states: header.states, file: reader.file)
  }

  /// Adds the model to a checkpoint.
  public func write(to checkpoint: inout Checkpoint) throws(CheckpointError) {
    var graph = content
    for initializer in graph.graph.initializers {
      checkpoint.set(initializer.array, .model, initializer.name)
    }
    graph.graph.initializers = []
    checkpoint.set(bytes: graph.encoded(), .configuration, "graph")
    try checkpoint.setJSON(Header(states: model.states), .configuration, "model")
    try SavingPackage.write(to: &checkpoint)
  }

  /// The graph as an ONNX model, whose metadata names the states.
  public var onnx: ONNXModel {
    var model = content
    let pairs = self.model.states.map { (ExactString($0.input), JSONValue.string($0.output)) }
    model.metadata[GraphModel.statesKey] =
      pairs.isEmpty
      ? nil : JSONValue.object([ExactString: JSONValue](pairs) { first, _ in first }).text
    return model
  }

  /// The graph's constants by name.
  public var constants: ExactDictionary<StoredArray> {
    var arrays = ExactDictionary<StoredArray>()
    for initializer in content.graph.initializers { arrays[initializer.name] = initializer.array }
    return arrays
  }

  /// What the model is, in a line.
  public var summary: String {
    func list(_ values: [ONNXGraph.Value]) -> String {
      values.map { "\($0.name) \($0.text)" }.joined(separator: ", ")
    }
    let numbers = content.graph.initializers.reduce(0) { $0 + $1.array.count }
    let states = model.states.map { "\($0.input) from \($0.output)" }
    return
      "graph: \(content.graph.nodes.count) nodes, \(list(model.inputs)) to \(list(model.outputs))"
      + (states.isEmpty ? "" : ", states \(states.joined(separator: ", "))")
      + ", \(numbers.counted("numbers"))"
  }
}
