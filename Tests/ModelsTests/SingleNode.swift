import Checkpoint
import FileCore
import Models

/// A graph of one node whose inputs are the graph's.
struct SingleNode {
  var operation: String
  var attributes: [String: ONNXNode.Attribute] = [:]
  var version = 21
  var outputs = 1

  init(
    _ operation: String, _ attributes: [String: ONNXNode.Attribute] = [:], version: Int = 21,
    outputs: Int = 1
  ) {
    (self.operation, self.attributes) = (operation, attributes)
    (self.version, self.outputs) = (version, outputs)
  }

  /// The outputs of inputs, nil for one that is left out; of three calls, since later ones run by a program for the shapes.
  func callAsFunction(
    _ inputs: [StoredArray?], limits: GraphLimits = GraphLimits()
  ) throws(CheckpointError) -> [StoredArray] {
    var graph = ONNXGraph(name: "single")
    var arrays = ExactDictionary<StoredArray>()
    var names: [String] = []
    for (index, array) in inputs.enumerated() {
      names.append(array == nil ? "" : "i\(index)")
      guard let array else { continue }
      graph.inputs.append(.init("i\(index)", array.elementType, nil))
      arrays["i\(index)"] = array
    }
    let results = (0..<outputs).map { "o\($0)" }
    graph.nodes = [ONNXNode(operation, names, results, attributes: attributes)]
    graph.outputs = results.map { .init($0, .float32, nil) }
    let model = try GraphModel(
      ONNXModel(graph, operationSet: version), file: "single.onnx", limits: limits)
    var last = try model(arrays)
    for _ in 0..<2 {
      let again = try model(arrays)
      guard again == last else { return [] }
      last = again
    }
    return results.compactMap { last[$0] }
  }

  /// The message of the error that inputs cause.
  func message(_ inputs: [StoredArray?], limits: GraphLimits = GraphLimits()) -> String {
    do throws(CheckpointError) {
      return "computed \(try self(inputs, limits: limits).map(\.doubles))"
    } catch {
      return "\(error)"
    }
  }
}

extension StoredArray {
  static func floats(_ values: [Float], _ shape: [Int]? = nil) -> StoredArray {
    StoredArray(values, shape: shape ?? [values.count])
  }
  static func longs(_ values: [Int64], _ shape: [Int]? = nil) -> StoredArray {
    StoredArray(values, shape: shape ?? [values.count])
  }
  static func bytes(_ values: [UInt8], _ shape: [Int]? = nil) -> StoredArray {
    StoredArray(values, shape: shape ?? [values.count])
  }
  static func truths(_ values: [UInt8], _ shape: [Int]? = nil) -> StoredArray {
    StoredArray(elementType: .bool, shape: shape ?? [values.count], bytes: values)
  }
}
