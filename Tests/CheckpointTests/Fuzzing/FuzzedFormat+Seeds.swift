import Checkpoint
import FileCore

extension FuzzedFormat {
  /// Small seed files with everything that the format can contain.
  func seeds() throws -> [[UInt8]] {
    switch self {
    case .rnnz: try Self.rnnzSeeds()
    case .safetensors: try Self.safetensorsSeeds()
    case .torch:
      [
        Pickle.archive(Pickle.small),
        Pickle.zip([
          ("m/data.pkl", Pickle.small), ("m/byteorder", Array("little".utf8)),
          ("m/data/0", Array(0..<16)), ("m/version", Array("3\n".utf8)),
        ]),
      ] + Pickle.costly.filter { $0.program.count < 1000 }.map { Pickle.archive($0.program) }
        + [2, 4].map { version in
          LegacyTorch.file(
            Array(Pickle.small.dropFirst(2)), version: version, storages: [("0", [1, 2, 3, 4])])
        }
    case .pickle: Pickle.arrays
    case .numpy: Self.numPySeeds()
    case .hdf5: HDF5Mutator.seeds()
    case .onnx: Self.onnxSeeds()
    case .graph: Self.graphSeeds()
    case .json:
      [
        #"{"cell":"lstm","note":"déjà vu","sizes":[1,-2.5e3,true,null,{}]}"#,
        #"[[[0]],"\ud83d\ude42\n"]"#,
        #"{"a":{"b":{"c":[]}},"A":18446744073709551615}"#,
      ].map { Array($0.utf8) }
    case .cell: Self.cellSeeds.map { Array($0.utf8) }
    }
  }

  private static let cellSeeds = [
    "cell mgu(x, h)\n  f = sigmoid(W_ih.f x + b_ih.f + W_hh.f h)\n  h' = (1 - f) * h + f * tanh(W_ih.n x)\n",
    """
    cell a(x, h, c, past = "the past"[3 * H]) for I = 3, H = 4
      option rate = 0.25
      option periods = [1, 2, {"a": none}]
      parameter gain[H] ~ uniform(-1, 1 / H)
      parameter W_up = "weight_up.f"[2 * H, I] ~ orthogonal(1)
      K = [1, 0; -1, 2e-1]
      a = layer_norm(W_up x)[0..<H] + gain
      b = max(a, -rate) * mean(softmax(h)) + max(h)
      h' = choose(b > 0, b, (W_hh - transpose(W_hh) - 0.5 * identity(H)) h)
      c' = concatenate(K c[0..<2], chunk(repeat(h', 2), 1, 4))
      past' = concatenate(broadcast(sum(c'), H), cumsum(c), constant(0.5, 4))
      y = clamp(hard_sigmoid(h'), 0, 1)

    """,
    "cell b(x, h) for I = H\n  h' = x\ncell b(x, h)\n  h' = exp(log(W_a x)) / 2\n",
  ]

  private static func rnnzSeeds() throws -> [[UInt8]] {
    var tiny = Checkpoint()
    tiny.set(StoredArray([1, -2] as [Float]), .model, "w")
    var json = Checkpoint()
    try json.setJSON(["cell": "lstm", "note": "déjà vu"], .configuration, "model")
    json.set(bytes: Array("any bytes".utf8), .application(3), "note")
    var shuffled = Checkpoint()
    shuffled.set(
      StoredArray([Float](repeating: 0.5, count: 60), shape: [3, 20]), .model, "rnn.weight")
    shuffled.set(StoredArray([Float](), shape: [0, 3]), .model, "empty")
    shuffled.set(StoredArray(UInt64(1500)), .trainer, "step")
    shuffled.set(StoredArray([UInt8](repeating: 7, count: 100)), .optimizer, "plain")
    var scaled = Checkpoint()
    scaled.set(StoredArray([1, -2, 3, 127, 0, -127] as [Int8], shape: [2, 3]), .model, "w")
    scaled.set(StoredArray([0.5, 0.25] as [Float]), .scales, "w")
    return try [tiny, json, shuffled, scaled].map { try $0.encoded() }
      + [shuffled.encoded(compression: .none)]
  }

