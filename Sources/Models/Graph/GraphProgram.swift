import Checkpoint
import FileCore

/// A graph ready to run: every input of every node is known to be a constant, a graph's input or the result of an
/// earlier node, and every node is a function.
///
/// Nodes whose inputs are constants are computed once, here; nodes whose results nobody needs are left out.
package struct GraphProgram: Sendable {
  /// Where a value is found while the graph runs.
  package enum Place: Sendable, Hashable {
    /// A constant, by its index.
    case constant(Int)
    /// An input or a result, by its index.
    case slot(Int)
    /// An optional input or output that is left out.
    case nowhere
  }

  /// A node's function with its inputs and outputs; a class, so that running it counts one reference.
  final class Step: Sendable {
    /// The operator and the node's name, for errors.
    let name: String
    /// What the function does.
    let effect: GraphEffect
    let inputs: [Place]
    let outputs: [Place]
    /// The slots that no later node reads.
    let released: [Int]
    private let function: GraphFunction

    init(
      name: String, _ effect: GraphEffect, _ function: @escaping GraphFunction, inputs: [Place],
      outputs: [Place], released: [Int] = []
    ) {
      (self.name, self.effect, self.function) = (name, effect, function)
      (self.inputs, self.outputs, self.released) = (inputs, outputs, released)
    }

    /// The same step, with the slots that no later node reads.
    func releasing(_ slots: [Int]) -> Step {
      Step(name: name, effect, function, inputs: inputs, outputs: outputs, released: slots)
    }

    /// The values of the outputs.
    func results(
      _ arguments: [GraphValue?], _ run: inout GraphRun
    ) throws(GraphFailure) -> [GraphValue] {
      try run.charge(GraphRun.nodeWork)
      let results = try function(arguments, &run)
      guard results.count >= outputs.count else {
        throw GraphFailure(expected: "\(results.count) outputs", found: outputs.count)
      }
      return results
    }
  }

  /// The values known before the graph runs.
  private(set) var constants: [GraphValue?] = []
  private(set) var steps: [Step] = []
  private(set) var slotCount = 0
  /// The slots of the graph's inputs, in its order.
  private(set) var inputs: [Int] = []
  /// The places of the graph's outputs, in its order.
  private(set) var outputs: [Place] = []
  /// The values of the enclosing graph that this one reads, with their slots.
  private(set) var captures: [(name: ExactString, slot: Int)] = []

  /// A nested graph as the file has it, and the constants that it reads.
  private(set) var source: (graph: ONNXGraph, known: ExactDictionary<GraphValue>)?

  /// Prepares the graph of a file, whose name is `file` in errors.
  ///
  /// - Throws: `CheckpointError` that names the node, for an operator, an attribute or an input that is not
  ///   supported, and for a name that is defined twice or not at all.
  package init(
    _ model: ONNXModel, file: String, limits: GraphLimits = GraphLimits()
  ) throws(CheckpointError) {
    (self, _) = try Self.prepared(model, file: file, limits: limits)
  }

  /// The same with all values that are known before the graph runs, by their names.
  package static func prepared(
    _ model: ONNXModel, file: String, limits: GraphLimits = GraphLimits()
  ) throws(CheckpointError) -> (program: GraphProgram, known: ExactDictionary<GraphValue>) {
    let version = model.operationSet
    var budget = limits
    budget.work = limits.preparationWork
    budget.elements = min(limits.elements, limits.preparationWork >> 4)
    budget.liveElements = min(limits.liveElements, limits.preparationWork >> 3)
    var preparation = Preparation(version: version, file: file, run: GraphRun(budget))
    guard version >= firstVersion else {
      throw preparation.failure(
        "operator set", "expected version \(firstVersion) or later, found \(version)")
    }
    let program = try GraphProgram(model.graph, in: &preparation, enclosing: [:], names: [])
    return (program, preparation.known)
  }

  /// The first version of the operator set whose arithmetic broadcasts as NumPy does.
  private static let firstVersion = 7

  /// What all nested graphs of a file share while they are prepared.
  struct Preparation {
    let version: Int
    let file: String
    var run: GraphRun
    var nodes = 0
    /// The values of the outermost graph that are known before it runs.
    var known = ExactDictionary<GraphValue>()

    func failure(_ place: String, _ reason: String) -> CheckpointError {
      CheckpointError(file: file, format: "ONNX model", place: place, reason: reason)
    }
  }

  /// Prepares a graph that may be nested: `enclosing` has the constants and `names` the other values around it.
  private init(
    _ graph: ONNXGraph, in preparation: inout Preparation,
    enclosing: [ExactString: GraphValue], names: Set<ExactString>
  ) throws(CheckpointError) {
    var builder = GraphProgramBuilder(enclosing: enclosing, names: names)
    for initializer in graph.initializers {
      try builder.define(
        initializer.name, constant: GraphValue(initializer.array), preparation, "initializer")
    }
    for input in graph.inputs where !builder.isConstant(input.name) {
      inputs.append(try builder.define(input.name, preparation, "input"))
    }
    for node in graph.nodes { try builder.add(node, &preparation) }
    for output in graph.outputs {
      guard let place = builder.place(of: output.name) else {
        throw preparation.failure(
          "output \(output.name)", "expected a result of a node, found no value of this name")
      }
      outputs.append(place)
    }
    preparation.known = builder.known
    if !enclosing.isEmpty || !names.isEmpty { source = (graph, builder.known) }
    (slotCount, captures) = (builder.slotCount, builder.captures)
    steps = Self.needed(builder.steps, for: outputs)
    let read = Set(outputs + steps.flatMap(\.inputs))
    constants = builder.constants.enumerated().map { read.contains(.constant($0)) ? $1 : nil }
  }

  static func nested(
    _ graph: ONNXGraph, in preparation: inout Preparation,
    enclosing: [ExactString: GraphValue], names: Set<ExactString>
  ) throws(CheckpointError) -> GraphProgram {
    try GraphProgram(graph, in: &preparation, enclosing: enclosing, names: names)
  }

  /// The steps that contribute to the outputs, with the slots that each is the last to read.
  private static func needed(_ steps: [Step], for outputs: [Place]) -> [Step] {
    var read = Set(outputs)
    var result: [Step] = []
    for step in steps.reversed() {
      guard step.outputs.contains(where: { read.contains($0) && $0 != .nowhere }) else { continue }
      var released: [Int] = []
      for case .slot(let slot) in step.inputs + step.outputs
      where read.insert(.slot(slot)).inserted { released.append(slot) }
      result.append(step.releasing(released))
    }
    return result.reversed()
  }
}

