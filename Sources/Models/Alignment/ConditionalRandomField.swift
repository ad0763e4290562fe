import Requirements
import TensorCore

/// A linear-chain conditional random field: scores of tags at each step, and of pairs of neighbours.
///
///     score(y) = start[y₁] + Σₜ emission[t, yₜ] + Σₜ transition[yₜ₋₁, yₜ] + end[yₜₑ]
///     p(y) = exp(score(y)) / Z,  Z the sum over all sequences of tags
///
/// Parameters have the names of the package pytorch-crf: `start_transitions [K]`, `transitions [K, K]` (from, to),
/// `end_transitions [K]`.
///
/// J. Lafferty, A. McCallum and F. Pereira, Conditional random fields, ICML 2001.
public struct ConditionalRandomField: Module {
  /// The scores of the first tag, `[K]`.
  public var start: Tensor
  /// The scores of a tag (row) followed by a tag (column), `[K, K]`.
  public var transitions: Tensor
  /// The scores of the last tag, `[K]`.
  public var end: Tensor

  /// A field whose scores are zero.
  public init(tags: Int) {
    require(tags >= 1, "expected one tag or more, found \(tags)")
    start = Tensor(zeros: [tags])
    transitions = Tensor(zeros: [tags, tags])
    end = Tensor(zeros: [tags])
  }

  public mutating func visitParameters(_ visitor: inout ParameterVisitor) {
    visitor.visit("start_transitions", &start)
    visitor.visit("transitions", &transitions)
    visitor.visit("end_transitions", &end)
  }

  /// The number of tags, K.
  public var tags: Int { start.count }

  /// The mean over the samples of -log p(tags), in nats. Differentiable in the emissions and the parameters, exactly, by
  /// the forward-backward recursion. A tag that is not known, -1, is summed over.
  ///
  /// - Parameters:
  ///   - emissions: `[T, B, K]`.
  ///   - tags: For each sample its tags, one a step; -1 for one that is not known.
  ///   - lengths: The number of steps of each sample, one or more; nil for T.
  public func loss(
    _ emissions: Tensor, _ tags: [[Int32]], lengths: [Int]? = nil
  ) -> Tensor {
    let lengths = checked(emissions, lengths)
    let (batch, count) = (emissions.shape[1], self.tags)
    require(
      tags.count == batch && zip(tags, lengths).allSatisfy { $0.count >= $1 }
        && tags.allSatisfy { $0.allSatisfy { (-1..<count).contains(Int($0)) } },
      "expected tags from 0 up to \(count), or -1, for each step of \(batch) samples")
    var gradients = FieldGradients(emissions: emissions.count, tags: count)
    let scores = Scores(self)
    var total = 0.0
    let scalars = emissions.scalars
    for sample in 0..<batch {
      let frames = Self.frames(scalars, sample, lengths[sample], batch, count)
      let (chain, own) = (CRFChain(frames, scores), tags[sample].prefix(frames.count))
      gradients.add(chain, 1, sample: sample, batch: batch, scores)
      guard own.contains(-1) else {
        total += chain.logNormalizer - scores.score(tags[sample], frames)
        gradients.subtract(own, sample: sample, batch: batch)
        continue
      }
      let given = CRFChain(Self.restricted(frames, to: own), scores)
      total += chain.logNormalizer - given.logNormalizer
      gradients.add(given, -1, sample: sample, batch: batch, scores)
    }
    let scale = batch == 0 ? 0 : 1 / Float(batch)
    let slopes = gradients.tensors(shape: emissions.shape)
    let value = Tensor(batch == 0 ? 0 : Float(total / Double(batch)))
    return Tensor.record([value], dependingOn: [emissions, start, transitions, end]) { outputs in
      slopes.map { slope in outputs[0].map { slope * ($0.scalar * scale) } }
    }[0]
  }