  private static func safetensorsSeeds() throws -> [[UInt8]] {
    let arrays: ExactDictionary<StoredArray> = [
      "w": StoredArray([1, -2, 3, 4] as [Float], shape: [2, 2]),
      "half": StoredArray(elementType: .bfloat16, shape: [3], bytes: [1, 2, 3, 4, 5, 6]),
      "empty": StoredArray([Float](), shape: [0, 3]), "scalar": StoredArray(UInt64(7)),
    ]
    return try [
      Safetensors(), Safetensors(arrays: arrays),
      Safetensors(metadata: ["format": "pt", "é": "\"\\"], arrays: arrays),
    ].map { try $0.encoded() }
  }

  private static func numPySeeds() -> [[UInt8]] {
    func array(_ header: String, _ numbers: [UInt8]) -> [UInt8] {
      [0x93] + Pickle.bytes("NUMPY\u{1}\u{0}") + little(UInt16(header.utf8.count))
        + Array(header.utf8) + numbers
    }
    let rows = array(
      "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }\n", Array(0..<16))
    let columns = array(
      "{'descr': '<i2', 'fortran_order': True, 'shape': (2, 2), }\n", Array(0..<8))
    let scalar = array("{'descr': '|b1', 'fortran_order': False, 'shape': (), }\n", [1])
    // The same deflated: one stored block of deflate.
    var deflated = ZipFile.Entry(name: Array("c.npy".utf8), stored: rows)
    deflated.method = 8
    deflated.stored =
      [1] + little(UInt16(rows.count)) + little(~UInt16(rows.count)) + rows
    return [
      Pickle.zip([("a.npy", rows), ("b/vars/0.npy", columns), ("s.npy", scalar)]),
      ZipFile([deflated, .init(name: Array("a.npy".utf8), stored: scalar)]).bytes,
    ]
  }

  private static func onnxSeeds() -> [[UInt8]] {
    var body = ONNXGraph(name: "body")
    body.nodes = [ONNXNode("Identity", ["x"], ["y"])]
    body.inputs = [.init("x", .float32, [.named("batch"), .fixed(3)])]
    body.outputs = [.init("y", .float32, nil)]
    var graph = ONNXGraph(name: "graph")
    graph.nodes = [
      ONNXNode(
        "Scan", ["a", "", "w"], ["c"],
        attributes: [
          "i": .integer(-7), "f": .float(-0.5), "s": .text("é"), "is": .integers([1, .min]),
          "fs": .floats([1.5]), "ss": .texts(["Tanh", ""]),
          "t": .tensor(StoredArray([1, 2] as [Int64])), "g": .graph(body),
        ], name: "loop", domain: "custom")
    ]
    graph.initializers = [
      .init("w", StoredArray([1, -2] as [Float])), .init("n", StoredArray(1 as Int64)),
      .init("h", StoredArray(elementType: .float16, shape: [1, 2], bytes: [1, 2, 3, 4])),
    ]
    graph.inputs = [.init("a", .int64, [.named("steps")])]
    graph.outputs = [.init("c", .float32, [])]
    // Numbers in fields of their types, packed and single, as other libraries write them.
    let tensors: [[UInt8]] = [
      [0x0A, 1, 2, 0x10, 1, 0x22, 8, 0, 0, 0x80, 0x3F, 0, 0, 0, 0x40],
      [0x08, 2, 0x10, 7, 0x38, 5, 0x38, 6],
    ]
    let typed = tensors.map { tensor in
      let graph = [0x2A, UInt8(tensor.count)] + tensor
      return [0x08, 8, 0x3A, UInt8(graph.count)] + graph + [0x42, 2, 0x10, 14]
    }
    return [ONNXModel(graph, metadata: ["a": "1"]).encoded()] + typed
  }
}
