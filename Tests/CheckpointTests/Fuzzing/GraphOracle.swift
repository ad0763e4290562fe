import Checkpoint
import FileCore
import Models

/// The laws of graphs: what is accepted is computed within the limits, each time to the same bits.
enum GraphOracle {
  private static let limits: GraphLimits = {
    var limits = GraphLimits()
    limits.nodes = 64
    limits.elements = 1 << 12
    limits.liveElements = 1 << 14
    limits.work = 1 << 17
    limits.preparationWork = 1 << 16
    return limits
  }()

  static func check(_ bytes: [UInt8]) -> FuzzedFormat.Outcome {
    guard let model = try? ONNXModel(bytes: bytes, limits: FuzzedFormat.limits),
      let graph = try? GraphModel(model, states: [], limits: limits)
    else { return .refused }
    var inputs = ExactDictionary<StoredArray>()
    for input in graph.inputs {
      guard let array = array(for: input) else { return .opened }
      inputs[input.name] = array
    }
    guard let first = try? graph(inputs) else { return .opened }
    // The third call runs by a program for the shapes of the second.
    for _ in 0..<2 {
      guard let again = try? graph(inputs), first == again else {
        return .violation("computed again it is something else")
      }
    }
    for (name, array) in first where array.count > limits.elements {
      return .violation("\(name): \(array.count) elements")
    }
    return .verified
  }

  /// Ones in an input's shape, axes of open size of length 2; nil if it has too many elements.
  private static func array(for input: ONNXGraph.Value) -> StoredArray? {
    let shape = (input.shape ?? [.fixed(2)]).map { extent in
      if case .fixed(let size) = extent { size } else { 2 }
    }
    var count = 1
    for extent in shape {
      guard (0...limits.elements).contains(extent), count * extent <= limits.elements else {
        return nil
      }
      count *= extent
    }
    let width = input.elementType.width
    var bytes = [UInt8](repeating: 0, count: count * width)
    for index in 0..<count {
      switch input.elementType {
      case .float32: bytes[index * width + 2] = 0x80; bytes[index * width + 3] = 0x3F
      case .float64: bytes[index * width + 6] = 0xF0; bytes[index * width + 7] = 0x3F
      case .float16, .bfloat16: bytes[index * width + 1] = 0x3C
      default: bytes[index * width] = 1
      }
    }
    return StoredArray(elementType: input.elementType, shape: shape, bytes: bytes)
  }
}

extension FuzzedFormat {
  /// Small graphs with most of the operators.
  static func graphSeeds() -> [[UInt8]] {
    [recurrentGraph, shapeGraph, productGraph, loopGraph, placeGraph, countedGraph].map { graph in
      ONNXModel(graph, operationSet: 17).encoded()
    }
  }

  private static func numbers(_ count: Int) -> [Float] {
    (0..<count).map { Float($0 % 7 - 3) / 4 }
  }

  private static var recurrentGraph: ONNXGraph {
    var graph = ONNXGraph(name: "recurrent")
    graph.inputs = [
      .init("x", .float32, [.named("steps"), .named("batch"), .fixed(2)]),
      .init("lengths", .int32, [.named("batch")]),
    ]
    graph.initializers = [
      .init("W", StoredArray(numbers(32), shape: [2, 8, 2])),
      .init("R", StoredArray(numbers(32), shape: [2, 8, 2])),
      .init("B", StoredArray(numbers(32), shape: [2, 16])),
      .init("P", StoredArray(numbers(12), shape: [2, 6])),
      .init("G", StoredArray(numbers(12), shape: [1, 6, 2])),
      .init("axes", StoredArray([1] as [Int64])),
    ]
    graph.nodes = [
      ONNXNode(
        "LSTM", ["x", "W", "R", "B", "lengths", "", "", "P"], ["y", "h", "c"],
        attributes: ["direction": .text("bidirectional"), "clip": .float(3)]),
      ONNXNode(
        "GRU", ["x", "G", "G"], ["g", "gh"],
        attributes: [
          "hidden_size": .integer(2), "linear_before_reset": .integer(1),
          "activations": .texts(["HardSigmoid", "Elu"]), "activation_alpha": .floats([0.3, 1]),
        ]),
      ONNXNode("Squeeze", ["g", "axes"], ["z"]),
    ]
    graph.outputs = [
      .init("y", .float32, nil), .init("c", .float32, nil), .init("z", .float32, nil),
    ]
    return graph
  }

