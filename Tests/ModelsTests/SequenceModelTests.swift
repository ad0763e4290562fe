import Cells
import Checkpoint
import Datasets
import ModelFixtures
import Models
import TensorCore
import Testing

/// Models of all shapes are unchanged after saving and loading, and answer step by step as in one pass.
@Suite struct SequenceModelTests {
  private func model(_ model: ModelCase, _ numbers: ModelNumbers) throws -> SequenceNetwork {
    var generator = Philox(seed: 1)
    var network = SequenceNetwork(try model.configuration(), model.interface, using: &generator)
    try network.load(numbers.tensors(model, "parameters"))
    return network
  }

  @Test(arguments: ModelCase.all)
  func comesBackFromItsFile(_ model: ModelCase) throws {
    let numbers = try ModelNumbers()
    let network = try self.model(model, numbers)
    var checkpoint = Checkpoint()
    try SavedSequenceModel(network, model.interface).write(to: &checkpoint)
    let loaded = try SavedSequenceModel(reading: CheckpointReader(bytes: checkpoint.encoded()))
    #expect(loaded.model.parameters.map(\.name) == network.parameters.map(\.name))
    #expect(
      loaded.model.parameters.map(\.value.scalars) == network.parameters.map(\.value.scalars))
    #expect(loaded.interface.target.names == model.interface.target.names)
  }

  /// A file with a configuration larger than its weights is refused before memory is allocated.
  @Test(arguments: [
    (#""hiddenSize":6"#, #""hiddenSize":65536"#), (#""hiddenSize":6"#, #""hiddenSize":-1"#),
    (#""layers":2"#, #""layers":200"#),
    (#""embeddingSize":4"#, #""embeddingSize":9223372036854775807"#),
    (#""dropout":0"#, #""dropout":7"#), ("sequence-model", "tea-pot"), (#""gru""#, #""grue""#),
    (#""dot""#, #""dots""#), (#""delayed""#, #""inStep""#), (#""w","x""#, #""w","w""#),
  ])
  func liesAreRefused(_ lie: (String, String)) throws {
    let model = ModelCase(name: "dot", cell: "gru", isBidirectional: false, attention: .dot)
    var generator = Philox(seed: 1)
    let network = SequenceNetwork(try model.configuration(), model.interface, using: &generator)
    var checkpoint = Checkpoint()
    try SavedSequenceModel(network, model.interface).write(to: &checkpoint)
    let key = Checkpoint.Key(.configuration, "model")
    guard case .json(let value)? = checkpoint.contents[key] else {
      Issue.record("no configuration")
      return
    }
    var text = String(decoding: value, as: UTF8.self)
    let range = try #require(text.ranges(of: lie.0).first, "\(text)")
    text.replaceSubrange(range, with: lie.1)
    checkpoint.set(.json(Array(text.utf8)), key)
    let reader = try CheckpointReader(bytes: checkpoint.encoded())
    #expect(throws: CheckpointError.self) { try SavedSequenceModel(reading: reader) }
  }

  /// A filter gives the same answers step by step as for the whole sequence.
  @Test func stepsAnswerAsTheWholeDoes() throws {
    let model = try #require(ModelCase.all.first { $0.name == "forecaster" })
    let numbers = try ModelNumbers()
    let network = try self.model(model, numbers)
    let sample = try numbers.samples(of: model)[0]
    guard case .reader(let reader) = network, case .features(let sequence) = sample.input else {
      Issue.record("expected a reader of features, found \(model)")
      return
    }
    let whole = reader(SampleBatch(padding: [sample]).input)
    var state = reader.zeroState(batch: 1)
    for step in 0..<sequence.count {
      let answer = reader.step(Tensor(Array(sequence[step]), shape: [1, 3]), from: &state)
      for (a, b) in zip(answer.scalars, whole.at(step).scalars) { #expect(abs(a - b) < 1e-6) }
    }
  }
}

/// Writing token by token.
@Suite struct WritingTests {
  /// The recorded encoder-decoder; if `decisive`, with larger weights, so that its greedy answers differ and end.
  private func translator(isDecisive: Bool = false) throws -> (EncoderDecoder, [Sample]) {
    let model = try #require(ModelCase.all.first { $0.name == "general" })
    let numbers = try ModelNumbers()
    var generator = Philox(seed: 1)
    var network = SequenceNetwork(try model.configuration(), model.interface, using: &generator)
    try network.load(numbers.tensors(model, "parameters"))
    network.updateParameters { name, parameter in
      guard isDecisive, !name.hasPrefix("encoder") else { return }
      let end = Tensor([Float](repeating: 0, count: model.interface.target.size) + [-1])
      parameter = name == "fc.bias" ? parameter + end : parameter * 8
    }
    guard case .translator(let translator) = network else { throw Missing() }
    return (translator, try numbers.samples(of: model))
  }

  private struct Missing: Error {}

  /// log p of an answer and its end token, by the pass with teacher forcing.
  private func logProbability(
    _ model: EncoderDecoder, _ input: BatchValue, _ tokens: [Int32]
  ) -> Double {
    let answers = DecoderTokens(PaddedTokens([tokens], padding: -1), tokenCount: model.tokenCount)
    let loss = crossEntropy(model(input, answers: answers), answers.targets)
    return -Double(loss.scalar) * Double(tokens.count + 1)
  }

  @Test func greedyTokensAreWhatTheWholePassPrefers() throws {
    let (model, samples) = try translator(isDecisive: true)
    var generator = Philox(seed: 1)
    let written = model.write(SampleBatch(padding: samples).input, limit: 8, using: &generator)
    #expect(written.contains { $0.isEnded && !$0.tokens.isEmpty })
    for (sample, answer) in zip(samples, written) {
      let input = SampleBatch(padding: [sample]).input
      let tokens = DecoderTokens(
        PaddedTokens([answer.tokens], padding: -1), tokenCount: model.tokenCount)
      let best = model(input, answers: tokens).argmax()
      #expect(Array(best.prefix(answer.tokens.count)) == answer.tokens)
      guard answer.isEnded else { continue }
      #expect(best.last == Int32(model.tokenCount))
      let log = logProbability(model, input, answer.tokens)
      #expect(abs(answer.logProbability - log) < 1e-4)
    }
  }

  /// A beam as wide as the number of prefixes finds the best of all answers of at most three tokens.
  @Test func aWideBeamFindsTheBestAnswer() throws {
    let (model, samples) = try translator()
    let input = SampleBatch(padding: [samples[0]]).input
    var all: [[Int32]] = [[]]
    for _ in 0..<3 {
      all += all.flatMap { known in (0..<4).map { known + [$0] } }
    }
    let best = Set(all).map { ($0, logProbability(model, input, $0)) }.max { $0.1 < $1.1 }
    let found = try #require(model.beamSearch(input, width: 200, limit: 3).first)
    #expect(found.isEnded && found.tokens == best?.0)
    #expect(abs(found.logProbability - (best?.1 ?? 0)) < 1e-4)
  }

  @Test func aBeamOfOneIsGreedy() throws {
    let (model, samples) = try translator(isDecisive: true)
    var ended = 0
    for sample in samples {
      let input = SampleBatch(padding: [sample]).input
      var generator = Philox(seed: 1)
      let greedy = model.write(input, limit: 8, using: &generator)[0]
      let beam = model.beamSearch(input, width: 1, limit: 8)[0]
      guard greedy.isEnded, !greedy.tokens.isEmpty else { continue }
      ended += 1
      #expect(beam.tokens == greedy.tokens)
    }
    #expect(ended > 0)
  }

  /// The attention weights of each answer token sum to 1 and are 0 for padding.
  @Test func alignmentsAreWeights() throws {
    let (model, samples) = try translator()
    let batch = SampleBatch(padding: [samples[1]])
    guard case .tokens(let target) = batch.target else {
      Issue.record("expected tokens to write, found \(batch.target)")
      return
    }
    let answers = DecoderTokens(target, tokenCount: model.tokenCount)
    let weights = try #require(model.alignment(batch.input, answers: answers))
    #expect(weights.shape == [answers.steps, batch.input.lengths?[0] ?? 0])
    for row in weights.unstacked() { #expect(abs(row.sum().scalar - 1) < 1e-6) }
  }

  @Test func teacherForcingFollowsItsFormula() {
    #expect(TeacherForcing.always.share(step: 1_000_000) == 1)
    let linear = TeacherForcing.linear(last: 0.25, steps: 100)
    #expect(linear.share(step: 0) == 1 && linear.share(step: 50) == 0.625)
    #expect(linear.share(step: 100) == 0.25 && linear.share(step: 500) == 0.25)
    let sigmoid = TeacherForcing.sigmoid(20)
    #expect(abs(sigmoid.share(step: 60) - 20 / (20 + 20.085536923187668)) < 1e-12)
    for text in ["always", "linear:0.25:100", "sigmoid:20.0"] {
      #expect(TeacherForcing(text)?.description == text)
    }
    #expect(TeacherForcing("linear") == nil && TeacherForcing("never") == nil)
  }
}
