import Checkpoint
import FileCore

/// Makes the steps of a graph, node by node, and finds the place of every value by its name.
struct GraphProgramBuilder {
  private let enclosing: [ExactString: GraphValue]
  /// The values of the enclosing graphs that are no constants.
  private let outerNames: Set<ExactString>
  private var places: [ExactString: GraphProgram.Place] = [:]
  private(set) var constants: [GraphValue] = []
  private(set) var slotCount = 0
  private(set) var steps: [GraphProgram.Step] = []
  private(set) var captures: [(name: ExactString, slot: Int)] = []

  init(enclosing: [ExactString: GraphValue], names: Set<ExactString>) {
    self.enclosing = enclosing
    outerNames = names
  }

  /// The constants by name.
  var known: ExactDictionary<GraphValue> {
    var known = ExactDictionary<GraphValue>()
    for case (let name, .constant(let index)) in places { known[name.string] = constants[index] }
    return known
  }

  func isConstant(_ name: String) -> Bool {
    if case .constant? = places[ExactString(name)] { true } else { false }
  }

  /// The place of a value, after it was captured if it is of an enclosing graph; nil if there is none.
  mutating func place(of name: String) -> GraphProgram.Place? {
    let key = ExactString(name)
    if let place = places[key] { return place }
    if let value = enclosing[key] {
      constants.append(value)
      places[key] = .constant(constants.count - 1)
    } else if outerNames.contains(key) {
      captures.append((key, slotCount))
      places[key] = .slot(slotCount)
      slotCount += 1
    }
    return places[key]
  }

  mutating func define(
    _ name: String, constant value: GraphValue, _ preparation: GraphProgram.Preparation,
    _ what: String
  ) throws(CheckpointError) {
    try checkNew(name, preparation, what)
    constants.append(value)
    places[ExactString(name)] = .constant(constants.count - 1)
  }

  /// Defines a value that is known when the graph runs; returns its slot.
  mutating func define(
    _ name: String, _ preparation: GraphProgram.Preparation, _ what: String
  ) throws(CheckpointError) -> Int {
    try checkNew(name, preparation, what)
    places[ExactString(name)] = .slot(slotCount)
    slotCount += 1
    return slotCount - 1
  }

  private func checkNew(
    _ name: String, _ preparation: GraphProgram.Preparation, _ what: String
  ) throws(CheckpointError) {
    guard !name.isEmpty else {
      throw preparation.failure(what, "expected a name, found none")
    }
    guard places[ExactString(name)] == nil else {
      throw preparation.failure(
        "\(what) \(name)", "expected a name of its own, found a second value of this name")
    }
  }

  /// Adds a node: as constants if its inputs are constants, otherwise as a step.
  mutating func add(
    _ node: ONNXNode, _ preparation: inout GraphProgram.Preparation
  ) throws(CheckpointError) {
    let name = node.label
    preparation.nodes += 1
    guard preparation.nodes <= preparation.run.limits.nodes else {
      throw preparation.failure(name, "more than \(preparation.run.limits.nodes) nodes")
    }
    guard node.domain.isEmpty else {
      throw preparation.failure(name, "the operator of \(node.domain) is not supported")
    }
    guard let op = GraphOperator.standard[node.operation] else {
      throw preparation.failure(name, "the operator is not supported")
    }
    var inputs: [GraphProgram.Place] = []
    for input in node.inputs {
      guard let place = input.isEmpty ? .nowhere : place(of: input) else {
        throw preparation.failure(
          name, "expected an input, the result of an earlier node or a constant, found \(input)")
      }
      inputs.append(place)
    }
    let bodies = try bodies(of: node, &preparation)
    for (_, body) in bodies.sorted(by: { $0.key < $1.key }) {
      for capture in body.captures { inputs.append(place(of: capture.name.string) ?? .nowhere) }
    }
    do throws(GraphFailure) {
      let function = try op.function(of: node, constants: values(inputs), bodies, preparation)
      try append(node, op.effect, function, inputs, &preparation)
    } catch {
      throw preparation.failure(name, error.reason)
    }
  }

  private func values(_ places: [GraphProgram.Place]) -> [GraphValue?] {
    places.map { if case .constant(let index) = $0 { constants[index] } else { nil } }
  }

  private mutating func append(
    _ node: ONNXNode, _ effect: GraphEffect, _ function: @escaping GraphFunction,
    _ inputs: [GraphProgram.Place], _ preparation: inout GraphProgram.Preparation
  ) throws(GraphFailure) {
    let isConstant = inputs.allSatisfy { if case .slot = $0 { false } else { true } }
    var results: [GraphValue]?
    if isConstant {
      // What fails here fails again when the node runs, if it ever does: a branch may not be taken.
      do throws(GraphFailure) {
        try preparation.run.charge(GraphRun.nodeWork)
        let values = try function(values(inputs), &preparation.run)
        for value in values { try preparation.run.hold(value) }
        if values.count >= node.outputs.count { results = values }
      } catch { results = nil }
    }
    var outputs: [GraphProgram.Place] = []
    for (index, output) in node.outputs.enumerated() {
      if output.isEmpty {
        outputs.append(.nowhere)
        continue
      }
      guard places[ExactString(output)] == nil else {
        throw GraphFailure(
          "output \(output): expected a name of its own, found a second value of this name")
      }
      if let results {
        constants.append(results[index])
        outputs.append(.constant(constants.count - 1))
      } else {
        outputs.append(.slot(slotCount))
        slotCount += 1
      }
      places[ExactString(output)] = outputs[index]
    }
    guard results == nil else { return }
    steps.append(
      GraphProgram.Step(name: node.label, effect, function, inputs: inputs, outputs: outputs))
  }

  private mutating func bodies(
    of node: ONNXNode, _ preparation: inout GraphProgram.Preparation
  ) throws(CheckpointError) -> [String: GraphProgram] {
    var bodies: [String: GraphProgram] = [:]
    for (name, attribute) in node.attributes.sorted(by: { $0.key < $1.key }) {
      guard case .graph(let graph) = attribute else { continue }
      do throws(GraphFailure) {
        try preparation.run.charge(product: GraphRun.nodeWork, 1 + places.count + enclosing.count)
      } catch {
        throw preparation.failure(node.label, error.reason)
      }
      var (known, names) = (enclosing, outerNames)
      for (name, place) in places {
        if case .constant(let index) = place {
          known[name] = constants[index]
        } else {
          known[name] = nil
          names.insert(name)
        }
      }
      bodies[name] = try GraphProgram.nested(
        graph, in: &preparation, enclosing: known, names: names)
    }
    return bodies
  }
}

extension ONNXNode {
  /// The operator and the node's name, or its first result's, for errors.
  package var label: String {
    let name = name.isEmpty ? outputs.first { !$0.isEmpty } ?? "" : name
    return "\(operation) \(name)"
  }
}
