import Checkpoint
import FileCore
import TensorCore

/// Builds an ONNX graph operation by operation; generates the names of values.
struct ONNXBuilder {
  /// The graph so far.
  private(set) var graph: ONNXGraph
  /// The prefix of all names, so that names in a loop's body differ from those outside.
  private let prefix: String
  private var counts: [String: Int] = [:]
  private var states: [ExactString: JSONValue] = [:]
  private var constants: [StoredArray: String] = [:]

  init(name: String, prefix: String = "") {
    graph = ONNXGraph(name: name)
    self.prefix = prefix
  }

  /// Adds an operation with one result; returns the result's name.
  mutating func add(
    _ operation: String, _ inputs: [String], _ attributes: [String: ONNXNode.Attribute] = [:],
    named name: String? = nil
  ) -> String {
    let result = name ?? freshName(operation)
    add(operation, inputs, [result], attributes)
    return result
  }

  /// Adds an operation with several results.
  mutating func add(
    _ operation: String, _ inputs: [String], _ outputs: [String],
    _ attributes: [String: ONNXNode.Attribute] = [:]
  ) {
    graph.nodes.append(ONNXNode(operation, inputs, outputs, attributes: attributes))
  }

  /// An unused name.
  mutating func freshName(_ kind: String) -> String {
    counts[kind, default: 0] += 1
    return "\(prefix)\(kind)_\(counts[kind] ?? 0)"
  }

  /// A constant array; equal arrays share one constant.
  mutating func constant(_ array: StoredArray) -> String {
    if let known = constants[array] { return known }
    let name = freshName("constant")
    graph.initializers.append(.init(name, array))
    constants[array] = name
    return name
  }

  /// A constant list of integers.
  mutating func integers(_ numbers: [Int]) -> String {
    constant(StoredArray(numbers.map { Int64($0) }))
  }

  /// Adds weights under a given name, unless they exist already.
  mutating func weights(_ name: String, _ tensor: Tensor) -> String {
    if !graph.initializers.contains(where: { $0.name == name }) {
      graph.initializers.append(.init(name, StoredArray(tensor)))
    }
    return name
  }

  /// Notes that an input takes the value of an output of the call before.
  mutating func addState(_ input: String, from output: String) {
    states[ExactString(input)] = .string(output)
  }

  /// Metadata that names the states, as graph models read it.
  var metadata: [String: String] {
    states.isEmpty ? [:] : ["states": JSONValue.object(states).text]
  }

  mutating func addInput(_ value: ONNXGraph.Value) { graph.inputs.append(value) }
  mutating func addOutput(_ value: ONNXGraph.Value) { graph.outputs.append(value) }

  /// The elements of a range along an axis.
  mutating func slice(_ value: String, _ range: Range<Int>, axis: Int) -> String {
    let (start, end) = (integers([range.lowerBound]), integers([range.upperBound]))
    return add("Slice", [value, start, end, integers([axis])])
  }

  /// x W^T + b, for weights `[O, I]`.
  mutating func linear(_ x: String, weight: String, bias: String) -> String {
    let product = add("MatMul", [x, transpose(weight, [1, 0])])
    return add("Add", [product, bias])
  }

  mutating func transpose(_ value: String, _ order: [Int]) -> String {
    add("Transpose", [value], ["perm": .integers(order)])
  }
}
