import Checkpoint

/// An operator of the ONNX standard: how many inputs and outputs it has, and how a node of it becomes a function.
struct GraphOperator: Sendable {
  /// The fewest and most inputs.
  let inputs: ClosedRange<Int>
  /// The most outputs.
  let outputs: Int
  /// What is known of the results when the shapes of the inputs are.
  let effect: GraphEffect
  private let make: @Sendable (inout GraphNode) throws(GraphFailure) -> GraphFunction

  init(
    _ inputs: ClosedRange<Int>, outputs: Int = 1, _ effect: GraphEffect = .computes,
    _ make: @escaping @Sendable (inout GraphNode) throws(GraphFailure) -> GraphFunction
  ) {
    self.inputs = inputs
    self.outputs = outputs
    self.effect = effect
    self.make = make
  }

  /// All operators by name.
  static let standard: [String: GraphOperator] = {
    let tables = [
      elementwise, trigonometry, activations, comparisons, shapes, indexing, gathering, selection,
      arrangements, resizing, products, einsum, convolutions, pooling, reductions, softmax,
      normalization, norms, quantization, integerProducts, recurrent, controlFlow,
    ]
    var all: [String: GraphOperator] = [:]
    for table in tables { all.merge(table) { first, _ in first } }
    return all
  }()

  /// The function of a node, which has been checked against the operator.
  func function(
    of node: ONNXNode, constants: [GraphValue?], _ bodies: [String: GraphProgram],
    _ preparation: GraphProgram.Preparation
  ) throws(GraphFailure) -> GraphFunction {
    guard node.inputs.count <= inputs.upperBound else {
      throw GraphFailure("more inputs than the operator has: \(node.inputs.count)")
    }
    guard node.outputs.count <= outputs else {
      throw GraphFailure("more outputs than the operator has: \(node.outputs.count)")
    }
    var graphNode = GraphNode(
      node, version: preparation.version, constants: constants, bodies: bodies)
    for index in 0..<inputs.lowerBound where !graphNode.hasInput(index) {
      throw GraphFailure(expected: "input \(index)", found: "none")
    }
    let function = try make(&graphNode)
    try graphNode.finish()
    return function
  }
}
