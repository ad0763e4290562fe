import Cells
import Checkpoint
import Datasets
import FileCore
import Interop
import Models
import TensorCore
import Testing

/// Language models in the forms that other libraries write: values are followed, wherever they come from.
@Suite struct ONNXFollowedValuesTests {
  private static let steps = 24

  /// A language model of one LSTM, as a graph without inputs for its states, and its number of tokens.
  private static func model() throws -> (graph: ONNXModel, tokens: Int) {
    var generator = Philox(seed: 4)
    let tokenizer = CharacterTokenizer("abcdefgh ")
    let configuration = ModelConfiguration(
      cell: try CellRegistry.standard.cell(named: "lstm"), embeddingSize: 5, hiddenSize: 7)
    let model = LanguageModel(
      configuration, vocabularySize: tokenizer.vocabulary.count, using: &generator)
    var onnx = try SavedLanguageModel(model, tokenizer).onnx()
    onnx.metadata["states"] = nil
    onnx.graph.inputs = [onnx.graph.inputs[0]]
    onnx.graph.outputs = [onnx.graph.outputs[0]]
    guard let lstm = onnx.graph.nodes.firstIndex(where: { $0.operation == "LSTM" }) else {
      return (onnx, 0)
    }
    onnx.graph.nodes[lstm].inputs = Array(onnx.graph.nodes[lstm].inputs.prefix(4))
    onnx.graph.nodes = onnx.graph.nodes.filter { node in
      ["Transpose", "Gather", "LSTM", "MatMul", "Add", "Squeeze"].contains(node.operation)
    }
    return (onnx, tokenizer.vocabulary.count)
  }

  private static func index(of operation: String, in model: ONNXModel) throws -> Int {
    try #require(model.graph.nodes.firstIndex { $0.operation == operation })
  }

  /// Sets the LSTM's initial states.
  private static func start(_ model: inout ONNXModel, _ hidden: String, _ cell: String) throws {
    let lstm = try index(of: "LSTM", in: model)
    model.graph.nodes[lstm].inputs += ["", hidden, cell]
  }

