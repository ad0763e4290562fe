import Checkpoint
import FileCore
import Models
import TensorCore
import Testing

/// From the third call with the same shapes on, a graph runs by a program for these shapes: the numbers stay the same.
@Suite struct RepeatedCallTests {
  private typealias Extents = [ONNXGraph.Value.Extent]

  private static func graph(
    inputs: [(String, Extents)], constants: [(String, StoredArray)] = [], _ nodes: [ONNXNode],
    outputs: [String]
  ) -> ONNXModel {
    var graph = ONNXGraph(name: "repeated")
    graph.inputs = inputs.map { .init($0.0, .float32, $0.1) }
    graph.initializers = constants.map { .init($0.0, $0.1) }
    graph.nodes = nodes
    graph.outputs = outputs.map { .init($0, .float32, nil) }
    return ONNXModel(graph)
  }

  private static func numbers(_ shape: [Int], seed: Int) -> StoredArray {
    let count = shape.reduce(1, *)
    return StoredArray(
      (0..<count).map { Float(($0 * 7 + seed * 13) % 23) / 23 - 0.4 }, shape: shape)
  }

  private static func integers(_ values: Int64...) -> StoredArray {
    StoredArray(values, shape: [values.count])
  }

  /// Calls one model with inputs of these shapes, each time with other numbers, and a new model beside it.
  private func expectSame(
    _ model: ONNXModel, shapes: [[String: [Int]]],
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let repeated = try GraphModel(model)
    for (call, shapes) in shapes.enumerated() {
      var inputs = ExactDictionary<StoredArray>()
      for (name, shape) in shapes { inputs[name] = Self.numbers(shape, seed: call) }
      let expected = try GraphModel(model)(inputs)
      #expect(try repeated(inputs) == expected, "call \(call)", sourceLocation: sourceLocation)
    }
  }

  /// An LSTM's step spelled out, with states taken out of one array and put back into it.
  private static let spelledOut = graph(
    inputs: [("x", [.named("b"), .fixed(8)]), ("state", [.named("b"), .fixed(2), .fixed(2)])],
    constants: [
      ("starts", integers(1)), ("second", integers(2)), ("axis", integers(2)),
      ("first", integers(0)),
      ("one", integers(1)), ("bias", numbers([8], seed: 5)), ("scale", StoredArray(Float(0.5))),
      ("weight", numbers([2, 8], seed: 3)),
    ],
    [
      ONNXNode("Slice", ["state", "first", "one", "axis"], ["hidden3"]),
      ONNXNode("Slice", ["state", "starts", "second", "axis"], ["cell3"]),
      ONNXNode("Squeeze", ["hidden3", "axis"], ["hidden"]),
      ONNXNode("Squeeze", ["cell3", "axis"], ["cell"]),
      ONNXNode("MatMul", ["hidden", "weight"], ["recurrent"]),
      ONNXNode("Add", ["x", "recurrent"], ["sum"]),
      ONNXNode("Add", ["sum", "bias"], ["gates"]),
      ONNXNode("Split", ["gates"], ["i", "f", "g", "o"], attributes: ["axis": .integer(1)]),
      ONNXNode("Sigmoid", ["i"], ["input"]), ONNXNode("Sigmoid", ["f"], ["forget"]),
      ONNXNode("Tanh", ["g"], ["candidate"]), ONNXNode("Sigmoid", ["o"], ["out"]),
      ONNXNode("Mul", ["forget", "cell"], ["kept"]),
      ONNXNode("Mul", ["input", "candidate"], ["added"]),
      ONNXNode("Add", ["kept", "added"], ["newCell"]), ONNXNode("Tanh", ["newCell"], ["shown"]),
      ONNXNode("Mul", ["out", "shown"], ["newHidden"]),
      ONNXNode("Mul", ["newHidden", "scale"], ["y"]),
      ONNXNode("Unsqueeze", ["newHidden", "axis"], ["hiddenColumn"]),
      ONNXNode("Unsqueeze", ["newCell", "axis"], ["cellColumn"]),
      ONNXNode(
        "Concat", ["hiddenColumn", "cellColumn"], ["newState"], attributes: ["axis": .integer(2)]),
    ], outputs: ["y", "newState", "gates"])

