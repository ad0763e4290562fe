import Cells
import Datasets
import Models
import TensorCore

/// Text that a model writes after another one, with the surprise of each piece under the model itself at temperature 1.
func written(
  by saved: SavedLanguageModel, after prompt: String, length: Int, sampler: Sampler, seed: UInt64
) throws -> [WrittenText.Piece] {
  try sampler.validate()
  var generator = Philox(seed: seed)
  var step = Stepwise(saved, after: prompt)
  return (0..<length).map { _ in
    let token = sampler.token(
      from: step.logits, excluding: saved.tokenizer.unknown, using: &generator)
    let surprise = -step.logProbability(of: token)
    step.read(token)
    return .init(
      text: saved.tokenizer.vocabulary[Int(token)], surprise: surprise.isFinite ? surprise : 99)
  }
}

/// What can come after a text: the likeliest tokens, as a sampler would choose them.
struct NextTokens: Codable, Sendable {
  var choices: [Choice]
  var continuation: [WrittenText.Piece]

  struct Choice: Codable, Sendable {
    var text: String
    var probability: Double
  }

  init(
    after text: String, by saved: SavedLanguageModel, sampler: Sampler, length: Int, seed: UInt64
  ) throws {
    try sampler.validate()
    let step = Stepwise(saved, after: text)
    choices = sampler.distribution(of: step.logits, excluding: saved.tokenizer.unknown).prefix(14)
      .map { Choice(text: saved.tokenizer.vocabulary[Int($0.token)], probability: $0.probability) }
    continuation = try written(
      by: saved, after: text, length: length, sampler: sampler, seed: seed)
  }
}

/// A model that reads token by token.
private struct Stepwise {
  private let model: LanguageModel
  private var state: RecurrentState
  private(set) var logits: [Float]

  init(_ saved: SavedLanguageModel, after text: String) {
    model = saved.model
    let unknown = saved.tokenizer.unknown
    var tokens = saved.tokenizer.encode(text).filter { $0 != unknown }.suffix(ReadText.longest)
    if tokens.isEmpty {
      tokens = [saved.tokenizer.vocabulary.indices.map(Int32.init).first { $0 != unknown } ?? 0]
    }
    let (all, after) = model(
      Array(tokens), shape: [1, tokens.count], from: model.zeroState(batch: 1))
    state = after
    logits = all.at(-1, along: 1).scalars
  }

  mutating func read(_ token: Int32) {
    let (next, after) = model([token], shape: [1, 1], from: state)
    (logits, state) = (next.scalars, after)
  }

  func logProbability(of token: Int32) -> Double {
    Double(logSoftmax(Tensor(logits)).scalars[Int(token)])
  }
}