  private static var shapeGraph: ONNXGraph {
    var graph = ONNXGraph(name: "shapes")
    graph.inputs = [.init("x", .float32, [.fixed(2), .fixed(6)]), .init("i", .int64, [.fixed(2)])]
    graph.initializers = [
      .init("ends", StoredArray([Int64.max, 5])), .init("starts", StoredArray([-2, 0] as [Int64])),
      .init("steps", StoredArray([1, 2] as [Int64])), .init("zero", StoredArray([0] as [Int64])),
      .init("axes", StoredArray([0, 1] as [Int64])),
      .init("pads", StoredArray([0, 1, 1, 2] as [Int64])),
      .init("parts", StoredArray([2, 4] as [Int64])),
      .init("wide", StoredArray([3, 1, 1] as [Int64])),
    ]
    graph.nodes = [
      ONNXNode("Slice", ["x", "starts", "ends", "axes", "steps"], ["s"]),
      ONNXNode("Pad", ["x", "pads"], ["p"], attributes: ["mode": .text("reflect")]),
      ONNXNode("Split", ["x", "parts"], ["a", "b"], attributes: ["axis": .integer(1)]),
      ONNXNode("Concat", ["b", "a", "s"], ["j"], attributes: ["axis": .integer(-1)]),
      ONNXNode("Shape", ["j"], ["size"]),
      ONNXNode("Gather", ["size", "zero"], ["rows"]),
      ONNXNode(
        "ConstantOfShape", ["rows"], ["k"],
        attributes: ["value": .tensor(StoredArray([2] as [Float]))]),
      ONNXNode("Expand", ["x", "wide"], ["e"]),
      ONNXNode("Transpose", ["e"], ["t"], attributes: ["perm": .integers([2, 0, 1])]),
      ONNXNode("Unsqueeze", ["k", "axes"], ["u"]),
      ONNXNode("Reshape", ["t", "wide"], ["never"]),
      ONNXNode("Gather", ["x", "i"], ["rowsOfX"], attributes: ["axis": .integer(1)]),
      ONNXNode("Cast", ["rowsOfX"], ["cast"], attributes: ["to": .integer(10)]),
      ONNXNode("ArgMax", ["p"], ["best"], attributes: ["axis": .integer(1)]),
      ONNXNode("Equal", ["i", "i"], ["same"]),
      ONNXNode("Where", ["same", "i", "zero"], ["chosen"]),
    ]
    graph.outputs = ["t", "u", "cast", "best", "chosen", "p", "j"].map { .init($0, .float32, nil) }
    return graph
  }

  private static var productGraph: ONNXGraph {
    var graph = ONNXGraph(name: "products")
    graph.inputs = [.init("x", .float32, [.named("batch"), .fixed(2), .fixed(8)])]
    graph.initializers = [
      .init("w", StoredArray(numbers(12), shape: [4, 1, 3])),
      .init("b", StoredArray(numbers(4))), .init("s", StoredArray([1, 2, 3, 4] as [Float])),
      .init("m", StoredArray(numbers(12), shape: [4, 3])),
      .init("two", StoredArray([2] as [Float])), .init("axes", StoredArray([1] as [Int64])),
    ]
    graph.nodes = [
      ONNXNode(
        "Conv", ["x", "w", "b"], ["c"],
        attributes: [
          "group": .integer(2), "strides": .integers([2]), "pads": .integers([1, 0]),
          "dilations": .integers([2]), "kernel_shape": .integers([3]),
        ]),
      ONNXNode("BatchNormalization", ["c", "s", "b", "b", "s"], ["n"]),
      ONNXNode("InstanceNormalization", ["n", "s", "b"], ["o"]),
      ONNXNode("Relu", ["o"], ["r"]),
      ONNXNode("ReduceMean", ["r"], ["mean"], attributes: ["axes": .integers([2])]),
      ONNXNode("ReduceSum", ["r", "axes"], ["sum"], attributes: ["keepdims": .integer(0)]),
      ONNXNode("Transpose", ["c"], ["t"], attributes: ["perm": .integers([0, 2, 1])]),
      ONNXNode("LayerNormalization", ["t", "s", "b"], ["l"]),
      ONNXNode("MatMul", ["l", "m"], ["y"]),
      ONNXNode("Flatten", ["mean"], ["flat"]),
      ONNXNode("Gemm", ["flat", "m"], ["z"], attributes: ["alpha": .float(0.5)]),
      ONNXNode("Softmax", ["y"], ["p"]),
      ONNXNode("Pow", ["p", "two"], ["q"]),
      ONNXNode("Div", ["q", "p"], ["d"]),
      ONNXNode("CumSum", ["d", "axes"], ["run"]),
    ]
    graph.outputs = ["run", "z", "sum"].map { .init($0, .float32, nil) }
    return graph
  }

  private static var loopGraph: ONNXGraph {
    var body = ONNXGraph(name: "body")
    body.inputs = [.init("h", .float32, nil), .init("row", .float32, nil)]
    body.nodes = [
      ONNXNode("MatMul", ["row", "w"], ["fromX"]), ONNXNode("Add", ["fromX", "h"], ["sum"]),
      ONNXNode("Tanh", ["sum"], ["next"]), ONNXNode("Mul", ["next", "scale"], ["out"]),
    ]
    body.outputs = [.init("next", .float32, nil), .init("out", .float32, nil)]
    var then = ONNXGraph(name: "then")
    then.nodes = [ONNXNode("Identity", ["all"], ["yes"])]
    then.outputs = [.init("yes", .float32, nil)]
    var other = ONNXGraph(name: "else")
    other.nodes = [ONNXNode("Neg", ["all"], ["no"])]
    other.outputs = [.init("no", .float32, nil)]
    var graph = ONNXGraph(name: "loop")
    graph.inputs = [
      .init("x", .float32, [.fixed(3), .fixed(2)]), .init("scale", .float32, [.fixed(2)]),
      .init("condition", .bool, []),
    ]
    graph.initializers = [
      .init("w", StoredArray(numbers(4), shape: [2, 2])), .init("start", StoredArray(numbers(2))),
    ]
    graph.nodes = [
      ONNXNode(
        "Scan", ["start", "x"], ["last", "all"],
        attributes: ["body": .graph(body), "num_scan_inputs": .integer(1)]),
      ONNXNode(
        "If", ["condition"], ["y"],
        attributes: ["then_branch": .graph(then), "else_branch": .graph(other)]),
    ]
    graph.outputs = [.init("y", .float32, nil), .init("last", .float32, nil)]
    return graph
  }