  /// The likeliest tags of each sample, by Viterbi's recursion, and the logarithms of their probabilities.
  ///
  /// - Parameters:
  ///   - emissions: `[T, B, K]`.
  ///   - lengths: The number of steps of each sample, one or more; nil for T.
  public func viterbi(
    _ emissions: Tensor, lengths: [Int]? = nil
  ) -> [(tags: [Int32], logProbability: Double)] {
    let lengths = checked(emissions, lengths)
    let (scores, scalars) = (Scores(self), emissions.scalars)
    return lengths.enumerated().map { sample, length in
      let frames = Self.frames(scalars, sample, length, emissions.shape[1], tags)
      let tags = scores.best(frames)
      return (tags, scores.score(tags, frames) - CRFChain(frames, scores).logNormalizer)
    }
  }

  private func checked(_ emissions: Tensor, _ lengths: [Int]?) -> [Int] {
    require(
      emissions.rank == 3 && emissions.shape[2] == tags,
      "expected emissions [T, B, \(tags)], found shape \(emissions.shape)")
    let lengths = lengths ?? [Int](repeating: emissions.shape[0], count: emissions.shape[1])
    require(
      lengths.count == emissions.shape[1]
        && lengths.allSatisfy { $0 >= 1 && $0 <= emissions.shape[0] },
      "expected lengths from 1 to \(emissions.shape[0]), found \(lengths)")
    return lengths
  }

  /// The scores of steps with no other tag possible where one is known.
  private static func restricted(_ frames: [[Double]], to tags: ArraySlice<Int32>) -> [[Double]] {
    zip(frames, tags).map { frame, known in
      guard known >= 0 else { return frame }
      return frame.indices.map { $0 == Int(known) ? frame[$0] : -.infinity }
    }
  }

  private static func frames(
    _ scalars: [Float], _ sample: Int, _ length: Int, _ batch: Int, _ count: Int
  ) -> [[Double]] {
    (0..<length).map { step in
      let start = (step * batch + sample) * count
      return scalars[start..<start + count].map { Double($0) }
    }
  }
}

/// The parameters of a field in double precision.
private struct Scores {
  let start: [Double]
  /// The scores of pairs, by the first tag.
  let transitions: [[Double]]
  let end: [Double]

  var count: Int { start.count }

  init(_ field: ConditionalRandomField) {
    let count = field.tags
    let pairs = field.transitions.scalars.map { Double($0) }
    start = field.start.scalars.map { Double($0) }
    transitions = (0..<count).map { Array(pairs[$0 * count..<($0 + 1) * count]) }
    end = field.end.scalars.map { Double($0) }
  }

  func score(_ tags: [Int32], _ frames: [[Double]]) -> Double {
    var score = 0.0
    for (step, frame) in frames.enumerated() {
      let tag = Int(tags[step])
      score += frame[tag] + (step == 0 ? start[tag] : transitions[Int(tags[step - 1])][tag])
      if step == frames.count - 1 { score += end[tag] }
    }
    return score
  }

  /// The tags of the highest score; of equal ones the first.
  func best(_ frames: [[Double]]) -> [Int32] {
    var scores = (0..<count).map { start[$0] + frames[0][$0] }
    var pointers: [[Int]] = []
    for frame in frames.dropFirst() {
      var (next, from) = (scores, [Int](repeating: 0, count: count))
      for tag in 0..<count {
        let candidates = (0..<count).map { scores[$0] + transitions[$0][tag] }
        from[tag] = candidates.firstLargest
        next[tag] = candidates[from[tag]] + frame[tag]
      }
      scores = next
      pointers.append(from)
    }
    var tag = (0..<count).map { scores[$0] + end[$0] }.firstLargest
    var tags = [Int32(tag)]
    for from in pointers.reversed() {
      tag = from[tag]
      tags.append(Int32(tag))
    }
    return tags.reversed()
  }
}

extension [Double] {
  /// The index of the largest number, of equal ones the first.
  fileprivate var firstLargest: Int {
    var best = 0
    for index in indices where self[index] > self[best] { best = index }
    return best
  }
}

