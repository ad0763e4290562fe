import Checkpoint
import TensorCore

/// A node's function: values by input, nil where an optional input is left out, to values by output.
typealias GraphFunction =
  @Sendable (
    _ inputs: [GraphValue?], _ run: inout GraphRun
  ) throws(GraphFailure) -> [GraphValue]

/// A node of a graph while its function is made: its attributes, and its constant inputs.
///
/// An attribute that nobody has read is not supported, which ``finish()`` reports.
struct GraphNode {
  /// The node of the file.
  let node: ONNXNode
  /// The version of the operator set.
  let version: Int
  /// The inputs that are constants; nil for others.
  let constants: [GraphValue?]
  /// The graphs among the attributes.
  let bodies: [String: GraphProgram]
  private var unread: Set<String>

  init(_ node: ONNXNode, version: Int, constants: [GraphValue?], bodies: [String: GraphProgram]) {
    self.node = node
    self.version = version
    self.constants = constants
    self.bodies = bodies
    unread = Set(node.attributes.keys)
  }

  /// Whether an input is given.
  func hasInput(_ index: Int) -> Bool { index < node.inputs.count && !node.inputs[index].isEmpty }

  /// Whether an output is wanted.
  func hasOutput(_ index: Int) -> Bool {
    index < node.outputs.count && !node.outputs[index].isEmpty
  }

  /// A constant input; nil if it is computed or left out.
  func constant(_ index: Int) -> GraphValue? {
    index < constants.count ? constants[index] : nil
  }

  /// Throws unless every attribute has been read.
  func finish() throws(GraphFailure) {
    if let name = unread.min() { throw GraphFailure("\(name): the attribute is not supported") }
  }

  /// The value of an attribute; nil if the node does not have it.
  mutating func attribute(_ name: String) -> ONNXNode.Attribute? {
    unread.remove(name)
    return node.attributes[name]
  }

  mutating func integer(
    _ name: String, in range: ClosedRange<Int> = .min ... .max
  ) throws(GraphFailure) -> Int? {
    switch attribute(name) {
    case nil: return nil
    case .integer(let value)? where range.contains(value): return value
    default:
      let limits = range == .min ... .max ? "" : " from \(range.lowerBound) to \(range.upperBound)"
      throw GraphFailure("\(name): expected a whole number\(limits)")
    }
  }

  /// Whether an attribute is 1 and not 0.
  mutating func flag(_ name: String, default value: Bool = false) throws(GraphFailure) -> Bool {
    try integer(name, in: 0...1).map { $0 == 1 } ?? value
  }

  mutating func integers(_ name: String) throws(GraphFailure) -> [Int]? {
    switch attribute(name) {
    case nil: return nil
    case .integers(let values)?: return values
    default: throw GraphFailure("\(name): expected whole numbers")
    }
  }

  mutating func float(_ name: String) throws(GraphFailure) -> Float? {
    switch attribute(name) {
    case nil: return nil
    case .float(let value)?: return value
    default: throw GraphFailure("\(name): expected a number")
    }
  }

  mutating func floats(_ name: String) throws(GraphFailure) -> [Float]? {
    switch attribute(name) {
    case nil: return nil
    case .floats(let values)?: return values
    default: throw GraphFailure("\(name): expected numbers")
    }
  }

  mutating func text(_ name: String) throws(GraphFailure) -> String? {
    switch attribute(name) {
    case nil: return nil
    case .text(let value)?: return value
    default: throw GraphFailure("\(name): expected a text")
    }
  }

  /// One of several texts.
  mutating func choice(_ name: String, of choices: [String]) throws(GraphFailure) -> String? {
    guard let text = try text(name) else { return nil }
    guard choices.contains(text) else {
      throw GraphFailure("\(name): expected \(choices.joined(separator: " or ")), found \(text)")
    }
    return text
  }

  /// An element type that an attribute names by its code.
  mutating func elementType(_ name: String) throws(GraphFailure) -> ElementType? {
    guard let code = try integer(name) else { return nil }
    guard let type = ElementType(onnxCode: code) else {
      throw GraphFailure("\(name): element type \(code) is not supported")
    }
    return type
  }