  @Test func aCellSpelledOut() throws {
    func call(_ batch: Int) -> [String: [Int]] { ["x": [batch, 8], "state": [batch, 2, 2]] }
    try expectSame(
      Self.spelledOut,
      shapes: [1, 1, 1, 1, 3, 3, 3, 1, 3, 2, 2, 2, 4, 4, 4, 5, 5, 5, 1, 1, 1].map(call))
  }

  /// Rows, columns and single numbers that are repeated, in groups of several widths, and values that are computed from them.
  @Test func repeatedOperands() throws {
    let model = Self.graph(
      inputs: [("x", [.named("r"), .fixed(3), .fixed(4)])],
      constants: [("row", Self.numbers([4], seed: 1)), ("matrix", Self.numbers([3, 4], seed: 2))],
      [
        ONNXNode("ReduceMean", ["x"], ["mean"], attributes: ["axes": .integers([2])]),
        ONNXNode("Sub", ["x", "mean"], ["centered"]),
        ONNXNode("Mul", ["centered", "centered"], ["squares"]),
        ONNXNode("ReduceMean", ["squares"], ["variance"], attributes: ["axes": .integers([2])]),
        ONNXNode("Sqrt", ["variance"], ["deviation"]),
        ONNXNode("Div", ["centered", "deviation"], ["normal"]),
        ONNXNode("Mul", ["normal", "row"], ["scaled"]),
        ONNXNode("Add", ["scaled", "matrix"], ["shifted"]),
        ONNXNode("Relu", ["shifted"], ["y"]),
      ], outputs: ["y", "deviation"])
    try expectSame(model, shapes: [2, 2, 2, 2, 1, 1, 1].map { ["x": [$0, 3, 4]] })
  }

  /// Moved elements: reversed, transposed, padded by mirroring and with a number, picked by constant and by computed places.
  @Test func movedElements() throws {
    let model = Self.graph(
      inputs: [("x", [.named("n"), .fixed(5)])],
      constants: [
        ("last", Self.integers(-1)), ("front", Self.integers(-9)), ("axis", Self.integers(1)),
        ("back", Self.integers(-1)), ("pads", Self.integers(0, 2, 0, 1)),
        ("places", Self.integers(3, 0, 3)), ("minusOne", Self.integers(-1)),
      ],
      [
        ONNXNode("Slice", ["x", "last", "front", "axis", "back"], ["reversed"]),
        ONNXNode("Transpose", ["reversed"], ["turned"]),
        ONNXNode("Gather", ["turned", "places"], ["picked"]),
        ONNXNode("Pad", ["x", "pads"], ["mirrored"], attributes: ["mode": .text("reflect")]),
        ONNXNode("Pad", ["x", "pads"], ["padded"]),
        ONNXNode("Shape", ["x"], ["shape"]),
        ONNXNode("Reshape", ["turned", "shape"], ["again"]),
        ONNXNode("Add", ["again", "x"], ["sum"]),
        ONNXNode("Reshape", ["sum", "minusOne"], ["flat"]),
        ONNXNode("Tanh", ["flat"], ["squashed"]),
        ONNXNode(
          "ArgMax", ["x"], ["best"], attributes: ["axis": .integer(1), "keepdims": .integer(0)]),
        ONNXNode("Gather", ["turned", "best"], ["chosen"]),
      ], outputs: ["reversed", "picked", "mirrored", "padded", "squashed", "again", "chosen"])
    try expectSame(model, shapes: [3, 3, 3, 3, 4, 4, 4, 1, 1, 1, 1].map { ["x": [$0, 5]] })
  }