/// The forward-backward recursion over one sample.
private struct CRFChain {
  /// Logarithms of the sums over all beginnings that end in a tag, and over all ends after it.
  private(set) var (forward, backward): ([[Double]], [[Double]])
  let frames: [[Double]]
  let logNormalizer: Double

  init(_ frames: [[Double]], _ scores: Scores) {
    let count = scores.count
    self.frames = frames
    var forward = [(0..<count).map { scores.start[$0] + frames[0][$0] }]
    for frame in frames.dropFirst() {
      let last = forward[forward.count - 1]
      forward.append(
        (0..<count).map { tag in
          frame[tag] + logSumExp((0..<count).map { last[$0] + scores.transitions[$0][tag] })
        })
    }
    var backward = [scores.end]
    for step in frames.indices.dropFirst().reversed() {
      let next = backward[backward.count - 1]
      backward.append(
        (0..<count).map { tag in
          logSumExp(
            (0..<count).map { scores.transitions[tag][$0] + frames[step][$0] + next[$0] })
        })
    }
    (self.forward, self.backward) = (forward, backward.reversed())
    logNormalizer = logSumExp((0..<count).map { forward[frames.count - 1][$0] + scores.end[$0] })
  }

  /// The probability of a tag at a step.
  func marginal(_ step: Int, _ tag: Int) -> Double {
    exponential(forward[step][tag] + backward[step][tag] - logNormalizer)
  }

  /// The probability of a pair of tags at a step and the one before it.
  func marginal(_ step: Int, _ from: Int, _ to: Int, _ scores: Scores) -> Double {
    exponential(
      forward[step - 1][from] + scores.transitions[from][to] + frames[step][to]
        + backward[step][to] - logNormalizer)
  }
}

/// The sums over samples of the gradients of -log p: expected minus observed counts.
private struct FieldGradients {
  private var emissions: [Float]
  private var (start, transitions, end): ([Double], [Double], [Double])
  private let count: Int

  init(emissions: Int, tags: Int) {
    count = tags
    self.emissions = [Float](repeating: 0, count: emissions)
    start = [Double](repeating: 0, count: tags)
    transitions = [Double](repeating: 0, count: tags * tags)
    end = start
  }

  /// Adds expected counts of tags and pairs, `weight` times.
  mutating func add(
    _ chain: CRFChain, _ weight: Double, sample: Int, batch: Int, _ scores: Scores
  ) {
    let last = chain.frames.count - 1
    for step in 0...last {
      for tag in 0..<count {
        let share = weight * chain.marginal(step, tag)
        emissions[(step * batch + sample) * count + tag] += Float(share)
        if step == 0 { start[tag] += share }
        if step == last { end[tag] += share }
      }
      guard step > 0 else { continue }
      for from in 0..<count {
        for to in 0..<count {
          transitions[from * count + to] += weight * chain.marginal(step, from, to, scores)
        }
      }
    }
  }

  /// Subtracts the counts of known tags.
  mutating func subtract(_ tags: ArraySlice<Int32>, sample: Int, batch: Int) {
    for (step, tag) in tags.enumerated() {
      let own = Int(tag)
      emissions[(step * batch + sample) * count + own] -= 1
      if step == 0 { start[own] -= 1 }
      if step == tags.count - 1 { end[own] -= 1 }
      if step > 0 { transitions[Int(tags[tags.startIndex + step - 1]) * count + own] -= 1 }
    }
  }

  /// The gradients of emissions, start, transitions and end.
  func tensors(shape: [Int]) -> [Tensor] {
    [
      Tensor(emissions, shape: shape), Tensor(start.map { Float($0) }, shape: [count]),
      Tensor(transitions.map { Float($0) }, shape: [count, count]),
      Tensor(end.map { Float($0) }, shape: [count]),
    ]
  }
}
