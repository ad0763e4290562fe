import Foundation
import Models
import TensorCore
import Testing

/// Losses over alignments, against sums over all of them one by one, and their gradients against differences.
@Suite struct AlignmentTests {
  /// Differences of single precision with steps of 1e-2 have an error of about 1e-4.
  private static let differenceTolerance: Float = 2e-3

  private func logits(_ shape: [Int], seed: UInt64) -> Tensor {
    var generator = Philox(seed: seed)
    return Tensor(normal: shape, using: &generator)
  }

  /// All sequences of `length` numbers below `count`.
  private func sequences(_ length: Int, below count: Int) -> [[Int32]] {
    (0..<length).reduce([[]]) { all, _ in
      all.flatMap { one in (0..<Int32(count)).map { one + [$0] } }
    }
  }

  private func probability(_ path: [Int32], _ logits: Tensor) -> Double {
    let logs = logSoftmax(logits)
    return exp(
      path.enumerated().reduce(0) { $0 + Double(logs.at($1.offset).scalars[Int($1.element)]) })
  }

  /// The labels that a path reads as, written once more.
  private func read(_ path: [Int32], blank: Int32) -> [Int32] {
    var labels: [Int32] = []
    for (index, label) in path.enumerated() where label != blank {
      if index == 0 || path[index - 1] != label { labels.append(label) }
    }
    return labels
  }

