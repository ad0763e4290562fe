import Checkpoint
import Foundation
import Testing

struct ONNXModelTests {
  /// Every kind of attribute, array and value.
  private static func sample() -> ONNXModel {
    var graph = ONNXGraph(name: "graph")
    var body = ONNXGraph(name: "body")
    body.nodes = [ONNXNode("Identity", ["x"], ["y"])]
    body.inputs = [.init("x", .float32, [.named("batch"), .fixed(3)])]
    body.outputs = [.init("y", .float32, nil)]
    graph.nodes = [
      ONNXNode(
        "Scan", ["a", "", "b"], ["c"],
        attributes: [
          "integer": .integer(-7), "float": .float(-0.5), "text": .text("é"),
          "integers": .integers([1, -1, .max, .min]), "floats": .floats([1.5, .infinity]),
          "texts": .texts(["Tanh", ""]), "tensor": .tensor(StoredArray([1, 2] as [Int64])),
          "graph": .graph(body),
        ], name: "loop", domain: "custom")
    ]
    for type in ElementType.allCases {
      graph.initializers.append(
        .init(
          "\(type)",
          StoredArray(
            elementType: type, shape: [2, 1], bytes: [UInt8](repeating: 1, count: 2 * type.width))))
    }
    graph.initializers.append(.init("scalar", StoredArray(1 as Int64)))
    graph.inputs = [.init("a", .int64, [.named("batch"), .named("steps")])]
    graph.outputs = [.init("c", .float32, [])]
    return ONNXModel(
      graph, irVersion: 8, operationSet: 14, producer: "test", metadata: ["b": "2", "a": "1"])
  }

  @Test func everythingComesBack() throws {
    let model = Self.sample()
    let bytes = model.encoded()
    let copy = try ONNXModel(bytes: bytes)
    #expect(copy == model)
    #expect(copy.encoded() == bytes)
  }

  /// The bytes of a node, encoded here by the rules of the format.
  @Test func theWireFormatIsThatOfProtocolBuffers() {
    var graph = ONNXGraph(name: "g")
    graph.nodes = [ONNXNode("Add", ["a", "b"], ["c"], attributes: ["axis": .integer(-1)])]
    let node: [UInt8] =
      [0x0A, 1, 0x61, 0x0A, 1, 0x62, 0x12, 1, 0x63, 0x22, 3, 0x41, 0x64, 0x64]
      + [0x2A, 20, 0x0A, 4, 0x61, 0x78, 0x69, 0x73, 0x18] + [UInt8](repeating: 0xFF, count: 9)
      + [0x01, 0xA0, 0x01, 2]
    let encoded: [UInt8] = [0x0A, UInt8(node.count)] + node + [0x12, 1, 0x67]
    let expected: [UInt8] =
      [0x08, 8, 0x3A, UInt8(encoded.count)] + encoded + [0x42, 2, 0x10, 14]
    #expect(ONNXModel(graph).encoded() == expected)
  }

