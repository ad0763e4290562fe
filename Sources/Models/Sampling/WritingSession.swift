import Cells
import Checkpoint
import Datasets
import TensorCore

/// A text of a language model in the making: it reads what is given to it, and writes on, piece by piece.
///
/// ```swift
/// var session = try SavedLanguageModel(path: "model.rnnz").session(seed: 1)
/// session.read("Once")
/// for _ in 0..<500 { print(session.next() ?? "", terminator: "") }
/// ```
///
/// Its memory is constant: the model's states, and the tokens that were read since the last piece.
public struct WritingSession: Session, IteratorProtocol {
  /// How tokens are chosen.
  public var sampler: Sampler
  /// The model's states after the tokens that it has read: all but those since the last piece.
  public var state: RecurrentState { steps?.state ?? start }

  /// The states before the steps.
  private var start: RecurrentState
  /// Steps over one token after another; nil before the first.
  private var steps: LanguageModel.Steps?
  private let model: LanguageModel
  private let tokenizer: any Tokenizer
  private let weights: WeightsChecksum
  /// The tokens that the model has not read yet; empty only at the beginning.
  private var pending: [Int32] = []
  private var stream: TokenStream
  private var generator: Philox

  /// A session at the beginning of a text.
  ///
  /// - Precondition: the sampler passes ``Sampler/validate()``.
  init(_ model: LanguageModel, _ tokenizer: any Tokenizer, sampler: Sampler, seed: UInt64) {
    sampler.requireValid()
    self.sampler = sampler
    self.model = model
    self.tokenizer = tokenizer
    weights = WeightsChecksum(of: model)
    start = model.zeroState(batch: 1)
    stream = TokenStream(tokenizer)
    generator = Philox(seed: seed)
  }

  /// Appends a text, which the model goes on from.
  public mutating func read(_ text: String) { pending += tokenizer.encode(text) }

  /// The next piece that the model writes, the text of one token; never nil. It is empty inside a character of several
  /// tokens.
  public mutating func next() -> String? {
    if pending.isEmpty { pending = beginning }
    let token = sampler.token(from: readPending(), excluding: tokenizer.unknown, using: &generator)
    pending = [token]
    return stream.decode(token)
  }

  /// Reads the tokens that the model has not read yet: the logits of the next one.
  private mutating func readPending() -> [Float] {
    if pending.count == 1 {
      // A copy of the session has the same steps, as long as neither reads on.
      if steps?.canGoOn() != true { (start, steps) = (state, model.steps(from: state)) }
      if let logits = steps?.read(pending[0]) { return logits }
    }
    let (logits, next) = model.advance(pending, from: state)
    (start, steps) = (next, nil)
    return logits.scalars
  }

  /// Writes up to the end of a line, or a number of pieces; returns the line without its end.
  public mutating func line(limit: Int) -> String {
    var line = ""
    for _ in 0..<limit {
      let piece = next() ?? ""
      let part = piece.prefix { !$0.isNewline }
      line += part
      if part.count < piece.count { break }
    }
    return line
  }

  /// The tokens before a text without a prompt: an empty line, or else the first known token.
  private var beginning: [Int32] {
    let newlines = tokenizer.encode("\n\n")
    if !newlines.isEmpty, newlines.allSatisfy({ $0 != tokenizer.unknown }) { return newlines }
    let known = tokenizer.vocabulary.indices.first { Int32($0) != tokenizer.unknown }
    return [Int32(known ?? 0)]
  }
}

extension WritingSession {
  private static let kind = "text"

  /// A session besides its states.
  private struct Details: Codable {
    var pending: [Int32]
    /// The bytes of an unfinished character.
    var unfinished: [UInt8]
    var generator: Philox
  }

  private typealias Header = SessionHeader<Details>

  public func write(to checkpoint: inout Checkpoint) throws(CheckpointError) {
    let details = Details(pending: pending, unfinished: stream.unfinished, generator: generator)
    try Header(kind: Self.kind, weights: weights.value, details: details)
      .write(state, to: &checkpoint)
  }

  public mutating func restore(from reader: CheckpointReader) throws(CheckpointError) {
    let details = try Header(Self.kind, weights, reading: reader).details
    let tokens = 0..<Int32(model.vocabularySize)
    if let token = details.pending.first(where: { !tokens.contains($0) }) {
      throw Header.mismatch(
        reader, "details.pending", expected: "tokens in \(tokens)", found: "\(token)")
    }
    guard details.unfinished.count < 4 else {
      throw Header.mismatch(
        reader, "details.unfinished", expected: "at most 3 bytes",
        found: "\(details.unfinished.count)")
    }
    (start, steps) = (try reader.states(like: state), nil)
    pending = details.pending
    stream.unfinished = details.unfinished
    generator = details.generator
  }
}

extension SavedLanguageModel {
  /// A session at the beginning of a text, which can be copied, saved and gone on with.
  public func session(sampler: Sampler = Sampler(), seed: UInt64 = 0) -> WritingSession {
    WritingSession(model, tokenizer, sampler: sampler, seed: seed)
  }
}