  /// A graph in another form.
  private static func changed(_ form: String) throws -> ONNXModel {
    var model = try Self.model().graph
    let ramp = StoredArray((0..<7).map { Float($0) / 3 - 1 }, shape: [1, 1, 7])
    switch form {
    case "plain": break
    case "columns are tokens":
      let gather = try index(of: "Gather", in: model)
      let table = try #require(
        model.graph.initializers.firstIndex { $0.name == model.graph.nodes[gather].inputs[0] })
      let columns = model.graph.initializers[table].array.tensor.transposed(1, 0)
      model.graph.initializers[table].array = StoredArray(columns)
      let result = model.graph.nodes[gather].outputs[0]
      model.graph.nodes[gather].outputs = ["columns"]
      model.graph.nodes[gather].attributes["axis"] = .integer(1)
      model.graph.nodes.insert(
        ONNXNode("Transpose", ["columns"], [result], attributes: ["perm": .integers([1, 2, 0])]),
        at: gather + 1)
    case "states of the batch's size", "filled states":
      // Zeros in the shape [1, B, H], with B from the tokens' shape.
      model.graph.initializers += [
        .init("first", StoredArray([0] as [Int64])), .init("one", StoredArray([1] as [Int64])),
        .init("units", StoredArray([7] as [Int64])),
      ]
      let value: Float = form == "filled states" ? 0.75 : 0
      let lstm = try index(of: "LSTM", in: model)
      model.graph.nodes.insert(
        contentsOf: [
          ONNXNode("Shape", ["tokens"], ["shape"]),
          ONNXNode("Gather", ["shape", "first"], ["batch"]),
          ONNXNode(
            "Concat", ["one", "batch", "units"], ["size"], attributes: ["axis": .integer(0)]),
          ONNXNode(
            "ConstantOfShape", ["size"], ["start"],
            attributes: ["value": .tensor(StoredArray([value]))]),
        ], at: lstm)
      try start(&model, "start", "start")
    case "learned states":
      model.graph.initializers.append(.init("h0", ramp))
      model.graph.initializers.append(.init("c0", StoredArray(-1 * ramp.tensor)))
      try start(&model, "h0", "c0")
    case "learned cell state":
      model.graph.initializers.append(.init("c0", ramp))
      try start(&model, "", "c0")
    case "weights of half precision":
      for place in model.graph.initializers.indices {
        let (name, array) = (
          model.graph.initializers[place].name, model.graph.initializers[place].array
        )
        guard array.elementType == .float32 else { continue }
        let bits = array.floats.map { UInt16($0.bitPattern >> 16) }
        model.graph.initializers[place] = .init(
          name + ".half",
          StoredArray(
            elementType: .bfloat16, shape: array.shape, bytes: bits.withUnsafeBytes { Array($0) }))
        model.graph.nodes.insert(
          ONNXNode("Cast", [name + ".half"], [name], attributes: ["to": .integer(1)]), at: 0)
      }
    default: Issue.record("no form \(form)")
    }
    return model
  }

  /// The likeliest tokens, one after the other, by running the graph on all tokens so far.
  private func written(by model: ONNXModel, _ first: Int64, tokens: Int) throws -> [Int] {
    let graph = try GraphModel(model)
    var ids = [first]
    for _ in 0..<Self.steps {
      let results = try graph(["tokens": StoredArray(ids, shape: [1, ids.count])])
      let logits = try #require(results["logits"]).floats.suffix(tokens)
      ids.append(
        Int64(try #require(logits.indices.max { logits[$0] < logits[$1] }) - logits.startIndex))
    }
    return ids.map { Int($0) }
  }

  @Test(arguments: [
    "plain", "columns are tokens", "states of the batch's size", "filled states", "learned states",
    "learned cell state", "weights of half precision",
  ])
  func writesWhatTheGraphComputes(_ form: String) throws {
    let model = try Self.changed(form)
    let tokens = try Self.model().tokens
    try withTemporaryFile("model.onnx") { path in
      try model.save(to: path)
      let saved = try SavedLanguageModel(importing: path)
      let text = saved.generate(prompt: "a", length: Self.steps, sampler: .greedy)
      let first = try #require(saved.tokenizer.encode("a").first)
      let ids = try written(by: model, Int64(first), tokens: tokens)
      #expect(text == saved.tokenizer.decode(ids.dropFirst().map { Int32($0) }))
      let starts = saved.model.configuration.recurrent.learnsInitialState
      #expect(starts == (form.hasPrefix("learned") || form.hasPrefix("filled")))
    }
  }

  /// States that depend on the tokens are no states of a language model.
  @Test func statesOfTheTokensAreRefused() throws {
    var model = try Self.changed("plain")
    let lstm = try Self.index(of: "LSTM", in: model)
    model.graph.initializers += [
      .init("wide", StoredArray([1, 1, 7] as [Int64])),
      .init("all", StoredArray([0, 1] as [Int64])),
    ]
    model.graph.nodes.insert(
      contentsOf: [
        ONNXNode("Cast", ["tokens"], ["numbers"], attributes: ["to": .integer(1)]),
        ONNXNode(
          "ReduceSum", ["numbers", "all"], ["total"], attributes: ["keepdims": .integer(0)]),
        ONNXNode("Expand", ["total", "wide"], ["start"]),
      ], at: lstm)
    try Self.start(&model, "start", "")
    try withTemporaryFile("model.onnx") { path in
      try model.save(to: path)
      do {
        _ = try SavedLanguageModel(importing: path)
        Issue.record("accepted")
      } catch {
        #expect(
          "\(error)".contains(
            "start: expected an initial state that is the same for every sequence"),
          "\(error)")
      }
    }
  }
}