  /// Shapes that depend on numbers: places of what is not 0, sizes that are computed, and what is computed from them.
  @Test func shapesMayDependOnNumbers() throws {
    let model = Self.graph(
      inputs: [("x", [.fixed(6)])],
      constants: [
        ("zero", StoredArray(Float(0))), ("axis", Self.integers(0)),
        ("half", StoredArray(Float(0.5))),
        ("one", StoredArray(Int64(1))), ("none", StoredArray(Int64(0))),
      ],
      [
        ONNXNode("Relu", ["x"], ["positive"]),
        ONNXNode("NonZero", ["positive"], ["places"]),
        ONNXNode("Shape", ["places"], ["placesShape"]),
        ONNXNode("Cast", ["placesShape"], ["shape"], attributes: ["to": .integer(1)]),
        ONNXNode("Cast", ["places"], ["numbers"], attributes: ["to": .integer(1)]),
        ONNXNode("Mul", ["numbers", "half"], ["halves"]),
        ONNXNode("Tanh", ["halves"], ["squashed"]),
        ONNXNode("Greater", ["x", "zero"], ["isPositive"]),
        ONNXNode("Compress", ["x", "isPositive"], ["kept"], attributes: ["axis": .integer(0)]),
        ONNXNode("Neg", ["kept"], ["negated"]),
        ONNXNode("Shape", ["negated"], ["keptShape"]),
        ONNXNode("Cast", ["keptShape"], ["count"], attributes: ["to": .integer(1)]),
        ONNXNode(
          "ReduceSum", ["positive", "axis"], ["sum"], attributes: ["keepdims": .integer(0)]),
        ONNXNode("Cast", ["sum"], ["whole"], attributes: ["to": .integer(7)]),
        ONNXNode("Range", ["none", "whole", "one"], ["range"]),
        ONNXNode("Cast", ["range"], ["steps"], attributes: ["to": .integer(1)]),
        ONNXNode("Sub", ["steps", "half"], ["shifted"]),
      ], outputs: ["shape", "squashed", "negated", "count", "shifted"])
    let repeated = try GraphModel(model)
    let calls: [[Float]] = [
      [1, 0, 2, 0, 0, 0], [1, 0, 2, 0, 0, 0], [0, 1, 2, 0, 0, 0], [1, 1, 1, 1, 1, 1],
      [0, 0, 0, 0, 0, 0], [3, -1, 2, -2, 0, 4], [1, 0, 2, 0, 0, 0], [-1, -1, -1, -1, 9, -1],
    ]
    for (number, call) in calls.enumerated() {
      let inputs: ExactDictionary<StoredArray> = ["x": StoredArray(call)]
      #expect(try repeated(inputs) == GraphModel(model)(inputs), "call \(number)")
    }
  }

  /// What fails because of the numbers fails with the same words in every call.
  @Test func failuresStayTheSame() throws {
    let model = Self.graph(
      inputs: [("x", [.fixed(2)])],
      [
        ONNXNode("Cast", ["x"], ["place"], attributes: ["to": .integer(7)]),
        ONNXNode("Gather", ["x", "place"], ["picked"]), ONNXNode("Neg", ["picked"], ["y"]),
      ], outputs: ["y"])
    let graph = try GraphModel(model)
    func message(_ a: Float, _ b: Float) -> String {
      do {
        return "\(try graph(["x": StoredArray([a, b])])["y"]?.floats ?? [])"
      } catch { return "\(error)" }
    }
    for _ in 0..<4 { #expect(message(1, 0) == "[-0.0, -1.0]") }
    let failure = message(1, 2)
    #expect(failure.contains("Gather picked: expected an index of 2 places, found 2"))
    #expect(message(0, 1) == "[-0.0, -1.0]")
  }

  /// Streams of several shapes go on side by side, on several threads.
  @Test func manyThreadsCallOneModel() throws {
    let graph = try GraphModel(Self.spelledOut, states: [.init("state", "newState")])
    let results = ThreadTeam.map(Array(1...8)) { batch -> [Float] in
      var session = GraphSession(graph)
      var last: [Float] = []
      for call in 0..<12 {
        let x = Self.numbers([batch, 8], seed: call)
        last = (try? session.run(["x": x])["y"]?.floats) ?? []
      }
      return last
    }
    for (index, found) in results.enumerated() {
      let batch = index + 1
      var state = StoredArray([Float](repeating: 0, count: batch * 4), shape: [batch, 2, 2])
      var last: [Float] = []
      for call in 0..<12 {
        let results = try GraphModel(Self.spelledOut)(
          ["x": Self.numbers([batch, 8], seed: call), "state": state])
        last = try #require(results["y"]).floats
        state = try #require(results["newState"])
      }
      #expect(found == last && last.count == batch * 2)
    }
  }
}