extension GraphProgram {
  /// Computes the outputs.
  ///
  /// - Parameters:
  ///   - values: the inputs, in the graph's order.
  ///   - captured: the values of ``captures``.
  ///
  /// - Throws: ``GraphNodeFailure``.
  func callAsFunction(
    _ values: [GraphValue], captured: [GraphValue] = [], _ run: inout GraphRun
  ) throws(GraphNodeFailure) -> [GraphValue] {
    var slots = [GraphValue?](repeating: nil, count: slotCount)
    for (capture, value) in zip(captures, captured) { slots[capture.slot] = value }
    try fill(&slots, values, keepsAll: false, &run)
    for value in slots { if let value { run.release(value) } }
    return outputs.compactMap { value(at: $0, slots) }
  }

  /// Computes the values of all slots.
  ///
  /// - Throws: ``GraphNodeFailure``.
  func slots(
    _ values: [GraphValue], _ run: inout GraphRun
  ) throws(GraphNodeFailure) -> [GraphValue?] {
    var slots = [GraphValue?](repeating: nil, count: slotCount)
    try fill(&slots, values, keepsAll: true, &run)
    return slots
  }

  private func fill(
    _ slots: inout [GraphValue?], _ values: [GraphValue], keepsAll: Bool, _ run: inout GraphRun
  ) throws(GraphNodeFailure) {
    for (slot, value) in zip(inputs, values) { slots[slot] = value }
    for value in slots { if let value { run.hold(unlimited: value) } }
    for step in steps {
      do throws(GraphFailure) {
        let results = try step.results(step.inputs.map { value(at: $0, slots) }, &run)
        for (place, value) in zip(step.outputs, results) {
          guard case .slot(let slot) = place else { continue }
          try run.hold(value)
          slots[slot] = value
        }
      } catch {
        throw GraphNodeFailure(node: step.name, reason: error.reason)
      }
      for slot in step.released {
        if let value = slots[slot] { run.release(value) }
        if !keepsAll { slots[slot] = nil }
      }
    }
  }

  func value(at place: Place, _ slots: [GraphValue?]) -> GraphValue? {
    place.value(constants, slots)
  }
}

extension GraphProgram.Place {
  /// The value at the place, among constants and slots.
  func value(_ constants: [GraphValue?], _ slots: [GraphValue?]) -> GraphValue? {
    switch self {
    case .constant(let index): constants[index]
    case .slot(let slot): slots[slot]
    case .nowhere: nil
    }
  }
}

/// Why a node could not be computed, with the node.
struct GraphNodeFailure: Error {
  var node: String
  var reason: String
}
