import Checkpoint
import FileCore
import Models
import TensorCore
import Testing

/// Graphs of ONNX operators: values by hand, states, limits and errors.
@Suite struct GraphModelTests {
  /// y = x * weight + state, new_state = y.
  private static func accumulator() -> ONNXModel {
    var graph = ONNXGraph(name: "accumulator")
    graph.inputs = [
      .init("x", .float32, [.fixed(1), .fixed(2)]),
      .init("state", .float32, [.fixed(1), .fixed(2)]),
    ]
    graph.initializers = [.init("weight", StoredArray([2, 3] as [Float], shape: [1, 2]))]
    graph.nodes = [
      ONNXNode("Mul", ["x", "weight"], ["scaled"]),
      ONNXNode("Add", ["scaled", "state"], ["y"]),
      ONNXNode("Identity", ["y"], ["new_state"]),
    ]
    graph.outputs = [
      .init("y", .float32, [.fixed(1), .fixed(2)]),
      .init("new_state", .float32, [.fixed(1), .fixed(2)]),
    ]
    return ONNXModel(graph)
  }

  private static let states = [GraphModel.State("state", "new_state")]

  private func row(_ a: Float, _ b: Float) -> StoredArray { StoredArray([a, b], shape: [1, 2]) }

  @Test func statesAreCarriedFromCallToCall() throws {
    var session = GraphSession(try GraphModel(Self.accumulator(), states: Self.states))
    #expect(try session.run(["x": row(1, 1)])["y"]?.floats == [2, 3])
    #expect(try session.run(["x": row(1, 0)])["y"]?.floats == [4, 3])
    #expect(try session.run(["x": row(0, 0), "state": row(7, 7)])["y"]?.floats == [7, 7])
    session.reset()
    #expect(try session.run(["x": row(0, 1)])["y"]?.floats == [0, 3])
  }

  /// Calls behind one another, in one array, are the calls one by one.
  @Test func anAxisInFrontIsThatOfTheCalls() throws {
    let model = try GraphModel(Self.accumulator(), states: Self.states)
    var session = GraphSession(model)
    let all = try session.runAll([
      "x": StoredArray([1, 1, 1, 0, 0, 0] as [Float], shape: [3, 1, 2])
    ])
    #expect(all["y"]?.shape == [3, 1, 2])
    #expect(all["y"]?.floats == [2, 3, 4, 3, 4, 3])
    #expect(all["new_state"]?.shape == [1, 2] && all["new_state"]?.floats == [4, 3])
    var single = GraphSession(model)
    let one = try single.runAll(["x": StoredArray([1, 1] as [Float], shape: [1, 1, 2])])
    #expect(one["y"]?.shape == [1, 1, 2])
  }

