public import Checkpoint
import FileCore

/// A model whose computation is a graph of ONNX operators: arrays in, arrays out.
///
/// ```swift
/// let model = try GraphModel(ONNXModel(path: "denoiser.onnx"), states: [.init("state", "new_state")])
/// var session = GraphSession(model)
/// for frame in frames { print(try session.run(["samples": frame])["mask"]!.floats) }
/// ```
///
/// The graph is executed as the file says: every input of every node is a constant, an input of the graph or the
/// result of an earlier node. Operators, attributes and types that are not supported are refused by name when the model
/// is made. Recurrent nodes run as compiled cells; products keep their weights packed. The second call in a row with inputs of
/// the same shapes makes a program for these shapes, which later calls use: it computes the same numbers in less time.
///
/// A *state* is an input that takes the value of an output of the call before; see ``GraphSession``.
public struct GraphModel: Sendable {
  /// An input and the output whose value it takes in the next call.
  public struct State: Sendable, Hashable, Codable {
    /// The input's name.
    public var input: String
    /// The output's name.
    public var output: String

    /// An input that takes the value of an output.
    public init(_ input: String, _ output: String) { (self.input, self.output) = (input, output) }
  }

  /// The inputs that the file has no value for, with the states among them.
  public let inputs: [ONNXGraph.Value]
  /// The outputs.
  public let outputs: [ONNXGraph.Value]
  /// The states.
  public let states: [State]
  /// The places of the states among the inputs and among the outputs.
  private(set) var statePlaces: [(input: Int, output: Int)] = []

  /// The name of the file in errors.
  let file: String
  private let program: GraphProgram
  private let specialized = SpecializedPrograms()
  private let limits: GraphLimits

  /// The metadata entry that names the states: a JSON object of inputs and their outputs.
  static let statesKey = "states"

  /// A model of a graph.
  ///
  /// - Parameters:
  ///   - model: the file's content.
  ///   - states: the states; nil for those that the file names in its metadata.
  ///   - file: the name of the file in errors.
  ///   - limits: limits on what a call may use.
  /// - Throws: `CheckpointError` that names the node, the input or the state.
  public init(
    _ model: ONNXModel, states: [State]? = nil, file: String = "graph",
    limits: GraphLimits = GraphLimits()
  ) throws(CheckpointError) {
    program = try GraphProgram(model, file: file, limits: limits)
    let known = Set(model.graph.initializers.map { ExactString($0.name) })
    inputs = model.graph.inputs.filter { !known.contains(ExactString($0.name)) }
    outputs = model.graph.outputs
    (self.file, self.limits) = (file, limits)
    if let states {
      self.states = states
    } else {
      self.states = try Self.states(in: model, file: file)
    }
    statePlaces = try checkedPlaces()
  }

  /// Computes the outputs of inputs; each has its declared type and shape.
  ///
  /// - Throws: `CheckpointError` that names the input or the node, what was expected and what was found.
  public func callAsFunction(
    _ arrays: ExactDictionary<StoredArray>
  ) throws(CheckpointError) -> ExactDictionary<StoredArray> {
    named(try results(of: try values(of: arrays)))
  }

  /// The values of arrays, in the order of the inputs; nil where there is none.
  func values(
    of arrays: ExactDictionary<StoredArray>
  ) throws(CheckpointError) -> [GraphValue?] {
    var found = 0
    var values: [GraphValue?] = []
    for input in inputs {
      let array = arrays[input.name]
      if array != nil { found += 1 }
      values.append(
        try array.map { (array) throws(CheckpointError) in try value(of: array, for: input) })
    }
    if found < arrays.count {
      let known = Set(inputs.map { ExactString($0.name) })
      let other = arrays.keys.first { !known.contains(ExactString($0)) } ?? ""
      throw failure("input \(other)", "expected one of \(list(inputs)), found another one")
    }
    return values
  }

  /// The results, in the order of the outputs, of values in the order of the inputs.
  func results(of values: [GraphValue?]) throws(CheckpointError) -> [GraphValue] {
    var arguments: [GraphValue] = []
    for (input, value) in zip(inputs, values) {
      guard let value else {
        throw failure("input \(input.name)", "expected \(input.text), found none")
      }
      arguments.append(value)
    }
    var run = GraphRun(limits)
    do throws(GraphNodeFailure) {
      if let special = specialized.program(for: arguments) {
        if let results = try special(arguments, &run) { return results }
        run = GraphRun(limits)
        return try program(arguments, &run)
      }
    } catch {
      throw failure(error.node, error.reason)
    }
    var sizes: [String: Int] = [:]
    for (input, value) in zip(inputs, arguments) { try input.check(value, &sizes, in: self) }
    do throws(GraphNodeFailure) {
      return try specialized.run(program, arguments, &run)
    } catch {
      throw failure(error.node, error.reason)
    }
  }

  /// Results under the names of the outputs.
  func named(_ results: [GraphValue]) -> ExactDictionary<StoredArray> {
    var named = ExactDictionary<StoredArray>(minimumCapacity: outputs.count)
    for (output, value) in zip(outputs, results) { named[output.name] = value.array }
    return named
  }

  func failure(_ place: String, _ reason: String) -> CheckpointError {
    CheckpointError(file: file, format: "ONNX model", place: place, reason: reason)
  }

  private func list(_ values: [ONNXGraph.Value]) -> String {
    values.map(\.name).listed()
  }
}

// MARK: States