  private func expectGradient(
    _ x: Tensor, _ loss: (Tensor) -> Tensor, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let gradient = valueAndGradient(of: [x]) { loss($0[0]) }.gradients[0]
    let scalars = x.scalars
    for index in scalars.indices {
      var (up, down) = (scalars, scalars)
      up[index] += 1e-2
      down[index] -= 1e-2
      let difference =
        (loss(Tensor(up, shape: x.shape)).scalar - loss(Tensor(down, shape: x.shape)).scalar) / 2e-2
      #expect(
        abs(difference - gradient.scalars[index]) <= Self.differenceTolerance,
        "element \(index)", sourceLocation: sourceLocation)
    }
  }

  @Test(
    arguments: [[], [1], [1, 2], [2, 2], [1, 2, 1], [2, 2, 2]] as [[Int32]], [0, 2] as [Int32])
  func ctcIsTheSumOverAllPaths(_ labels: [Int32], _ blank: Int32) {
    let labels = labels.map { $0 == blank ? 0 : $0 }
    let logits = logits([5, 1, 3], seed: 1)
    let frames = logits.reshaped(to: [5, 3])
    let sum = sequences(5, below: 3).filter { read($0, blank: blank) == labels }
      .reduce(0) { $0 + probability($1, frames) }
    let loss = CTC.loss(logits, [labels], blank: blank)
    #expect(abs(Double(loss.scalar) + log(sum)) <= 1e-5)
    expectGradient(logits) { CTC.loss($0, [labels], blank: blank) }
  }

  @Test func ctcHasLengthsAndLeavesOutWhatDoesNotFit() {
    let logits = logits([4, 3, 3], seed: 2)
    // The second sample needs three frames and has two.
    let (labels, lengths): ([[Int32]], [Int]) = ([[1, 2], [1, 1], [2]], [4, 2, 3])
    #expect(!CTC.fits(labels[1], frames: 2) && CTC.fits(labels[1], frames: 3))
    let loss = CTC.loss(logits, labels, lengths: lengths)
    func alone(_ sample: Int) -> Float {
      let own = logits.slice(0..<lengths[sample]).slice(sample..<sample + 1, along: 1)
      return CTC.loss(own, [labels[sample]]).scalar
    }
    #expect(abs(loss.scalar - (alone(0) + alone(2)) / 2) <= 1e-5)
    expectGradient(logits) { CTC.loss($0, labels, lengths: lengths) }
    let gradient = valueAndGradient(of: [logits]) { CTC.loss($0[0], labels, lengths: lengths) }
      .gradients[0]
    #expect(gradient.slice(1..<2, along: 1).scalars.allSatisfy { $0 == 0 })
    #expect(gradient.at(3).at(2).scalars.allSatisfy { $0 == 0 })
    #expect(CTC.loss(logits, [[1, 1, 1], [1, 1, 1], [2, 2, 2]]).scalar == 0)
  }

  @Test(arguments: 0..<6)
  func aWideBeamFindsTheLikeliestLabels(_ seed: Int) {
    let logits = logits([5, 3], seed: UInt64(10 + seed))
    var sums: [[Int32]: Double] = [:]
    for path in sequences(5, below: 3) {
      sums[read(path, blank: 0), default: 0] += probability(path, logits)
    }
    let found = CTC.beamSearch(logits, width: 1_000)
    let best = sums.max { $0.value < $1.value }
    #expect(found.labels == best?.key)
    #expect(abs(exp(found.logProbability) - (best?.value ?? 0)) <= 1e-6)
    let path = sequences(5, below: 3).max { probability($0, logits) < probability($1, logits) }
    #expect(CTC.greedy(logits) == read(path ?? [], blank: 0))
  }

  private func field(_ seed: UInt64) -> ConditionalRandomField {
    var field = ConditionalRandomField(tags: 3)
    field.start = logits([3], seed: seed)
    field.transitions = logits([3, 3], seed: seed + 1)
    field.end = logits([3], seed: seed + 2)
    return field
  }

  private func score(_ tags: [Int32], _ emissions: Tensor, _ field: ConditionalRandomField)
    -> Double
  {
    var score = field.start.scalars[Int(tags[0])] + field.end.scalars[Int(tags[tags.count - 1])]
    for (step, tag) in tags.enumerated() {
      score += emissions.at(step).scalars[Int(tag)]
      if step > 0 { score += field.transitions.at(Int(tags[step - 1])).scalars[Int(tag)] }
    }
    return Double(score)
  }

  @Test(arguments: 1...4)
  func crfIsNormalizedOverAllTags(_ steps: Int) {
    let (field, emissions) = (field(20), logits([steps, 1, 3], seed: 30))
    let frames = emissions.reshaped(to: [steps, 3])
    let all = sequences(steps, below: 3)
    let total = log(all.reduce(0) { $0 + exp(score($1, frames, field)) })
    for tags in all.prefix(5) {
      let loss = field.loss(emissions, [tags])
      #expect(abs(Double(loss.scalar) - (total - score(tags, frames, field))) <= 1e-5)
    }
    let best = all.max { score($0, frames, field) < score($1, frames, field) } ?? []
    let found = field.viterbi(emissions)[0]
    #expect(found.tags == best)
    #expect(abs(found.logProbability - (score(best, frames, field) - total)) <= 1e-5)
  }

  /// A tag that is not known is summed over.
  @Test func crfSumsOverUnknownTags() {
    let (field, emissions) = (field(60), logits([4, 1, 3], seed: 61))
    let frames = emissions.reshaped(to: [4, 3])
    let all = sequences(4, below: 3)
    func sum(_ some: [[Int32]]) -> Double { some.reduce(0) { $0 + exp(score($1, frames, field)) } }
    let fitting = all.filter { $0[0] == 2 && $0[3] == 1 }
    let loss = field.loss(emissions, [[2, -1, -1, 1]])
    #expect(abs(Double(loss.scalar) - log(sum(all) / sum(fitting))) <= 1e-5)
    #expect(abs(field.loss(emissions, [[-1, -1, -1, -1]]).scalar) <= 1e-6)
    expectGradient(emissions) { field.loss($0, [[2, -1, -1, 1]]) }
    expectGradient(field.transitions) { value in
      var changed = field
      changed.transitions = value
      return changed.loss(emissions, [[2, -1, -1, 1]])
    }
  }

  @Test func crfHasExactGradients() {
    let (field, emissions) = (field(40), logits([4, 2, 3], seed: 50))
    let (tags, lengths): ([[Int32]], [Int]) = ([[0, 1, 2, 2], [2, 1]], [4, 2])
    expectGradient(emissions) { field.loss($0, tags, lengths: lengths) }
    for path in [\ConditionalRandomField.start, \.transitions, \.end] {
      expectGradient(field[keyPath: path]) { value in
        var changed = field
        changed[keyPath: path] = value
        return changed.loss(emissions, tags, lengths: lengths)
      }
    }
  }
}