  @Test func aFileNamesItsStates() throws {
    var model = Self.accumulator()
    model.metadata["states"] = #"{"state":"new_state"}"#
    #expect(try GraphModel(model).states == Self.states)
    model.metadata["states"] = #"{"state":"other"}"#
    #expect(
      message(of: model).contains("state state=other: expected an output, one of y, new_state"))
    model.metadata["states"] = "[]"
    #expect(message(of: model).contains("metadata states: expected a JSON object"))
  }

  @Test func aSavedGraphComesBack() throws {
    let saved = try SavedGraphModel(Self.accumulator(), states: Self.states)
    var checkpoint = Checkpoint()
    try saved.write(to: &checkpoint)
    let bytes = try checkpoint.encoded()
    let reader = try CheckpointReader(bytes: bytes)
    #expect(try SavedModelKind(reading: reader) == .graph)
    #expect(reader.contains(.configuration, "package"))
    let again = try SavedGraphModel(reading: reader)
    #expect(again.model.states == Self.states && again.summary == saved.summary)
    var session = GraphSession(again.model)
    #expect(try session.run(["x": row(1, 1)])["y"]?.floats == [2, 3])
    var copy = Checkpoint()
    try again.write(to: &copy)
    #expect(try copy.encoded() == bytes)
    #expect(throws: CheckpointError.self) { _ = try SavedLanguageModel(reading: reader) }
  }

  private func message(of model: ONNXModel, limits: GraphLimits = GraphLimits()) -> String {
    do {
      _ = try GraphModel(model, file: "model.onnx", limits: limits)
      return "made"
    } catch {
      return "\(error)"
    }
  }

  /// Names that are defined twice or not at all, operators and attributes that are not known.
  @Test(arguments: [
    ("twice", "initializer weight: expected a name of its own"),
    ("result", "Add y: output scaled: expected a name of its own"),
    (
      "unknown",
      "Mul scaled: expected an input, the result of an earlier node or a constant, found z"
    ),
    ("late", "Mul scaled: expected an input, the result of an earlier node or a constant, found y"),
    ("operator", "NonMaxSuppression scaled: the operator is not supported"),
    ("domain", "Mul scaled: the operator of com.example is not supported"),
    ("attribute", "Mul scaled: teapot: the attribute is not supported"),
    ("inputs", "Mul scaled: more inputs than the operator has: 3"),
    ("output", "output nothing: expected a result of a node"),
    ("version", "operator set: expected version 7 or later, found 6"),
  ])
  func whatIsNotSupportedIsRefusedByName(_ change: String, _ expected: String) {
    var model = Self.accumulator()
    switch change {
    case "twice": model.graph.initializers.append(model.graph.initializers[0])
    case "result": model.graph.nodes[1].outputs = ["scaled"]
    case "unknown": model.graph.nodes[0].inputs = ["x", "z"]
    case "late": model.graph.nodes[0].inputs = ["x", "y"]
    case "operator": model.graph.nodes[0].operation = "NonMaxSuppression"
    case "domain": model.graph.nodes[0].domain = "com.example"
    case "attribute": model.graph.nodes[0].attributes["teapot"] = .integer(1)
    case "inputs": model.graph.nodes[0].inputs.append("x")
    case "output": model.graph.outputs[0].name = "nothing"
    default: model.operationSet = 6
    }
    if change == "result" { model.graph.nodes[1].name = "y" }
    let found = message(of: model)
    #expect(found.contains("model.onnx: ONNX model: \(expected)"), "\(found)")
  }

  @Test func wrongInputsAreNamed() throws {
    let model = try GraphModel(Self.accumulator())
    func message(_ arrays: ExactDictionary<StoredArray>) -> String {
      do { return "\(try model(arrays).count) outputs" } catch { return "\(error)" }
    }
    #expect(message(["x": row(1, 1)]).contains("input state: expected float32 [1, 2], found none"))
    #expect(
      message(["x": row(1, 1), "state": row(0, 0), "z": row(0, 0)])
        .contains("input z: expected one of x, state, found another one"))
    #expect(
      message(["x": StoredArray([1, 2, 3] as [Float], shape: [1, 3]), "state": row(0, 0)])
        .contains("input x: expected float32 [1, 2], found float32 of shape [1, 3]"))
    #expect(
      message(["x": StoredArray([1, 2] as [Double], shape: [1, 2]), "state": row(0, 0)])
        .contains("input x: expected float32 [1, 2], found float64 of shape [1, 2]"))
  }

  /// Sizes are data: none of them may take memory or time beyond the limits.
  @Test(arguments: ["Expand", "ConstantOfShape", "Range", "Reshape", "Pad"])
  func sizesFromOutsideAreLimited(_ operation: String) throws {
    var graph = ONNXGraph(name: "large")
    graph.inputs = [.init("sizes", .int64, [.named("n")]), .init("one", .int64, [])]
    graph.outputs = [.init("y", .float32, nil)]
    graph.initializers = [.init("x", StoredArray([1] as [Float]))]
    switch operation {
    case "Expand", "Reshape": graph.nodes = [ONNXNode(operation, ["x", "sizes"], ["y"])]
    case "ConstantOfShape": graph.nodes = [ONNXNode(operation, ["sizes"], ["y"])]
    case "Pad": graph.nodes = [ONNXNode(operation, ["x", "sizes"], ["y"])]
    case "Range":
      graph.initializers.append(.init("zero", StoredArray(Int64(0))))
      graph.initializers.append(.init("step", StoredArray(Int64(1))))
      graph.nodes = [ONNXNode(operation, ["zero", "one", "step"], ["y"])]
    default: graph.nodes = [ONNXNode(operation, ["x", "sizes"], ["y"])]
    }
    guard let model = try? GraphModel(ONNXModel(graph)) else { return }
    for size in [Int64.max, Int64.max / 2, 1 << 40, -1, Int64.min] {
      // An empty range, and a size that is left open.
      if size < 0, operation == "Range" || operation == "Reshape" && size == -1 { continue }
      for count in [1, 2, 8] {
        let sizes = StoredArray([Int64](repeating: size, count: count), shape: [count])
        #expect(throws: CheckpointError.self, "\(operation) \(size)") {
          _ = try model(["sizes": sizes, "one": StoredArray(operation == "Range" ? size : 1)])
        }
      }
    }
  }

  /// A chain of operations whose results double comes to the limit of work or of memory, with the node's name.
  @Test func workIsLimited() throws {
    var graph = ONNXGraph(name: "work")
    graph.inputs = [.init("x", .float32, [.fixed(64), .fixed(64)])]
    graph.outputs = [.init("y20", .float32, nil)]
    for index in 0...20 {
      let value = index == 0 ? "x" : "y\(index - 1)"
      graph.nodes.append(ONNXNode("MatMul", [value, value], ["y\(index)"]))
    }
    var limits = GraphLimits()
    limits.work = 10 * 64 * 64 * 64
    let model = try GraphModel(ONNXModel(graph), file: "work.onnx", limits: limits)
    let x = StoredArray([Float](repeating: 0, count: 4096), shape: [64, 64])
    do {
      _ = try model(["x": x])
      Issue.record("no limit")
    } catch {
      #expect("\(error)".contains("MatMul y9: expected at most"), "\(error)")
    }
    limits = GraphLimits()
    limits.liveElements = 3 * 4096
    #expect(throws: Never.self) {
      _ = try GraphModel(ONNXModel(graph), limits: limits)(["x": x])
    }
  }

  @Test func jsonComesInAndGoesOut() throws {
    var session = GraphSession(try GraphModel(Self.accumulator(), states: Self.states))
    let first = try session.run(session.arrays(reading: "[[1, 1]]"))
    #expect(session.json(first).text == #"{"y":[[2.0,3.0]]}"#)
    let second = try session.run(session.arrays(reading: #"{"x": [[0.5, 0]]}"#))
    #expect(session.json(second).text == #"{"y":[[3.0,3.0]]}"#)
    for (line, reason) in [
      ("[[1, 2], [3]]", "lists of different lengths"),
      (#"{"z": 1}"#, "expected inputs of x, state"),
      (#"[["1", 2]]"#, "or no number"), ("[[1,", "expected JSON"),
    ] {
      do {
        _ = try session.arrays(reading: line)
        Issue.record("accepted \(line)")
      } catch { #expect("\(error)".contains(reason), "\(error)") }
    }
  }

  /// A half-precision model computes in float32 and rounds after each node.
  @Test(arguments: [ElementType.float16, .bfloat16])
  func halvesAreRounded(_ type: ElementType) throws {
    var graph = ONNXGraph(name: "half")
    graph.inputs = [.init("x", .float32, [.fixed(4)])]
    graph.outputs = [.init("y", type, [.fixed(4)]), .init("z", .float32, [.fixed(4)])]
    graph.nodes = [
      ONNXNode("Cast", ["x"], ["y"], attributes: ["to": .integer(type == .float16 ? 10 : 16)]),
      ONNXNode("Cast", ["y"], ["z"], attributes: ["to": .integer(1)]),
    ]
    let values: [Float] = [0.1, 65519, 1e-7, -3.14159]
    let result = try GraphModel(ONNXModel(graph))(["x": StoredArray(values)])
    let expected: [Float] =
      type == .float16
      ? [0.0999755859375, 65504, 1.1920929e-07, -3.140625]
      : [0.10009765625, 65536, 1.0011717677116394e-07, -3.140625]
    #expect(result["z"]?.floats == expected)
    #expect(result["y"]?.floats == expected && result["y"]?.elementType == type)
  }
}
