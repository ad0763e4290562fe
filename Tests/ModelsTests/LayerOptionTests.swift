import Cells
import Checkpoint
import Datasets
import Models
import TensorCore
import Testing

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Layer options are part of a model: in training, saving, loading and generation.
@Suite struct LayerOptionTests {
  private static let tokenizer = CharacterTokenizer("the quick brown fox jumps over a lazy dog.\n")

  private static let options: Recurrent.Options = {
    var options = Recurrent.Options()
    options.layerSizes = [10, 7]
    options.connection = .highway
    options.projectionSize = 6
    options.learnsInitialState = true
    options.normalizesProducts = true
    options.zoneout = ["hidden": 0.1, "cell": 0.4]
    options.weightDropout = 0.5
    options.initialization = .orthogonal
    return options
  }()

  private func configuration() throws -> ModelConfiguration {
    ModelConfiguration(
      cell: try CellRegistry.standard.cell(named: "lstm"), embeddingSize: 8, hiddenSize: 12,
      layers: 2, recurrent: Self.options)
  }

  /// In files without layer options the layers have the default options.
  @Test func olderConfigurationsHaveNone() throws {
    let model = try JSONDecoder().decode(
      ModelConfiguration.self,
      from: Data(
        #"{"cell":{"name":"gru"},"embeddingSize":8,"hiddenSize":9,"layers":1,"dropout":0,"tiesWeights":false}"#
          .utf8))
    #expect(model.recurrent == Recurrent.Options())
    let sequence = try JSONDecoder().decode(
      ModelConfiguration.self, from: Data(#"{"cell":{"name":"gru"},"hiddenSize":9}"#.utf8))
    #expect(sequence.recurrent == Recurrent.Options() && sequence.merge == .concatenate)
  }

  @Test func aModelComesBackAndWritesTheSame() throws {
    var generator = Philox(seed: 1)
    let model = LanguageModel(
      try configuration(), vocabularySize: Self.tokenizer.vocabulary.count, using: &generator)
    let names = model.parameters.map(\.name)
    for name in ["rnn.weight_hr_l1", "rnn.gain_hh_l0", "rnn.initial_cell_l1", "rnn.weight_skip_l0"]
    {
      #expect(names.contains(name))
    }
    try expectTheSame(afterSaving: SavedLanguageModel(model, Self.tokenizer))
  }

  private func expectTheSame(afterSaving saved: SavedLanguageModel) throws {
    var checkpoint = Checkpoint()
    try saved.write(to: &checkpoint)
    let loaded = try SavedLanguageModel(reading: CheckpointReader(bytes: checkpoint.encoded()))
    #expect(loaded.model.configuration == saved.model.configuration)
    let text = saved.generation(prompt: "the ", seed: 3).prefix(40).joined()
    #expect(loaded.generation(prompt: "the ", seed: 3).prefix(40).joined() == text)
  }

  /// All parameters of such a model are trained, including its initial states.
  @Test func everyParameterLearns() throws {
    var generator = Philox(seed: 2)
    let model = LanguageModel(
      try configuration(), vocabularySize: Self.tokenizer.vocabulary.count, using: &generator)
    expectLearning(model) { model, tokens in
      model(tokens, shape: [2, 15], from: model.zeroState(batch: 2), using: &generator).logits
    }
  }

  /// Every parameter of a model has a gradient.
  private func expectLearning(
    _ model: LanguageModel, _ logits: (LanguageModel, _ tokens: [Int32]) -> Tensor
  ) {
    let tokens = Self.tokenizer.encode("the quick brown fox jumps over a")
    let gradients = valueAndGradient(of: model) { model in
      crossEntropy(
        logits(model, Array(tokens.prefix(30))), Array(tokens.dropFirst().prefix(30)))
    }.gradients
    for name in model.parameters.map(\.name) {
      #expect(gradients[name]?.scalars.contains { $0 != 0 } == true, "\(name)")
    }
  }

  private func blocks() throws -> LanguageModel {
    var options = Recurrent.Options()
    options.block = Recurrent.Block()
    var generator = Philox(seed: 5)
    return LanguageModel(
      ModelConfiguration(
        cell: try CellRegistry.standard.cell(named: "gated-deltanet"), embeddingSize: 8,
        hiddenSize: 12, layers: 3, recurrent: options),
      vocabularySize: Self.tokenizer.vocabulary.count, using: &generator)
  }

  /// A stack of blocks learns in every parameter, is saved and described, and writes the same text when it is loaded.
  @Test func blocksAreAModelLikeOthers() throws {
    let model = try blocks()
    expectLearning(model) { model, tokens in
      model(tokens, shape: [2, 15], from: model.zeroState(batch: 2)).logits
    }
    let saved = SavedLanguageModel(model, Self.tokenizer)
    #expect(saved.summary.contains("gated-deltanet, 3 blocks of 12 units"))
    try expectTheSame(afterSaving: saved)
  }

  @Test func optionsThatDontSuitAreRefusedAsSettings() throws {
    var configuration = try configuration()
    configuration.recurrent.zoneout = ["memory": 0.1]
    let error = #expect(throws: InvalidSetting.self) { try configuration.validateForText() }
    #expect(
      error.map { "\($0)" }?.contains("lstm's zoneout: expected states among hidden, cell") == true)
    configuration.recurrent = Recurrent.Options()
    configuration.recurrent.layerSizes = [1 << 40]
    #expect(throws: InvalidSetting.self) { try configuration.validateForText() }
  }
}
