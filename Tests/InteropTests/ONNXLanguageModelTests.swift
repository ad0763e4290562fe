import Cells
import Checkpoint
import Datasets
import Interop
import Models
import TensorCore
import Testing

/// Language models exported to ONNX and imported again.
@Suite struct ONNXLanguageModelTests {
  private func saved(_ cell: any ConfigurableCell, tied: Bool = false) throws -> SavedLanguageModel
  {
    var generator = Philox(seed: 1)
    let tokenizer = CharacterTokenizer("hello world\n")
    let configuration = ModelConfiguration(
      cell: try CellRegistry.standard.named(cell), embeddingSize: 6, hiddenSize: 6, layers: 2,
      dropout: 0.5, tiesWeights: tied)
    let model = LanguageModel(
      configuration, vocabularySize: tokenizer.vocabulary.count, using: &generator)
    return SavedLanguageModel(model, tokenizer)
  }

  private static let cells: [any ConfigurableCell] = [
    RNN(), RNN(nonlinearity: .relu), GRU(), GRU(reset: .beforeProduct), LSTM(),
    LSTM(hasPeepholes: true), LSTM(gates: .coupled), LSTM(gates: .coupled, hasPeepholes: true),
    LSTM(hasLayerNorm: true), LSTM(projectionSize: 6), MGU(), SRU(), CoRNN(),
  ]

  /// Both with ONNX's operations and with loops, bit-exactly.
  @Test(arguments: Self.cells.indices, [false, true])
  func comesBackToTheBit(_ index: Int, _ tied: Bool) throws {
    let saved = try saved(Self.cells[index], tied: tied)
    try withTemporaryFile("model.onnx") { path in
      try saved.onnx().save(to: path)
      let loaded = try SavedLanguageModel(importing: path)
      #expect(loaded.model.configuration == saved.model.configuration)
      #expect(loaded.tokenizer.vocabulary == saved.tokenizer.vocabulary)
      for (a, b) in zip(saved.model.parameters, loaded.model.parameters) {
        #expect(a.name == b.name && a.value.scalars == b.value.scalars, "\(a.name)")
      }
    }
  }

  private func message(_ model: ONNXModel) throws -> String {
    try withTemporaryFile("model.onnx") { path in
      try model.save(to: path)
      do {
        _ = try SavedLanguageModel(importing: path)
        return "loaded"
      } catch {
        return "\(error)"
      }
    }
  }

  /// A graph that computes something else must be refused.
  @Test func changedGraphsAreRefused() throws {
    var model = try saved(MGU()).onnx()
    #expect(try message(model) == "loaded")
    guard let loop = model.graph.nodes.firstIndex(where: { $0.operation == "Scan" }),
      case .graph(var body)? = model.graph.nodes[loop].attributes["body"],
      let step = body.nodes.firstIndex(where: { $0.operation == "Sigmoid" })
    else {
      Issue.record("no loop with a sigmoid")
      return
    }
    body.nodes[step].operation = "Tanh"
    model.graph.nodes[loop].attributes["body"] = .graph(body)
    #expect(
      try message(model).contains(
        "expected the logits of an embedding, 2 mgu layers and a linear layer, found"))

    let lstm = try saved(LSTM()).onnx()
    var changed = lstm
    let add = try #require(changed.graph.nodes.lastIndex { $0.operation == "Add" })
    changed.graph.nodes[add].operation = "Mul"
    #expect(
      try message(changed).contains("the operator is not supported between tokens and logits"))
    changed = lstm
    changed.graph.nodes.insert(ONNXNode("Det", ["hidden"], ["other"]), at: 0)
    #expect(try message(changed).contains("Det other: the operator is not supported"))
    changed = lstm
    changed.graph.nodes.removeAll { $0.operation == "LSTM" }
    #expect(try message(changed).contains("expected an input, the result of an earlier node"))
    changed = lstm
    changed.metadata = [:]
    #expect(try message(changed).contains("does not say which characters"))
    changed = lstm
    changed.graph.outputs.removeFirst()
    #expect(
      try message(changed).contains("the operator is not supported between tokens and logits"))
  }
}
