import Cells
import Checkpoint
import Datasets
import Foundation
import Models
import TensorCore
import Testing

/// Sessions are values that can be copied, saved and gone on with, to the bit.
@Suite struct SessionTests {
  private static let tokenizer = CharacterTokenizer("the quick brown fox jumps over a lazy dog.\n")

  private static func text(
    _ cell: String, size: Int = 6, seed: UInt64 = 1, _ options: Recurrent.Options = .init()
  ) throws -> SavedLanguageModel {
    var generator = Philox(seed: seed)
    let cell = try CellRegistry.standard.cell(named: cell)
    let hidden = try #require(
      cell.suitableHiddenSize(from: size, inputSize: size)
        ?? cell.suitableHiddenSize(from: 1, inputSize: size))
    let model = LanguageModel(
      ModelConfiguration(
        cell: cell, embeddingSize: size, hiddenSize: hidden, recurrent: options),
      vocabularySize: tokenizer.vocabulary.count, using: &generator)
    return SavedLanguageModel(model, tokenizer)
  }

  private static func reader(_ input: ValueKind, _ target: ValueKind, ahead: Int? = nil) throws
    -> SequencePredictor
  {
    var generator = Philox(seed: 3)
    var configuration = ModelConfiguration(cell: try CellRegistry.standard.cell(named: "gla"))
    (configuration.hiddenSize, configuration.embeddingSize) = (8, 4)
    let interface = SequenceInterface(input: input, target: target, stepsAhead: ahead)
    return SequencePredictor(
      SavedSequenceModel(
        SequenceNetwork(configuration, interface, using: &generator), interface))
  }

  private func written(_ session: inout WritingSession, _ count: Int) -> String {
    (0..<count).map { _ in session.next() ?? "" }.joined()
  }

  /// A session that was saved, and a copy of it, write what it writes itself.
  @Test(arguments: CellRegistry.standard.entries.map(\.name))
  func savedAndCopiedSessionsGoOnWithTheSameBits(_ cell: String) throws {
    try expectToGoOn(try Self.text(cell))
  }

  /// Sessions that pick rows of products, whatever was read before.
  @Test(arguments: ["lstm", "s6", "rwkv6", "rwkv7"], [0, 60])
  func largeSessionsGoOnWithTheSameBits(_ cell: String, after pieces: Int) throws {
    let saved = try Self.text(cell, size: 64)
    var other = saved.session()
    _ = written(&other, pieces)
    try expectToGoOn(saved)
  }

  private func expectToGoOn(_ saved: SavedLanguageModel) throws {
    var session = saved.session(seed: 7)
    session.read("the ")
    _ = written(&session, 11)
    session.read("fox")
    var checkpoint = Checkpoint()
    try session.write(to: &checkpoint)
    var (copy, loaded) = (session, saved.session(seed: 1))
    try loaded.restore(from: CheckpointReader(bytes: checkpoint.encoded()))
    let text = written(&session, 20)
    #expect(written(&copy, 20) == text)
    #expect(written(&loaded, 20) == text)
    for name in session.state.names {
      #expect(session.state[name].scalars == loaded.state[name].scalars, "\(name)")
    }
  }

  /// What a greedy session writes is what the model says token by token, also when it has read as many tokens as there are
  /// in the vocabulary, and when the number of threads or the precision changes on the way.
  ///
  /// Products of mixtures of two tokens, as in RWKV-7, are rounded otherwise.
  @Test(arguments: ["lstm", "gla", "s6", "gated-deltanet", "rwkv7"], [6, 64])
  func sessionsWriteWhatTheModelSays(_ cell: String, size: Int) throws {
    let saved = try Self.text(cell, size: size)
    var session = saved.session(sampler: .greedy)
    session.read("the ")
    let unknown = try #require(Self.tokenizer.unknown)
    var (tokens, state) = (Self.tokenizer.encode("the "), saved.model.zeroState(batch: 1))
    let threads = ThreadTeam.count
    defer { ThreadTeam.count = threads }
    for step in 0..<100 {
      if step == 80 { ThreadTeam.count = threads == 1 ? 2 : 1 }
      let logits: Tensor
      (logits, state) = saved.model(tokens, shape: [1, tokens.count], from: state)
      let last = logits.at(-1, along: 1).scalars
      var generator = Philox(seed: 0)
      tokens = [Sampler.greedy.token(from: last, excluding: unknown, using: &generator)]
      #expect(session.next() == Self.tokenizer.decode(tokens), "step \(step)")
      for name in state.names {
        let (found, expected) = (session.state[name], state[name])
        let isSame =
          cell == "rwkv7" && size == 64
          ? found.isApproximatelyEqual(to: expected, absoluteTolerance: 1e-5)
          : found == expected
        #expect(isSame, "\(name), step \(step)")
      }
    }
  }

  /// A session is what `generation` writes, and what it reads later counts.
  @Test func sessionsWriteWhatGenerationsDo() throws {
    var options = Recurrent.Options()
    options.block = Recurrent.Block()
    let saved = try Self.text("gated-deltanet", options)
    var session = saved.session(seed: 5)
    session.read("the ")
    let text = written(&session, 30)
    #expect(text == saved.generation(prompt: "the ", seed: 5).prefix(30).joined())
    var (first, second) = (session, session)
    first.read("fox")
    second.read("dog")
    #expect(written(&first, 20) != written(&second, 20))
    var begun = saved.session(seed: 2)
    #expect(written(&begun, 20) == saved.generation(seed: 2).prefix(20).joined())
  }

  /// Streams of numbers and of symbols are sessions too; a forecaster keeps its last answers.
  private static let streams: [(ValueKind, ValueKind, Int?)] = [
    (.features([Column("x")]), .features([Column("x")]), 2),
    (.symbols(Vocabulary(["a", "b"])), .symbols(Vocabulary(["c", "d", "e"])), nil),
  ]

  @Test(arguments: streams.indices)
  func streamsGoOnWithTheSameBits(_ index: Int) throws {
    let (input, target, ahead) = Self.streams[index]
    let predictor = try Self.reader(input, target, ahead: ahead)
    let steps: [SampleValue] =
      input.isDiscrete
      ? [.tokens([0, 1, 1]), .tokens([1, 0])]
      : [.features(FeatureSequence([0.5, -1, 2], width: 1)), .features(.init([1, 0], width: 1))]
    var session = try #require(StepPredictor(predictor))
    _ = session.prediction(for: steps[0])
    var checkpoint = Checkpoint()
    try session.write(to: &checkpoint)
    var loaded = try #require(StepPredictor(predictor))
    try loaded.restore(from: CheckpointReader(bytes: checkpoint.encoded()))
    if ahead != nil { #expect(loaded.forecast(3) == session.forecast(3)) }
    let answer = session.prediction(for: steps[1]).answer
    #expect(loaded.prediction(for: steps[1]).answer == answer)
    // The answers of the whole sequence at once.
    guard input.isDiscrete else { return }
    var whole = try #require(StepPredictor(predictor))
    guard case .tokens(let all) = whole.prediction(for: .tokens([0, 1, 1, 1, 0])).answer,
      case .tokens(let last) = answer
    else { return }
    #expect(Array(all.suffix(2)) == last)
  }

  /// A session of other weights, of another kind, with states of another shape or unknown tokens is refused.
  @Test func sessionsOfOtherModelsAreRefused() throws {
    let saved = try Self.text("gru")
    var checkpoint = Checkpoint()
    try saved.session().write(to: &checkpoint)
    func refusal(_ checkpoint: Checkpoint, by session: some Session) throws -> String {
      var session = session
      let error = #expect(throws: CheckpointError.self) {
        try session.restore(from: CheckpointReader(bytes: checkpoint.encoded()))
      }
      return error.map { "\($0)" } ?? ""
    }
    let other = try Self.text("gru", seed: 2).session()
    #expect(try refusal(checkpoint, by: other).contains("the checksum of this model's weights"))
    let kind = ValueKind.features([Column("x")])
    let steps = try #require(StepPredictor(try Self.reader(kind, kind)))
    #expect(try refusal(checkpoint, by: steps).contains("expected steps, found text"))
    #expect(try refusal(Checkpoint(), by: other).contains("session"))
    var wide = checkpoint
    wide.set(Tensor(zeros: [1, 1, 7]), .carry, "state/hidden")
    #expect(try refusal(wide, by: saved.session()).contains("[1, 1, 6]"))
  }

  /// The store keeps the last ones that were set, and brings the others back from their files with the same bits.
  @Test func theStoreEvictsTheOldestAndBringsThemBack() throws {
    let saved = try Self.text("rwkv7")
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
      "sessions-\(UUID().uuidString)"
    ).path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let ids = ["a", "A", "é/..", "7", "user 7", "b", String(repeating: "x", count: 80)]
    var store = SessionStore(saved.session(seed: 4), limit: 3, folder: folder)
    var alone = Dictionary(uniqueKeysWithValues: ids.map { ($0, saved.session(seed: 4)) })
    for round in 0..<40 {
      let id = ids[round * round % 11 % ids.count]
      var session = try store.session(of: id)
      session.read("\(id)")
      let text = written(&session, 3)
      try store.set(session, for: id)
      #expect(store.count <= 3)
      var expected = try #require(alone[id])
      expected.read("\(id)")
      #expect(written(&expected, 3) == text, "\(id) in round \(round)")
      alone[id] = expected
    }
    try store.saveAll()
    let next = SessionStore(saved.session(), limit: 1, folder: folder)
    for id in ids where FileManager.default.fileExists(atPath: store.path(of: id)) {
      var (found, expected) = (try next.session(of: id), try #require(alone[id]))
      #expect(written(&found, 9) == written(&expected, 9), "\(id)")
    }
    #expect(store.path(of: "é/..") == folder + "/%c3%a9%2f%2e%2e.rnnz")
    #expect(Set(ids.map { store.path(of: $0).lowercased() }).count == ids.count)
  }

  /// A hundred sessions with a limit of ten are the same as without one.
  @Test func aHundredSessionsAreKeptApart() throws {
    let kind = ValueKind.features([Column("x")])
    let start = try #require(StepPredictor(try Self.reader(kind, kind)))
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
      "sessions-\(UUID().uuidString)"
    ).path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    func answers(limit: Int) throws -> [String] {
      let inner = folder + "/\(limit)"
      try FileManager.default.createDirectory(atPath: inner, withIntermediateDirectories: true)
      var store = SessionStore(start, limit: limit, folder: inner)
      return try (0..<200).map { number in
        let id = "\(number * 7 % 100)"
        var session = try store.session(of: id)
        let answer = session.prediction(for: .features(.init([Float(number % 13)], width: 1)))
        try store.set(session, for: id)
        return "\(answer.answer)"
      }
    }
    #expect(try answers(limit: 10) == answers(limit: 100))
  }
}
