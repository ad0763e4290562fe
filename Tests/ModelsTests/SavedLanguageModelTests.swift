import Cells
import Checkpoint
import Datasets
import Models
import TensorCore
import Testing

@Suite struct SavedLanguageModelTests {
  private static let tokenizer = CharacterTokenizer("the quick brown fox jumps over a lazy dog.\n")

  private func saved(_ cell: String, tied: Bool = false) throws -> SavedLanguageModel {
    var generator = Philox(seed: 1)
    let configuration = ModelConfiguration(
      cell: try CellRegistry.standard.cell(named: cell), embeddingSize: 12, hiddenSize: 12,
      layers: 2, tiesWeights: tied)
    let model = LanguageModel(
      configuration, vocabularySize: Self.tokenizer.vocabulary.count, using: &generator)
    return SavedLanguageModel(model, Self.tokenizer)
  }

  private func bytes(_ saved: SavedLanguageModel) throws -> [UInt8] {
    var checkpoint = Checkpoint()
    try saved.write(to: &checkpoint)
    return try checkpoint.encoded()
  }

  @Test(arguments: ["rnn", "gru", "lstm"], [false, true])
  func comesBackAsItWas(_ cell: String, _ tied: Bool) throws {
    let original = try saved(cell, tied: tied)
    let loaded = try SavedLanguageModel(reading: CheckpointReader(bytes: bytes(original)))
    for (a, b) in zip(original.model.parameters, loaded.model.parameters) {
      #expect(a.name == b.name)
      #expect(a.value.scalars == b.value.scalars)
    }
    let text = original.generation(prompt: "the ", seed: 3).prefix(50).joined()
    #expect(loaded.generation(prompt: "the ", seed: 3).prefix(50).joined() == text)
    #expect(original.generation(prompt: "the ", seed: 4).prefix(50).joined() != text)
  }

  /// Generation step by step gives the same text as the logits of whole sequences.
  @Test func greedyTextIsWhatTheWholeSequencePredicts() throws {
    let saved = try saved("gru")
    let text = saved.generation(prompt: "fox", sampler: .greedy).prefix(20).joined()
    var tokens = Self.tokenizer.encode("fox")
    for _ in 0..<20 {
      let (logits, _) = saved.model(
        tokens, shape: [1, tokens.count], from: saved.model.zeroState(batch: 1))
      var last = logits.at(0).at(tokens.count - 1).scalars
      last[0] = -.infinity
      let best = last.indices.max { (last[$0], $1) < (last[$1], $0) }
      tokens.append(Int32(best ?? 0))
    }
    #expect(Self.tokenizer.decode(tokens.dropFirst(3)) == text)
  }

  /// What is computed once for the embedding's rows is computed again when weights change.
  @Test(arguments: [false, true])
  func changedWeightsAreRead(_ isTied: Bool) throws {
    let tokens = Self.tokenizer.encode("the quick brown fox jumps over a lazy dog. ")
    func logits(_ model: LanguageModel) -> Tensor {
      model(tokens, shape: [1, tokens.count], from: model.zeroState(batch: 1)).logits
    }
    var model = try saved("gru", tied: isTied).model
    let first = (0..<3).map { _ in logits(model) }
    #expect(first[1] == first[0] && first[2] == first[0])
    model.updateParameters { _, parameter in parameter = parameter * 0.5 }
    var fresh = try saved("gru", tied: isTied).model
    fresh.updateParameters { _, parameter in parameter = parameter * 0.5 }
    #expect(logits(model) == logits(fresh) && logits(model) != first[0])
  }

  /// A file with a configuration larger than its weights is refused before memory is allocated.
  @Test(arguments: [
    (#""hiddenSize":12"#, #""hiddenSize":65536"#), (#""hiddenSize":12"#, #""hiddenSize":-1"#),
    (#""layers":2"#, #""layers":200"#), (#""layers":2"#, #""layers":9000000"#),
    (#""embeddingSize":12"#, #""embeddingSize":9223372036854775807"#),
    (#""dropout":0"#, #""dropout":7"#), ("language-model", "tea-pot"), (#""gru""#, #""grue""#),
  ])
  func liesInTheConfigurationAreRefused(_ lie: (String, String)) throws {
    var checkpoint = Checkpoint()
    try saved("gru").write(to: &checkpoint)
    try forge(lie.0, as: lie.1, in: &checkpoint)
    let reader = try CheckpointReader(bytes: checkpoint.encoded())
    #expect(throws: CheckpointError.self) { try SavedLanguageModel(reading: reader) }
  }

  /// The same for the options of a cell.
  @Test(arguments: ["-5", "0", "9223372036854775807"])
  func liesInACellsOptionsAreRefused(_ size: String) throws {
    var generator = Philox(seed: 1)
    let cell = try CellRegistry.standard.named(LSTM(projectionSize: 4))
    let configuration = ModelConfiguration(
      cell: cell, embeddingSize: 12, hiddenSize: 12)
    let model = LanguageModel(
      configuration, vocabularySize: Self.tokenizer.vocabulary.count, using: &generator)
    var checkpoint = Checkpoint()
    try SavedLanguageModel(model, Self.tokenizer).write(to: &checkpoint)
    #expect(throws: Never.self) {
      try SavedLanguageModel(reading: CheckpointReader(bytes: checkpoint.encoded()))
    }
    try forge(#""projectionSize":4"#, as: #""projectionSize":"# + size, in: &checkpoint)
    let reader = try CheckpointReader(bytes: checkpoint.encoded())
    #expect(throws: CheckpointError.self) { try SavedLanguageModel(reading: reader) }
  }

  @Test func unknownCharactersAreNamedOnce() throws {
    #expect(try saved("rnn").unknownCharacters(in: "the ÄX ÄX fox") == "ÄX")
  }

  /// Changes a part of the configuration's text.
  private func forge(_ old: String, as new: String, in checkpoint: inout Checkpoint) throws {
    let key = Checkpoint.Key(.configuration, "model")
    guard case .json(let value)? = checkpoint.contents[key] else {
      Issue.record("no configuration")
      return
    }
    var text = String(decoding: value, as: UTF8.self)
    let range = try #require(text.ranges(of: old).first, "\(text)")
    text.replaceSubrange(range, with: new)
    checkpoint.set(.json(Array(text.utf8)), key)
  }
}
