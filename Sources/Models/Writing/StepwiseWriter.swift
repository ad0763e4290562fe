import Datasets
import Requirements
import TensorCore

/// A model that writes token by token: greedily, by sampling, or by beam search.
public protocol StepwiseWriter: Sendable {
  /// The decoding state of a batch.
  associatedtype State: StepwiseState

  /// The vocabulary size, V; also the ID of the start and end token.
  var tokenCount: Int { get }

  /// The initial state for the answers to a batch.
  func start(_ input: BatchValue) -> State

  /// The logits `[B, V + 1]` of the next tokens after the given ones, one for each sample.
  func step(_ tokens: [Int32], _ state: inout State) -> Tensor
}

/// The decoding state of a ``StepwiseWriter`` for a batch.
public protocol StepwiseState: Sendable {
  /// The states of the given samples, in this order; samples may repeat.
  func selecting(_ rows: [Int]) -> Self
}

/// A written sequence, without start and end token.
public struct WrittenSequence: Sendable, Hashable {
  /// The tokens.
  public let tokens: [Int32]
  /// The natural logarithm of the probability of the tokens and the end token.
  public let logProbability: Double
  /// Whether the model ended the sequence, instead of the length limit.
  public let isEnded: Bool
}

extension StepwiseWriter {
  /// Writes an answer to each sample of a batch, with each token chosen by a sampler.
  ///
  /// - Parameters:
  ///   - input: the inputs.
  ///   - sampler: how a token is chosen; by default greedily.
  ///   - limit: the most tokens of an answer.
  ///   - excluded: a token that is never written, such as the unknown token.
  ///   - generator: the random generator.
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

  /// The likeliest answers to a batch of one sample by beam search, the best first.
  ///
  /// At each step the `width` best prefixes are kept; ended sequences are ranked by
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

  /// A prefix with one more token, and the log probability of both.
  private typealias Candidate = (beam: Int, token: Int32, log: Double)

  /// Every prefix with every next token, the likeliest first.
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