  /// Elements by arrays of places, sums of products, and integers in place of floats.
  private static var placeGraph: ONNXGraph {
    var graph = ONNXGraph(name: "places")
    graph.inputs = [
      .init("x", .float32, [.named("rows"), .fixed(4)]),
      .init("i", .int64, [.fixed(2), .fixed(1)]),
    ]
    graph.initializers = [
      .init("k", StoredArray([2] as [Int64])), .init("twice", StoredArray([2, 1] as [Int64])),
      .init("u", StoredArray(numbers(8), shape: [2, 4])), .init("half", StoredArray(Float(0.5))),
      .init("lengths", StoredArray([1, 2, 1, 2] as [Int64])),
      .init("scales", StoredArray([1, 1.5] as [Float])),
      .init("half2", StoredArray([0.5, 2] as [Float])),
    ]
    graph.nodes = [
      ONNXNode("GatherND", ["x", "i"], ["picked"]),
      ONNXNode("ScatterND", ["x", "i", "u"], ["put"], attributes: ["reduction": .text("add")]),
      ONNXNode("TopK", ["put", "k"], ["best", "places"]),
      ONNXNode("GatherElements", ["x", "places"], ["own"], attributes: ["axis": .integer(1)]),
      ONNXNode(
        "ScatterElements", ["x", "places", "own"], ["back"], attributes: ["axis": .integer(1)]),
      ONNXNode("Tile", ["back", "twice"], ["tiled"]),
      ONNXNode(
        "Einsum", ["put", "x", "picked"], ["sums"],
        attributes: ["equation": .text("...i,...i,ji->...j")]),
      ONNXNode("ReverseSequence", ["x", "lengths"], ["turned"]),
      ONNXNode("Trilu", ["turned"], ["upper"]), ONNXNode("NonZero", ["upper"], ["found"]),
      ONNXNode("Compress", ["x", "flags"], ["kept"]), ONNXNode("EyeLike", ["x"], ["eye"]),
      ONNXNode("QuantizeLinear", ["x", "half"], ["q"]),
      ONNXNode("DequantizeLinear", ["q", "half"], ["d"]),
      ONNXNode("DynamicQuantizeLinear", ["u"], ["du", "scale", "zero"]),
      ONNXNode("Transpose", ["du"], ["turnedU"]),
      ONNXNode("MatMulInteger", ["q", "turnedU", "", "zero"], ["product"]),
      ONNXNode("Resize", ["d", "", "scales"], ["wide"], attributes: ["mode": .text("linear")]),
      ONNXNode(
        "GroupNormalization", ["wide", "half2", "half2"], ["groups"],
        attributes: ["num_groups": .integer(2)]),
      ONNXNode("ReduceLogSumExp", ["sums"], ["log"]), ONNXNode("LpNormalization", ["d"], ["n"]),
    ]
    graph.initializers.append(
      .init("flags", StoredArray(elementType: .bool, shape: [2], bytes: [0, 1])))
    graph.outputs = [
      "tiled", "found", "kept", "eye", "product", "log", "n", "groups",
    ].map { .init($0, .float32, nil) }
    return graph
  }

  private static var countedGraph: ONNXGraph {
    var body = ONNXGraph(name: "body")
    body.inputs = [
      .init("number", .int64, []), .init("before", .bool, []), .init("sum", .float32, nil),
    ]
    body.nodes = [
      ONNXNode("Add", ["sum", "x"], ["next"]), ONNXNode("Less", ["number", "count"], ["again"]),
      ONNXNode("Einsum", ["next", "x"], ["out"], attributes: ["equation": .text("i,j->ij")]),
    ]
    body.outputs = [
      .init("again", .bool, []), .init("next", .float32, nil), .init("out", .float32, [.fixed(2)]),
    ]
    var graph = ONNXGraph(name: "counted")
    graph.inputs = [
      .init("x", .float32, [.fixed(2)]), .init("count", .int64, []), .init("goesOn", .bool, []),
    ]
    graph.nodes = [
      ONNXNode(
        "Loop", ["count", "goesOn", "x"], ["last", "all"], attributes: ["body": .graph(body)]),
      ONNXNode(
        "Loop", ["", "goesOn", "x"], ["end"], attributes: ["body": .graph(body)]),
    ]
    graph.outputs = [
      .init("last", .float32, nil), .init("all", .float32, nil), .init("end", .float32, nil),
    ]
    return graph
  }
}
