import Datasets
import Requirements
import TensorCore

/// A model that writes token by token: greedily, at random, or by beam search, the same for all.
public protocol StepwiseWriter: Sendable {
  /// How far some samples are written.
  associatedtype State: StepwiseState

  /// The number of different tokens, V; also the token of the beginning and the end.
  var tokenCount: Int { get }

  /// Where the answers to a batch begin.
  func start(_ input: BatchValue) -> State

  /// The logits `[B, V + 1]` of the tokens after the given ones, one for each sample.
  func step(_ tokens: [Int32], _ state: inout State) -> Tensor
}

/// What a ``StepwiseWriter`` knows of the samples that it is writing.
public protocol StepwiseState: Sendable {
  /// The states of some samples, in the given order, which may repeat them.
  func selecting(_ rows: [Int]) -> Self
}

/// A sequence that was written, without marks of its beginning and end.
public struct WrittenSequence: Sendable, Hashable {
  /// The tokens.
  public let tokens: [Int32]
  /// The natural logarithm of the probability of the tokens and the end.
  public let logProbability: Double
  /// Whether the model ended the sequence, rather than the limit of its length.
  public let isEnded: Bool
}

extension StepwiseWriter {
  /// Writes an answer to each sample of a batch, each token drawn by a sampler.
  ///
  /// - Parameters:
  ///   - input: what the answers are to.
  ///   - sampler: how a token is drawn; by default it is the likeliest.
  ///   - limit: the most tokens of an answer.
  ///   - excluded: a token that is never written, such as the one for unknown characters.
  ///   - generator: where chance comes from.
  public func write(
    _ input: BatchValue, sampler: Sampler = .greedy, limit: Int, excluding excluded: Int32? = nil,
    using generator: inout some RandomNumberGenerator
  ) -> [WrittenSequence] {
    require(limit >= 0, "expected answers of 0 or more tokens, found \(limit)")
    var state = start(input)
    let end = Int32(tokenCount)
    var last = Array(repeating: end, count: input.count)
    var tokens = Array(repeating: [Int32](), count: input.count)
    var logs = Array(repeating: 0.0, count: input.count)
    var isEnded = Array(repeating: false, count: input.count)
    for _ in 0...limit where !isEnded.allSatisfy({ $0 }) {
      let logits = step(last, &state)
      let width = logits.shape[1]
      let scalars = logits.scalars
      for row in 0..<input.count where !isEnded[row] {
        let own = Array(scalars[row * width..<(row + 1) * width])
        let token = sampler.token(from: own, excluding: excluded, using: &generator)
        logs[row] += logProbability(of: Int(token), own)
        last[row] = token
        isEnded[row] = token == end
        if token != end, tokens[row].count < limit { tokens[row].append(token) }
      }
    }
    return tokens.indices.map {
      WrittenSequence(tokens: tokens[$0], logProbability: logs[$0], isEnded: isEnded[$0])
    }
  }

  /// The likeliest answers to the only sample of a batch that beam search finds, the best first.
  ///
  /// At each step the `width` best beginnings are kept; ended sequences compete by
  ///
  ///     log p(y) / ((5 + |y|) / 6)^penalty
  ///
  /// Paper: Y. Wu et al., Google's neural machine translation system, 2016 (the length penalty).
  ///
  /// - Precondition: `width` is positive and the batch has one sample.
  public func beamSearch(
    _ input: BatchValue, width: Int, limit: Int, penalty: Double = 0,
    excluding excluded: Int32? = nil
  ) -> [WrittenSequence] {
    require(
      width > 0 && input.count == 1 && limit >= 0,
      "expected a beam of 1 or more over one sample, 0 or more tokens long, found \(width) over \(input.count), \(limit) long"
    )
    let end = Int32(tokenCount)
    var state = start(input)
    var beams: [(tokens: [Int32], log: Double)] = [([], 0)]
    var ended: [WrittenSequence] = []
    for length in 0...limit {
      let logits = step(beams.map { $0.tokens.last ?? end }, &state)
      var kept: [Candidate] = []
      for candidate in candidates(logits, after: beams.map(\.log), excluding: excluded)
        .prefix(2 * width)
      where kept.count < width {
        if candidate.token == end {
          ended.append(
            WrittenSequence(
              tokens: beams[candidate.beam].tokens, logProbability: candidate.log, isEnded: true))
        } else {
          kept.append(candidate)
        }
      }
      if ended.count >= width || length == limit || kept.isEmpty { break }
      state = state.selecting(kept.map(\.beam))
      beams = kept.map { (beams[$0.beam].tokens + [$0.token], $0.log) }
    }
    if ended.isEmpty {
      ended = beams.map {
        WrittenSequence(tokens: $0.tokens, logProbability: $0.log, isEnded: false)
      }
    }
    func score(_ sequence: WrittenSequence) -> Double {
      sequence.logProbability / power((5 + Double(sequence.tokens.count)) / 6, penalty)
    }
    return Array(ended.sorted { score($0) > score($1) }.prefix(width))
  }

  /// A beginning with one more token, and the logarithm of the probability of both.
  private typealias Candidate = (beam: Int, token: Int32, log: Double)

  /// Every beginning with every next token, the likeliest first.
  private func candidates(
    _ logits: Tensor, after known: [Double], excluding excluded: Int32?
  ) -> [Candidate] {
    let probabilities = logSoftmax(logits).scalars
    let classes = logits.shape[1]
    var candidates: [Candidate] = []
    for (beam, log) in known.enumerated() {
      for token in 0..<classes where Int32(token) != excluded {
        candidates.append(
          (beam, Int32(token), log + Double(probabilities[beam * classes + token])))
      }
    }
    return candidates.sorted { ($0.log, $1.beam, $1.token) > ($1.log, $0.beam, $0.token) }
  }

  private func logProbability(of token: Int, _ logits: [Float]) -> Double {
    let largest = Double(logits.max() ?? 0)
    let sum = logits.reduce(0.0) { $0 + exponential(Double($1) - largest) }
    return Double(logits[token]) - largest - logarithm(sum)
  }
}
