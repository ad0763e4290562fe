import Checkpoint
import FileCore
import Models
import Testing

/// Loops of graphs: counts, conditions, carried and captured values, outputs of each iteration.
@Suite struct GraphLoopTests {
  /// sum += step; goes on while the sum is below the limit; an output of each iteration: the sum times its number.
  private static func model(count: String = "count", condition: String = "goesOn") -> ONNXModel {
    var body = ONNXGraph(name: "body")
    body.inputs = [
      .init("number", .int64, []), .init("before", .bool, []), .init("sum", .float32, []),
    ]
    body.nodes = [
      ONNXNode("Add", ["sum", "step"], ["next"]), ONNXNode("Less", ["next", "limit"], ["again"]),
      ONNXNode("Cast", ["number"], ["factor"], attributes: ["to": .integer(1)]),
      ONNXNode("Mul", ["next", "factor"], ["shown"]),
    ]
    body.outputs = [
      .init("again", .bool, []), .init("next", .float32, []), .init("shown", .float32, []),
    ]
    var graph = ONNXGraph(name: "loop")
    graph.inputs = [
      .init("count", .int64, []), .init("goesOn", .bool, []), .init("limit", .float32, []),
      .init("step", .float32, []),
    ]
    graph.initializers = [.init("start", StoredArray(Float(1)))]
    graph.nodes = [
      ONNXNode(
        "Loop", [count, condition, "start"], ["last", "all"], attributes: ["body": .graph(body)])
    ]
    graph.outputs = [.init("last", .float32, []), .init("all", .float32, nil)]
    return ONNXModel(graph)
  }

  private func run(
    _ model: ONNXModel, count: Int64 = 100, goesOn: UInt8 = 1, limit: Float = 6,
    limits: GraphLimits = GraphLimits()
  ) throws -> (last: [Float]?, all: [Float]?) {
    let results = try GraphModel(model, file: "loop.onnx", limits: limits)([
      "count": StoredArray(count), "goesOn": .truths([goesOn], []), "limit": StoredArray(limit),
      "step": StoredArray(Float(2)),
    ])
    return (results["last"]?.floats, results["all"]?.floats)
  }

  @Test func countsAndConditionsEndIt() throws {
    let both = Self.model()
    var found = try run(both)
    #expect(found.last == [7] && found.all == [0, 5, 14])
    found = try run(both, count: 2)
    #expect(found.last == [5] && found.all == [0, 5])
    found = try run(both, goesOn: 0)
    #expect(found.last == [1] && found.all == [])
    found = try run(both, count: -3)
    #expect(found.last == [1] && found.all == [])
    // Without the condition that of the body is not used, without the count it is alone.
    found = try run(Self.model(condition: ""), count: 4)
    #expect(found.last == [9] && found.all == [0, 5, 14, 27])
    found = try run(Self.model(count: ""), count: 0)
    #expect(found.last == [7] && found.all == [0, 5, 14])
  }

  /// More iterations than one block of outputs has.
  @Test func outputsOfManyIterations() throws {
    let found = try run(Self.model(), count: 3000, limit: .infinity)
    #expect(found.last == [6001])
    let expected: [Float] = (0..<3000).map { number in Float(number) * Float(3 + 2 * number) }
    #expect(found.all == expected)
  }

  @Test func whatHasNoEndIsRefused() throws {
    func message(_ model: ONNXModel, _ limits: GraphLimits = GraphLimits()) -> String {
      do { return "\(try run(model, count: .max, limit: .infinity, limits: limits))" } catch {
        return "\(error)"
      }
    }
    #expect(
      message(Self.model(count: "", condition: ""))
        .contains("Loop last: a loop without a count and a condition has no end"))
    var limits = GraphLimits()
    limits.work = 1 << 20
    #expect(message(Self.model(), limits).contains("operations in a call, found more"))
    limits = GraphLimits()
    limits.elements = 1000
    #expect(message(Self.model(), limits).contains("expected at most 1000 elements"))
    var model = Self.model()
    model.graph.nodes[0].inputs.append("start")
    #expect(
      message(model).contains("expected a body of 4 inputs and 3 outputs or more, found 3 and 3"))
    model = Self.model(condition: "limit")
    #expect(message(model).contains("expected a condition of one bool, found float32 of shape []"))
  }
}
