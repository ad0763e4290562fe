import Checkpoint
import Models
import Testing

/// Operators of ONNX graphs, each on numbers that are computed by hand.
@Suite struct GraphOperatorTests {
  private static let matrix = StoredArray.floats([3, -4, 0, 1, 2, -2], [2, 3])

  private func expect(
    _ found: [StoredArray], _ shape: [Int], _ values: [Double], output: Int = 0,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    guard output < found.count else {
      Issue.record("no output \(output)", sourceLocation: sourceLocation)
      return
    }
    #expect(found[output].shape == shape, sourceLocation: sourceLocation)
    let doubles = found[output].doubles
    let isNear =
      doubles.count == values.count
      && zip(doubles, values).allSatisfy { $0 == $1 || abs($0 - $1) <= 1e-6 * (1 + abs($1)) }
    #expect(isNear, "expected \(values), found \(doubles)", sourceLocation: sourceLocation)
  }

  @Test(arguments: [
    ("ReduceL1", [7.0, 5]), ("ReduceL2", [5, 3]), ("ReduceSumSquare", [25, 9]),
    ("ReduceLogSumExp", [3.0494556, 2.3265626]),
  ])
  func reductions(_ operation: String, _ expected: [Double]) throws {
    let old = SingleNode(
      operation, ["axes": .integers([-1]), "keepdims": .integer(0)], version: 11)
    expect(try old([Self.matrix]), [2], expected)
    let new = SingleNode(operation)
    expect(try new([Self.matrix, .longs([1])]), [2, 1], expected)
    let doubles = StoredArray(Self.matrix.doubles, shape: [2, 3])
    expect(try new([doubles, .longs([-1])]), [2, 1], expected)
    #expect(
      new.message([Self.matrix, .longs([2])]).contains("expected an axis of 2 axes, found 2"))
    #expect(
      new.message([.truths([1, 0])]).contains("\(operation) o0: expected numbers, found bool"))
  }

  @Test func reductionsOverNoAxesAreOfEachElement() throws {
    let empty = SingleNode("ReduceSumSquare", ["noop_with_empty_axes": .integer(1)])
    expect(try empty([Self.matrix]), [2, 3], [9, 16, 0, 1, 4, 4])
    expect(try SingleNode("ReduceLogSum")([.floats([1, 1, 2])]), [1], [1.3862944])
    expect(try SingleNode("ReduceL2")([.longs([3, 4])]), [1], [5])
  }

  @Test func running() throws {
    let x = StoredArray.floats([1, 2, 3, 4])
    expect(try SingleNode("CumProd")([x, .longs([0], [])]), [4], [1, 2, 6, 24])
    let back = SingleNode("CumProd", ["exclusive": .integer(1), "reverse": .integer(1)])
    expect(try back([x, .longs([0], [])]), [4], [24, 12, 4, 1])
  }

  @Test func gathering() throws {
    let x = StoredArray.floats([0, 1, 2, 3, 4, 5, 6, 7], [2, 2, 2])
    let node = SingleNode("GatherND")
    expect(try node([x, .longs([0, 1, -1, 0], [2, 2])]), [2, 2], [2, 3, 4, 5])
    let batch = SingleNode("GatherND", ["batch_dims": .integer(1)])
    expect(try batch([x, .longs([1, 0], [2, 1])]), [2, 2], [2, 3, 4, 5])
    #expect(node.message([x, .longs([2], [1, 1])]).contains("an index of 2 places, found 2"))
    #expect(
      node.message([x, .longs([0, 0, 0, 0], [1, 4])])
        .contains("expected 0 axes of [2, 2, 2], then indices of up to 3 axes, found shape [1, 4]"))
    let elements = SingleNode("GatherElements", ["axis": .integer(1)])
    expect(
      try elements([Self.matrix, .longs([2, 0, -2, 1], [2, 2])]), [2, 2], [0, 3, 2, 2])
    #expect(
      elements.message([Self.matrix, .longs([0, 0, 0], [3, 1])])
        .contains("expected indices that fit [2, 3] along all axes but 1, found shape [3, 1]"))
  }

  @Test func scattering() throws {
    let x = StoredArray.floats([1, 2, 3, 4])
    let twice = StoredArray.longs([1, 1], [2, 1])
    let updates = StoredArray.floats([10, 20])
    expect(try SingleNode("ScatterND")([x, twice, updates]), [4], [1, 20, 3, 4])
    for (reduction, second) in [("add", 32.0), ("mul", 400), ("max", 20), ("min", 2)] {
      let node = SingleNode("ScatterND", ["reduction": .text(reduction)])
      expect(try node([x, twice, updates]), [4], [1, second, 3, 4])
      let elements = SingleNode("ScatterElements", ["reduction": .text(reduction)])
      expect(try elements([x, .longs([1, -3]), updates]), [4], [1, second, 3, 4])
    }
    let rows = SingleNode("ScatterND")
    expect(
      try rows([Self.matrix, .longs([-1], [1, 1]), .floats([7, 8, 9], [1, 3])]), [2, 3],
      [3, -4, 0, 7, 8, 9])
    #expect(
      rows.message([x, twice, .floats([1])])
        .contains("expected updates of float32 of shape [2], found float32 of shape [1]"))
    #expect(
      SingleNode("ScatterND", ["reduction": .text("mean")]).message([x, twice, updates])
        .contains("reduction: expected none or add or mul or max or min, found mean"))
  }

  @Test func arranging() throws {
    let tile = SingleNode("Tile")
    expect(
      try tile([.floats([1, 2], [1, 2]), .longs([2, 2])]), [2, 4], [1, 2, 1, 2, 1, 2, 1, 2])
    #expect(
      tile.message([.floats([1, 2]), .longs([-1])])
        .contains("expected 1 repeats of 0 or more, found [-1]"))
    #expect(tile.message([.floats([1, 2]), .longs([.max])]).contains("expected at most"))
    expect(try SingleNode("Trilu")([Self.matrix]), [2, 3], [3, -4, 0, 0, 2, -2])
    let lower = SingleNode("Trilu", ["upper": .integer(0)])
    expect(try lower([Self.matrix, .longs([-1], [])]), [2, 3], [0, 0, 0, 1, 0, 0])
    let eye = SingleNode("EyeLike", ["k": .integer(1), "dtype": .integer(7)])
    expect(try eye([Self.matrix]), [2, 3], [0, 1, 0, 0, 0, 1])
    let reverse = SingleNode(
      "ReverseSequence", ["batch_axis": .integer(0), "time_axis": .integer(1)])
    expect(try reverse([Self.matrix, .longs([2, 3])]), [2, 3], [-4, 3, 0, -2, 2, 1])
    #expect(
      reverse.message([Self.matrix, .longs([2, 4])])
        .contains("expected a length for each sequence of [2, 3], time along axis 1"))
    let blocks = StoredArray.floats([1, 2, 3, 4], [1, 4, 1, 1])
    let size: [String: ONNXNode.Attribute] = ["blocksize": .integer(2)]
    let spread = try SingleNode("DepthToSpace", size)([blocks])
    expect(spread, [1, 1, 2, 2], [1, 2, 3, 4])
    expect(try SingleNode("SpaceToDepth", size)(spread), [1, 4, 1, 1], [1, 2, 3, 4])
  }

  @Test func resizing() throws {
    let x = StoredArray.floats([1, 2, 3, 4], [1, 4])
    let none: StoredArray? = nil
    let nearest = SingleNode("Resize")
    let scales = StoredArray.floats([1, 0.5])
    expect(try nearest([x, none, scales]), [1, 2], [1, 3])
    expect(try nearest([x, none, none, .longs([2, 4])]), [2, 4], [1, 2, 3, 4, 1, 2, 3, 4])
    let linear = SingleNode("Resize", ["mode": .text("linear"), "axes": .integers([-1])])
    expect(
      try linear([x, none, .floats([2])]), [1, 8], [1, 1.25, 1.75, 2.25, 2.75, 3.25, 3.75, 4])
    let corners = SingleNode(
      "Resize",
      ["mode": .text("linear"), "coordinate_transformation_mode": .text("align_corners")])
    expect(try corners([x, none, none, .longs([1, 7])]), [1, 7], [1, 1.5, 2, 2.5, 3, 3.5, 4])
    let old = SingleNode("Upsample", ["scales": .floats([1, 2])], version: 7)
    expect(try old([x]), [1, 8], [1, 1, 2, 2, 3, 3, 4, 4])
    #expect(
      SingleNode("Resize", ["mode": .text("cubic")]).message([x, none, scales])
        .contains("Resize o0: mode: cubic is not supported"))
    #expect(
      nearest.message([x, none, .floats([1, 1e30])]).contains("expected at most 134217728 elements")
    )
    #expect(nearest.message([x, none, .floats([1])]).contains("expected 2 positive scales"))
  }

  @Test func selecting() throws {
    let top = SingleNode("TopK", ["axis": .integer(-1)], outputs: 2)
    let best = try top([.floats([1, 3, 3, 0, 2, 2], [2, 3]), .longs([2])])
    expect(best, [2, 2], [3, 3, 2, 2])
    expect(best, [2, 2], [1, 2, 1, 2], output: 1)
    let least = SingleNode("TopK", ["largest": .integer(0), "axis": .integer(0)], outputs: 2)
    let columns = try least([.longs([5, 1, 3, 4], [2, 2]), .longs([1])])
    expect(columns, [1, 2], [3, 1])
    expect(columns, [1, 2], [1, 0], output: 1)
    let old = SingleNode("TopK", ["k": .integer(1)], version: 9, outputs: 2)
    expect(try old([.floats([1, .nan, 2])]), [1], [1], output: 1)
    #expect(
      top.message([.floats([1, 2]), .longs([3])]).contains("expected k from 0 to 2, found [3]"))
    expect(try SingleNode("NonZero")([Self.matrix]), [2, 5], [0, 0, 1, 1, 1, 0, 1, 0, 1, 2])
    let compress = SingleNode("Compress", ["axis": .integer(1)])
    expect(try compress([Self.matrix, .truths([0, 1])]), [2, 1], [-4, 2])
    expect(try SingleNode("Compress")([Self.matrix, .truths([1, 0, 0, 1])]), [2], [3, 1])
    #expect(
      compress.message([Self.matrix, .truths([0, 0, 0, 1])])
        .contains("expected a list of 3 truth values, found shape [4], the last one true at 3"))
  }

  @Test(arguments: ["float32", "float64", "int64"])
  func sumsOfProducts(_ type: String) throws {
    func array(_ values: [Float], _ shape: [Int]) -> StoredArray {
      switch type {
      case "float32": .floats(values, shape)
      case "float64": StoredArray(values.map { Double($0) }, shape: shape)
      default: .longs(values.map { Int64($0) }, shape)
      }
    }
    func einsum(_ equation: String, _ operands: StoredArray...) throws -> [StoredArray] {
      try SingleNode("Einsum", ["equation": .text(equation)])(operands)
    }
    let (a, b) = (array([1, 2, 3, 4], [2, 2]), array([5, 6, 7, 8], [2, 2]))
    expect(try einsum("ij,jk->ik", a, b), [2, 2], [19, 22, 43, 50])
    expect(try einsum("ij, jk", a, b), [2, 2], [19, 22, 43, 50])
    expect(try einsum("ii", a), [], [5])
    expect(try einsum("ii->i", a), [2], [1, 4])
    expect(try einsum("ij->ji", a), [2, 2], [1, 3, 2, 4])
    expect(try einsum("...i->...", a), [2], [3, 7])
    expect(try einsum("ij,kl->", a, b), [], [260])
    expect(try einsum("...i,...i", a, array([1, 10], [1, 2])), [2], [21, 43])
    expect(try einsum("ij,jk,ki->", a, b, a), [], [1 * 19 + 2 * 43 + 3 * 22 + 4 * 50])
    expect(try einsum("bi,bj->bij", a, b), [2, 2, 2], [5, 6, 10, 12, 21, 24, 28, 32])
    expect(try einsum("i,i->i", array([2], [1]), array([3, 4], [2])), [2], [6, 8])
  }

  @Test(arguments: [
    ("ij,jk->iz", "equation: expected letters of the operands in the result, each once"),
    ("ij", "expected an equation of 2 operands, found 1"),
    ("ij,j?->i", "equation: expected letters, one ellipsis, commas and an arrow, found ?"),
    ("ij->ji->ij,jk", "equation: more than one arrow"),
    ("ijk,jk->i", "expected operand 0 of float32 of 3 axes, found float32 of shape [2, 3]"),
    ("ij,jk->ik", "expected size 3 of an axis of operand 1, found shape [2, 3]"),
  ])
  func wrongEquations(_ equation: String, _ expected: String) {
    let message = SingleNode("Einsum", ["equation": .text(equation)])
      .message([Self.matrix, Self.matrix])
    #expect(message.contains("Einsum o0: \(expected)"), "\(message)")
  }

  @Test func elementwise() throws {
    let half = StoredArray.floats([0.5, -0.5])
    for (operation, expected) in [
      ("Tan", 0.5463025), ("Asin", 0.5235988), ("Atan", 0.4636476), ("Sinh", 0.5210953),
      ("Asinh", 0.4812118), ("Atanh", 0.5493061),
    ] {
      expect(try SingleNode(operation)([half]), [2], [expected, -expected])
    }
    expect(try SingleNode("Acos")([half]), [2], [1.0471976, 2.0943951])
    expect(try SingleNode("Cosh")([half]), [2], [1.1276260, 1.1276260])
    expect(try SingleNode("Acosh")([.floats([2])]), [1], [1.3169579])
    expect(
      try SingleNode("Round")([.floats([0.5, 1.5, -2.5, 2.6])]), [4], [0, 2, -2, 3])
    #expect(SingleNode("Tan").message([.longs([1])]).contains("expected floats, found int64"))
    let special = StoredArray.floats([.nan, .infinity, -.infinity, 0])
    expect(try SingleNode("IsNaN")([special]), [4], [1, 0, 0, 0])
    expect(try SingleNode("IsInf")([special]), [4], [0, 1, 1, 0])
    let positive = SingleNode("IsInf", ["detect_negative": .integer(0)])
    expect(try positive([special]), [4], [0, 1, 0, 0])
    expect(
      try SingleNode("Swish", ["alpha": .float(2)])([.floats([1, -1])]), [2],
      [0.8807971, -0.1192029])
    let shrink = SingleNode("Shrink", ["lambd": .float(1), "bias": .float(0.5)])
    expect(try shrink([.floats([-2, 0.5, 3])]), [3], [-1.5, 0, 2.5])
    expect(try shrink([.longs([-2, 0, 3])]), [3], [-1, 0, 2])
  }

  @Test func meansOfDoubles() throws {
    let (a, b) = (StoredArray([1, 2] as [Double]), StoredArray([3, 6] as [Double]))
    expect(try SingleNode("Mean")([a, b]), [2], [2, 4])
  }

  @Test func normalizing() throws {
    expect(try SingleNode("Hardmax")([.floats([1, 3, 3, 2], [2, 2])]), [2, 2], [0, 1, 1, 0])
    let doubles = StoredArray([0, 0] as [Double])
    expect(try SingleNode("Softmax")([doubles]), [2], [0.5, 0.5])
    expect(try SingleNode("LogSoftmax")([doubles]), [2], [-0.6931472, -0.6931472])
    let lengths = SingleNode("LpNormalization")
    expect(try lengths([.floats([3, 4, 0, 0], [2, 2])]), [2, 2], [0.6, 0.8, 0, 0])
    expect(
      try SingleNode("LpNormalization", ["p": .integer(1)])([.floats([1, -3])]), [2], [0.25, -0.75])
    let (scale, bias) = (StoredArray.floats([1, 2]), StoredArray.floats([0, 1]))
    let rms = SingleNode("RMSNormalization", ["epsilon": .float(0)], version: 23)
    expect(try rms([.floats([1, 7], [1, 2]), scale]), [1, 2], [0.2, 2.8])
    let x = StoredArray.floats([1, 3, 2, 6], [1, 2, 2])
    let group = SingleNode("GroupNormalization", ["num_groups": .integer(2), "epsilon": .float(0)])
    expect(try group([x, scale, bias]), [1, 2, 2], [-1, 1, -1, 3])
    #expect(
      group.message([.floats([1, 2, 3], [1, 3, 1]), scale, bias])
        .contains("expected x [N, C, ...] with channels in 2 groups, found shape [1, 3, 1]"))
    let precise = StoredArray(x.doubles, shape: x.shape)
    expect(try group([precise, scale, bias]), [1, 2, 2], [-1, 1, -1, 3])
    #expect(try lengths([precise])[0].elementType == .float64)
    #expect(
      lengths.message([.longs([1])])
        .contains("expected an array of floats with elements, found int64 of shape [1]"))
    let mean = SingleNode("MeanVarianceNormalization", ["axes": .integers([-1])])
    expect(try mean([x]), [1, 2, 2], [-1, 1, -1, 1])
  }

  @Test func quantizing() throws {
    let quantize = SingleNode("QuantizeLinear")
    let (scale, zero) = (StoredArray.floats([0.5], []), StoredArray.bytes([10], []))
    expect(try quantize([.floats([0.75, -1, 200]), scale, zero]), [3], [12, 8, 255])
    let ofAxis = SingleNode("QuantizeLinear", ["axis": .integer(-1)])
    expect(
      try ofAxis([.floats([1, 1, 2, -2], [2, 2]), .floats([1, 0.5]), .bytes([0, 3])]), [2, 2],
      [1, 5, 2, 0])
    let back = SingleNode("DequantizeLinear")
    expect(try back([.bytes([12, 8]), scale, zero]), [2], [1, -1])
    #expect(
      back.message([.bytes([1, 2], [1, 2]), .floats([1, 2, 3])])
        .contains("expected one scale and zero point, or 2, found shape [3]"))
    #expect(
      SingleNode("DequantizeLinear", ["block_size": .integer(2)])
        .message([.bytes([1]), scale]).contains("block_size: scales for blocks"))
    #expect(
      SingleNode("QuantizeLinear", ["precision": .integer(11)], version: 23)
        .message([.floats([1]), scale]).contains("precision: float64 is not supported"))
    let own = try SingleNode("DynamicQuantizeLinear", outputs: 3)([.floats([-1, 0, 4.1])])
    expect(own, [3], [0, 50, 255])
    expect(own, [], [0.02], output: 1)
    expect(own, [], [50], output: 2)
  }

  /// Sums that floats of 32 bits do not have.
  @Test func sumsOfIntegersAreExact() throws {
    let count = 20_001
    let (a, b) = (
      StoredArray.bytes([UInt8](repeating: 255, count: count), [1, count]),
      StoredArray.bytes([UInt8](repeating: 253, count: count), [count, 1])
    )
    let product = SingleNode("MatMulInteger")
    expect(try product([a, b]), [1, 1], [Double(255 * 253 * count)])
    let zeros = [StoredArray.bytes([1]), StoredArray.bytes([255])]
    expect(try product([a, b] + zeros), [1, 1], [Double(254 * -2 * count)])
    let convolution = SingleNode("ConvInteger", ["pads": .integers([1, 0])])
    expect(
      try convolution([
        .bytes([3, 5, 7], [1, 1, 3]), .bytes([1, 2], [1, 1, 2]), .bytes([1], []),
      ]),
      [1, 1, 3], [4, 10, 16])
    #expect(
      product.message([a, b, .bytes([1, 2, 3])]).contains("expected zero points that fit"))
  }
}
