import Cells
import Datasets
import Models
import TensorCore

/// A model that reads a text token by token: a small value, so that a copy is a branch of the text.
struct Stepwise: Sendable {
  let saved: SavedLanguageModel
  private var state: RecurrentState
  private(set) var logits: [Float]

  /// A model that has read a text; of a text that it does not know at all, its first token.
  init(_ saved: SavedLanguageModel, after text: String) {
    self.saved = saved
    var tokens = Self.known(text, by: saved.tokenizer)
    if tokens.isEmpty {
      let unknown = saved.tokenizer.unknown
      tokens = [saved.tokenizer.vocabulary.indices.map(Int32.init).first { $0 != unknown } ?? 0]
    }
    let model = saved.model
    let (all, after) = model(tokens, shape: [1, tokens.count], from: model.zeroState(batch: 1))
    state = after
    logits = all.at(-1, along: 1).scalars
  }

  mutating func read(_ token: Int32) {
    let (next, after) = saved.model([token], shape: [1, 1], from: state)
    (logits, state) = (next.scalars, after)
  }

  /// Reads more of the text; characters that the model does not know are left out.
  mutating func read(_ text: String) {
    for token in Self.known(text, by: saved.tokenizer) { read(token) }
  }

  /// The floats that a copy holds besides the model's weights.
  var size: Int { logits.count + state.tensors.reduce(0) { $0 + $1.count } }

  func logProbability(of token: Int32) -> Double {
    Double(logSoftmax(Tensor(logits)).scalars[Int(token)])
  }

  private static func known(_ text: String, by tokenizer: any Tokenizer) -> [Int32] {
    tokenizer.encode(text).filter { $0 != tokenizer.unknown }.suffix(ReadText.longest)
  }

  // MARK: What comes next

  /// Text that the model writes from here, with the surprise of each piece under the model itself at temperature 1.
  func written(length: Int, sampler: Sampler, seed: UInt64) throws -> [WrittenText.Piece] {
    try sampler.validate()
    var (generator, step) = (Philox(seed: seed), self)
    return (0..<length).map { _ in
      let token = sampler.token(
        from: step.logits, excluding: saved.tokenizer.unknown, using: &generator)
      let surprise = -step.logProbability(of: token)
      step.read(token)
      return .init(
        text: saved.tokenizer.vocabulary[Int(token)], surprise: surprise.isFinite ? surprise : 99)
    }
  }
}

/// What can come after a text: the likeliest tokens, as a sampler would choose them.
struct NextTokens: Codable, Sendable {
  var choices: [Choice]
  var continuation: [WrittenText.Piece]
  /// The steps that the model had learned.
  var step: Int

  struct Choice: Codable, Sendable {
    var text: String
    var probability: Double
  }

  init(_ reader: Stepwise, step: Int, sampler: Sampler, length: Int, seed: UInt64) throws {
    try sampler.validate()
    self.step = step
    let tokenizer = reader.saved.tokenizer
    choices = sampler.distribution(of: reader.logits, excluding: tokenizer.unknown).prefix(14)
      .map { Choice(text: tokenizer.vocabulary[Int($0.token)], probability: $0.probability) }
    continuation = try reader.written(length: length, sampler: sampler, seed: seed)
  }
}
