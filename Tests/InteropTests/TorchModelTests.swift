import Cells
import Checkpoint
import Datasets
import Foundation
import Interop
import Models
import TensorCore
import Testing

/// A character model that PyTorch trained and saved, and the text that it writes.
@Suite struct TorchModelTests {
  private static let tokens = ["<unk>"] + " etainoshrdlmucfwgypbvkxzjq".map(String.init)

  private static func expectedTexts() throws -> [String: String] {
    let data = try Data(contentsOf: URL(fileURLWithPath: fixture("torch-model/greedy.json")))
    return try JSONDecoder().decode([String: String].self, from: data)
  }

  private func expectSameTexts(_ saved: SavedLanguageModel) throws {
    let expected = try Self.expectedTexts()
    #expect(expected.count == 3 && expected.values.allSatisfy { $0.count == 200 })
    for (prompt, text) in expected {
      let written = saved.generation(prompt: prompt, sampler: .greedy).prefix(200).joined()
      #expect(written == text, "\(prompt)")
    }
  }

  @Test func safetensorsWritePyTorchsText() throws {
    let saved = try SavedLanguageModel(importing: fixture("torch-model/model.safetensors"))
    #expect(saved.tokenizer is CharacterTokenizer)
    #expect(saved.tokenizer.vocabulary == Self.tokens)
    #expect(saved.model.configuration.cell.name == "gru")
    try expectSameTexts(saved)
  }

  @Test func aStateDictWritesPyTorchsText() throws {
    let description = ModelDescription(vocabulary: Self.tokens)
    try expectSameTexts(
      SavedLanguageModel(importing: fixture("torch-model/model.pt"), described: description))
  }

  /// Both files contain the same bits.
  @Test func bothFilesHoldTheSameNumbers() throws {
    let first = try ArrayFile(path: fixture("torch-model/model.pt")).arrays()
    let second = try ArrayFile(path: fixture("torch-model/model.safetensors")).arrays()
    #expect(first == second && first.count == 11)
  }

  @Test func whatIsMissingIsNamed() throws {
    let path = fixture("torch-model/model.pt")
    func message(_ description: ModelDescription) -> String {
      do throws(CheckpointError) {
        _ = try SavedLanguageModel(importing: path, described: description)
        return "loaded"
      } catch {
        return error.description
      }
    }
    #expect(message(.init()).contains("does not say which characters its 28 tokens are"))
    #expect(message(.init(vocabulary: ["a"])).contains("expected 28 tokens"))
    var outline = ModelDescription.Outline(kind: "LSTM")
    #expect(
      message(.init(vocabulary: Self.tokens, outline: outline))
        .contains("rnn.weight_ih_l0: expected shape [256, 16], found [192, 16]"))
    outline = .init()
    outline.hidden = 32
    #expect(
      message(.init(vocabulary: Self.tokens, outline: outline))
        .contains("config hidden: expected 64, as the weights have, found 32"))
    outline = .init(kind: "teapot")
    #expect(message(.init(vocabulary: Self.tokens, outline: outline)).contains("teapot"))
  }

  /// Modules may have any names, and may lack biases.
  @Test func otherNamesAndMissingBiasesAreUnderstood() throws {
    let original = try Safetensors(path: fixture("torch-model/model.safetensors"))
    var renamed = Safetensors(metadata: original.metadata)
    for (name, array) in original.arrays where !name.contains("rnn.bias") {
      let name = name.replacing("embed.", with: "encoder.table.").replacing("rnn.", with: "net.")
        .replacing("fc.", with: "head.")
      renamed.arrays[name] = array
    }
    try withTemporaryFile("model.safetensors") { path in
      try renamed.save(to: path)
      let saved = try SavedLanguageModel(importing: path)
      for (name, value) in saved.model.parameters {
        if name.contains("rnn.bias") {
          #expect(value.scalars.allSatisfy { $0 == 0 })
        } else {
          #expect(StoredArray(value) == original.arrays[name])
        }
      }
    }
  }

  /// A model of any cell is unchanged after a round trip through safetensors.
  @Test(arguments: ["lstm", "gru-before", "mgu", "rnn-relu"], [false, true])
  func ownModelsComeBackFromSafetensors(_ cell: String, _ tied: Bool) throws {
    var generator = Philox(seed: 1)
    let tokenizer = CharacterTokenizer("héllo world\n", normalization: .none)
    let configuration = ModelConfiguration(
      cell: try CellRegistry.standard.cell(named: cell), embeddingSize: 12, hiddenSize: 12,
      layers: 2, dropout: 0.25, tiesWeights: tied)
    let model = LanguageModel(
      configuration, vocabularySize: tokenizer.vocabulary.count, using: &generator)
    let saved = SavedLanguageModel(model, tokenizer)
    try withTemporaryFile("model.safetensors") { path in
      try saved.safetensors().save(to: path)
      let loaded = try SavedLanguageModel(importing: path)
      #expect(loaded.model.configuration == configuration)
      #expect(loaded.tokenizer as? CharacterTokenizer == tokenizer)
      for (a, b) in zip(model.parameters, loaded.model.parameters) {
        #expect(a.name == b.name && a.value.scalars == b.value.scalars)
      }
    }
  }

  /// So is what is around the cells: parameters alone do not say it.
  @Test(
    arguments: [
      { $0.connection = .residual }, { $0.block = Recurrent.Block() },
      {
        $0.block = Recurrent.Block()
        $0.block?.feedForwardSize = 0
        $0.block?.epsilon = 1e-5
      },
      { $0.projectionSize = 5 }, { $0.normalizesProducts = true }, { $0.learnsInitialState = true },
      { $0.layerSizes = [7] }, { $0.zoneout = ["hidden": 0.1] },
    ] as [@Sendable (inout Recurrent.Options) -> Void])
  func optionsComeBackFromSafetensors(_ set: @Sendable (inout Recurrent.Options) -> Void) throws {
    var generator = Philox(seed: 1)
    let tokenizer = CharacterTokenizer("héllo world\n", normalization: .none)
    var configuration = ModelConfiguration(
      cell: try CellRegistry.standard.cell(named: "lstm"), embeddingSize: 12, hiddenSize: 12,
      layers: 2)
    set(&configuration.recurrent)
    let model = LanguageModel(
      configuration, vocabularySize: tokenizer.vocabulary.count, using: &generator)
    try withTemporaryFile("model.safetensors") { path in
      try SavedLanguageModel(model, tokenizer).safetensors().save(to: path)
      let loaded = try SavedLanguageModel(importing: path).model
      #expect(loaded.configuration == configuration)
      let logits = [model, loaded].map { model in
        model([1, 2, 3], shape: [1, 3], from: model.zeroState(batch: 1)).logits.scalars
      }
      #expect(logits[0] == logits[1])
    }
  }
}

/// Calls `body` with a path in a temporary directory.
func withTemporaryFile<Result>(
  _ name: String, _ body: (String) throws -> Result
) throws -> Result {
  let directory = FileManager.default.temporaryDirectory.appendingPathComponent(
    "swift-rnn-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: directory) }
  return try body(directory.appendingPathComponent(name).path)
}