  /// Integers that were an attribute in old versions of the operator set and are an input in newer ones.
  mutating func integers(
    _ name: String, orInput index: Int, from first: Int
  ) throws(GraphFailure) -> GraphIntegers {
    if version < first { return .known(try integers(name)) }
    return integers(ofInput: index, name)
  }

  /// Integers of an input, which are known where it is a constant; `name` is theirs in errors.
  func integers(ofInput index: Int, _ name: String) -> GraphIntegers {
    guard hasInput(index) else { return .known(nil) }
    // What does not fit is an error when the node runs.
    if let value = constant(index), value.rank <= 1, let integers = value.integers {
      return .known(integers.map { Int(clamping: $0) })
    }
    return .input(index, name)
  }

  /// A graph among the attributes.
  mutating func body(_ name: String) throws(GraphFailure) -> GraphProgram {
    guard case .graph? = attribute(name), let body = bodies[name] else {
      throw GraphFailure("\(name): expected a graph")
    }
    return body
  }
}

/// Integers of an attribute, or of an input when the node runs.
enum GraphIntegers: Sendable {
  /// The attribute's; nil if there is none.
  case known([Int]?)
  /// Those of an input.
  case input(Int, String)

  func values(_ inputs: [GraphValue?]) throws(GraphFailure) -> [Int]? {
    switch self {
    case .known(let values): return values
    case .input(let index, let name):
      guard let value = inputs.optional(index) else { return nil }
      guard let integers = value.integers, value.rank <= 1 else {
        throw GraphFailure(
          expected: "\(name) as a list of integers",
          found: "\(value.elementType) of shape \(value.shape)")
      }
      return integers.map { Int(clamping: $0) }
    }
  }
}

extension [GraphValue?] {
  /// An input that may be left out.
  func optional(_ index: Int) -> GraphValue? { index < count ? self[index] : nil }

  /// An input that must be given.
  func value(_ index: Int) throws(GraphFailure) -> GraphValue {
    guard let value = optional(index) else {
      throw GraphFailure(expected: "input \(index)", found: "none")
    }
    return value
  }

  /// An input of floats of 32 bits or fewer.
  func tensor(_ index: Int) throws(GraphFailure) -> GraphTensor {
    let value = try value(index)
    guard let tensor = value.tensor else {
      throw GraphFailure(
        expected: "input \(index) of float32, float16 or bfloat16", found: value.elementType)
    }
    return GraphTensor(tensor: tensor, type: value.elementType)
  }

  /// The only integer of an input.
  func integer(_ index: Int, _ name: String) throws(GraphFailure) -> Int {
    let value = try value(index)
    guard let integers = value.integers, integers.count == 1 else {
      throw GraphFailure(
        expected: "\(name) as one integer", found: "\(value.elementType) of shape \(value.shape)")
    }
    return Int(clamping: integers[0])
  }
}

/// Floats with the type to which results are rounded.
struct GraphTensor {
  var tensor: Tensor
  var type: ElementType
  var shape: [Int] { tensor.shape }
}

/// The place of an axis that may count from the end.
func position(ofAxis axis: Int, rank: Int) throws(GraphFailure) -> Int {
  guard axis >= -rank, axis < rank else {
    throw GraphFailure(expected: "an axis of \(rank) axes", found: axis)
  }
  return axis < 0 ? axis + rank : axis
}

/// The places of several axes, each once.
func positions(ofAxes axes: [Int], rank: Int) throws(GraphFailure) -> [Int] {
  guard axes.count <= rank else {
    throw GraphFailure(expected: "axes of \(rank) axes", found: "\(axes.count) axes")
  }
  var found: [Int] = []
  for axis in axes {
    let place = try position(ofAxis: axis, rank: rank)
    guard !found.contains(place) else { throw GraphFailure("axis \(axis) is named twice") }
    found.append(place)
  }
  return found
}