  /// Arrays whose numbers are in fields of their type, packed or single.
  @Test func arraysInEveryFormAreRead() throws {
    func model(_ tensor: [UInt8]) throws -> StoredArray {
      let graph = [0x2A, UInt8(tensor.count)] + tensor
      let bytes: [UInt8] = [0x08, 8, 0x3A, UInt8(graph.count)] + graph + [0x42, 2, 0x10, 14]
      return try #require(try ONNXModel(bytes: bytes).graph.initializers.first).array
    }
    let packed = try model([0x0A, 1, 2, 0x10, 1, 0x22, 8, 0, 0, 0x80, 0x3F, 0, 0, 0, 0x40])
    #expect(packed.shape == [2] && packed.floats == [1, 2])
    let single = try model(
      [0x08, 2, 0x10, 1, 0x25, 0, 0, 0x80, 0x3F, 0x25, 0, 0, 0, 0x40])
    #expect(single == packed)
    #expect(try model([0x08, 2, 0x10, 7, 0x3A, 2, 5, 6]).values(as: Int64.self) == [5, 6])
    #expect(try model([0x08, 1, 0x10, 9, 0x28, 1]).elementType == .bool)
    #expect(
      message { _ = try model([0x08, 3, 0x10, 1]) }.contains("expected elements for shape [3]"))
    #expect(message { _ = try model([0x10, 8]) }.contains("element type 8 is not supported"))
    // A text, before the array's name.
    let text: [UInt8] = [0x10, 8, 0x32, 1, 0x61, 0x42, 1, 0x6E]
    #expect(message { _ = try model(text) }.contains("n: element type 8 is not supported"))
  }

  /// What PyTorch's exporter writes: arrays whose bytes lie in a file beside the graph's.
  @Test func weightsInAnotherFileAreRead() throws {
    func tensor(_ entries: [(String, String)]) -> [UInt8] {
      func field(_ number: UInt8, _ bytes: [UInt8]) -> [UInt8] {
        [number << 3 | 2, UInt8(bytes.count)] + bytes
      }
      let places = entries.map {
        field(13, field(1, Array($0.0.utf8)) + field(2, Array($0.1.utf8)))
      }
      let array = [0x08, 2, 0x10, 1] + places.flatMap(\.self) + [0x70, 1]
      let graph = field(5, array)
      return [0x08, 8] + field(7, graph) + [0x42, 2, 0x10, 14]
    }
    let directory = NSTemporaryDirectory() + UUID().uuidString
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: directory) }
    do {
      let path = directory + "/model.onnx"
      let numbers = StoredArray([0, 1, 2] as [Float])
      try Data(numbers.bytes).write(to: URL(fileURLWithPath: directory + "/model.onnx.data"))
      func read(_ entries: [(String, String)]) throws -> StoredArray? {
        try Data(tensor(entries)).write(to: URL(fileURLWithPath: path))
        return try ONNXModel(path: path).graph.initializers.first?.array
      }
      let place = ("location", "model.onnx.data")
      #expect(try read([place, ("offset", "4"), ("length", "8")])?.floats == [1, 2])
      #expect(try read([place, ("offset", "4"), ("checksum", "x")])?.floats == [1, 2])
      for (entries, words) in [
        ([place], "expected 8 bytes at 0 of \(directory)/model.onnx.data, found 12"),
        ([place, ("offset", "13")], "ends before byte 13"),
        ([place, ("offset", "8"), ("length", "8")], "expected 8 bytes at 8 of"),
        ([place, ("offset", "-1")], "offset: expected a whole number of 0 or more, found -1"),
        (
          [("location", "../model.onnx.data")],
          "a file of the same folder, found ../model.onnx.data"
        ),
        ([("location", "/etc/passwd")], "a file of the same folder, found /etc/passwd"),
        ([("location", "none.data")], "none.data: no such file"),
        ([], "expected weights in a file of the same folder, found"),
      ] as [([(String, String)], String)] {
        let text = message { _ = try read(entries) }
        #expect(text.contains(words), "\(text)")
      }
      let bytes = tensor([place, ("offset", "4"), ("length", "8")])
      #expect(message { _ = try ONNXModel(bytes: bytes) }.contains("which bytes in memory lack"))
    }
  }

  @Test func everyTruncationIsRefusedOrWhole() throws {
    let bytes = Self.sample().encoded()
    for count in bytes.indices {
      guard let model = try? ONNXModel(bytes: Array(bytes[..<count])) else { continue }
      // The format has no end mark: fields after the graph and the version may be missing.
      #expect(model.graph == Self.sample().graph)
    }
  }

  /// No bytes may trap, hang or take much memory; accepted models can be written again.
  @Test func damageIsRefusedOrCanBeWrittenAgain() throws {
    var generator = SplitMix(8)
    let original = Self.sample().encoded()
    #if DEBUG
      let count = 5_000
    #else
      let count = 200_000
    #endif
    for _ in 0..<count {
      var bytes = original
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        let index = Int.random(in: bytes.indices, using: &generator)
        switch Int.random(in: 0..<3, using: &generator) {
        case 0: bytes[index] = .random(in: 0...255, using: &generator)
        case 1: bytes[index] = [0, 1, 0x7F, 0x80, 0xFF].randomElement(using: &generator) ?? 0
        default: bytes.remove(at: index)
        }
      }
      guard let model = try? ONNXModel(bytes: bytes) else { continue }
      #expect(try ONNXModel(bytes: model.encoded()).encoded() == model.encoded())
    }
  }

  @Test func twoInitializersOfOneNameAreRefused() {
    var graph = ONNXGraph(name: "g")
    for value in [1, 2] as [Float] { graph.initializers.append(.init("W", StoredArray([value]))) }
    let bytes = ONNXModel(graph).encoded()
    #expect(
      message { _ = try ONNXModel(bytes: bytes) }
        .contains("W: expected a name of its own, found a second initializer of it"))
  }

  @Test func graphsInsideOfOneAnotherAreLimited() {
    var graph = ONNXGraph(name: "g")
    for _ in 0..<10 {
      var outer = ONNXGraph(name: "g")
      outer.nodes = [ONNXNode("If", ["x"], ["y"], attributes: ["body": .graph(graph)])]
      graph = outer
    }
    let bytes = ONNXModel(graph).encoded()
    #expect(message { _ = try ONNXModel(bytes: bytes) }.contains("graphs nested too deep"))
  }
}