extension GraphModel {
  /// The states that a file names in its metadata, as files of this library do.
  public static func states(
    in model: ONNXModel, file: String = "graph"
  ) throws(CheckpointError) -> [State] {
    guard let text = model.metadata[statesKey] else { return [] }
    func failure(_ reason: String) -> CheckpointError {
      CheckpointError(
        file: file, format: "ONNX model", place: "metadata \(statesKey)", reason: reason)
    }
    let value: JSONValue
    do throws(JSONError) {
      value = try JSONValue(parsing: Array(text.utf8), maximumDepth: 2)
    } catch {
      throw failure("byte \(error.offset): \(error.problem)")
    }
    guard case .object(let members) = value else {
      throw failure("expected a JSON object of inputs and outputs, found \(value.text)")
    }
    var states: [State] = []
    for (input, output) in members.sorted(by: { $0.key < $1.key }) {
      guard case .string(let name) = output else {
        throw failure("\(input): expected an output's name, found \(output.text)")
      }
      states.append(State(input.string, name))
    }
    return states
  }

  /// The places of the states, which must be inputs and outputs of the same type and shape, each input once.
  private func checkedPlaces() throws(CheckpointError) -> [(input: Int, output: Int)] {
    var places: [(input: Int, output: Int)] = []
    for state in states {
      let place = "state \(state.input)=\(state.output)"
      guard
        let own = inputs.firstIndex(where: { ExactString($0.name) == ExactString(state.input) })
      else { throw failure(place, "expected an input, one of \(list(inputs))") }
      guard
        let new = outputs.firstIndex(where: { ExactString($0.name) == ExactString(state.output) })
      else { throw failure(place, "expected an output, one of \(list(outputs))") }
      let (input, output) = (inputs[own], outputs[new])
      guard input.elementType == output.elementType, input.fits(output) else {
        throw failure(place, "expected \(input.text), found \(output.text)")
      }
      guard !places.contains(where: { $0.input == own }) else {
        throw failure(place, "the input is a state twice")
      }
      places.append((own, new))
    }
    return places
  }

  /// The first value of a state: zeros. Axes of open size take the size of an axis of the same name in other inputs.
  func zeros(
    for input: ONNXGraph.Value, beside values: [GraphValue?]
  ) throws(CheckpointError) -> GraphValue {
    var sizes: [String: Int] = [:]
    for (other, value) in zip(inputs, values) {
      for (extent, size) in zip(other.shape ?? [], value?.shape ?? []) {
        if case .named(let name) = extent, !name.isEmpty { sizes[name] = size }
      }
    }
    guard let extents = input.shape else {
      throw failure("input \(input.name)", "expected a first value, since its shape is open")
    }
    var shape: [Int] = []
    for (axis, extent) in extents.enumerated() {
      switch extent {
      case .fixed(let size): shape.append(size)
      case .named(let name):
        guard let size = sizes[name] else {
          throw failure(
            "input \(input.name)", "expected a first value, since the size of axis \(axis) is open")
        }
        shape.append(size)
      }
    }
    do throws(GraphFailure) {
      let count = try GraphRun.count(of: shape, atMost: limits.elements)
      let zeros = GraphValue([Int64](repeating: 0, count: count), shape: shape)
      return zeros.converted(to: input.elementType)
    } catch {
      throw failure("input \(input.name)", error.reason)
    }
  }

  /// A given array as an input's value.
  func value(
    of array: StoredArray, for input: ONNXGraph.Value
  ) throws(CheckpointError) -> GraphValue {
    guard array.elementType == input.elementType else {
      throw failure(
        "input \(input.name)",
        "expected \(input.text), found \(array.elementType) of shape \(array.shape)")
    }
    return GraphValue(array)
  }
}

extension ONNXGraph.Value {
  /// For example `float32 [batch, 257]`.
  package var text: String {
    guard let shape else { return "\(elementType)" }
    let extents = shape.map { extent in
      switch extent {
      case .fixed(let size): "\(size)"
      case .named(let name): name.isEmpty ? "?" : name
      }
    }
    return "\(elementType) [\(extents.joined(separator: ", "))]"
  }

  /// Whether both can have one shape.
  fileprivate func fits(_ other: ONNXGraph.Value) -> Bool {
    guard let shape, let others = other.shape else { return true }
    return shape.count == others.count
      && zip(shape, others).allSatisfy { own, other in
        if case .fixed(let a) = own, case .fixed(let b) = other { a == b } else { true }
      }
  }

  /// Checks a value's type and shape; `sizes` has the sizes of the named axes so far.
  fileprivate func check(
    _ value: GraphValue, _ sizes: inout [String: Int], in model: GraphModel
  ) throws(CheckpointError) {
    func failure() -> CheckpointError {
      let known = sizes.sorted(by: { $0.key < $1.key }).map { "\($0.key) = \($0.value)" }
      return model.failure(
        "input \(name)",
        "expected \(text)\(known.isEmpty ? "" : " with \(known.listed())"), "
          + "found \(value.elementType) of shape \(value.shape)")
    }
    guard value.elementType == elementType else { throw failure() }
    guard let shape else { return }
    guard shape.count == value.rank else { throw failure() }
    for (extent, size) in zip(shape, value.shape) {
      switch extent {
      case .fixed(let expected): guard size == expected else { throw failure() }
      case .named(let name):
        guard !name.isEmpty else { continue }
        guard sizes[name] ?? size == size else { throw failure() }
        sizes[name] = size
      }
    }
  }
}
