import TensorCore
import Testing

@testable import Cells

/// States of matrices that are kept at every √T-th step only, and computed again between.
@Suite struct RecomputationTests {
  /// Heads whose matrices have 1,024 units or more together.
  static let cells: [any RecurrentCell] = [
    LinearAttention(heads: 2), FastWeights(heads: 2), RetNet(heads: 2), GLA(heads: 2, rank: 3),
    HGRN2(heads: 2), RWKV6(heads: 2), RWKV7(heads: 2, rank: 3), MLSTM(heads: 2),
    MLSTMLarge(heads: 2), DeltaNet(heads: 2), GatedDeltaNet(heads: 2), KDA(heads: 2),
    S6(inner: 128), SSD(inner: 64, heads: 4),
  ]

  /// All results of a pass and of its pullback.
  private func results(
    of cell: any RecurrentCell, _ direction: Recurrent.Direction, _ lengths: [Int]?,
    batch: Int = 3, keeping: StateKeeping, input: InputCotangent = .computed
  ) -> (pass: RecurrentPass, values: [[Float]]) {
    var generator = Philox(seed: 2)
    let layer = Recurrent(
      cell, inputSize: 8, hiddenSize: 48, direction: direction, using: &generator)
    let x = Tensor(normal: [11, batch, 8], using: &generator)
    let start = layer.zeroState(batch: batch).tensors.map {
      Tensor(normal: $0.shape, using: &generator)
    }
    let pass = RecurrentPass(
      layer, x, start, StepMarks(lengths: lengths, resets: nil, steps: 11, batch: batch),
      .learning, keeping: keeping)
    let cotangents = ([pass.output] + pass.finalStates).map {
      Tensor(normal: $0.shape, using: &generator)
    }
    let gradients = pass.pullBack(cotangents, input)
    return (
      pass, ([pass.output] + pass.finalStates + gradients.compactMap { $0 }).map(\.scalars)
    )
  }

  /// But for matrices that go through several steps as products.
  @Test(arguments: cells.indices) func resultsAreTheSameToTheBit(_ index: Int) throws {
    let cell = Self.cells[index]
    for (direction, lengths) in [
      (Recurrent.Direction.forward, nil), (.reverse, nil), (.forward, [11, 4, 0]),
    ] {
      let whole = results(of: cell, direction, lengths, keeping: .everyStep)
      let spaced = results(of: cell, direction, lengths, keeping: .spaced)
      let states = try #require(spaced.pass.trails[0].spaced, "\(cell)")
      if states.recomputation.parts.parts.allSatisfy({ $0.recurrence == nil }) {
        #expect(spaced.values == whole.values, "\(cell), \(direction), \(lengths ?? [])")
      } else {
        for (found, expected) in zip(spaced.values, whole.values) {
          expectClose(found, expected, within: 1e-5, floor: 1, "\(cell), \(direction)")
        }
      }
    }
  }

  /// The products that lead to the cotangent of an input that nobody tracks are left out here too.
  @Test(arguments: cells.indices) func anUntrackedInputCostsNothing(_ index: Int) throws {
    let cell = Self.cells[index]
    for direction in [Recurrent.Direction.forward, .reverse] {
      func results(_ input: InputCotangent) -> (pass: RecurrentPass, values: [[Float]]) {
        self.results(of: cell, direction, nil, keeping: .spaced, input: input)
      }
      let (tracked, untracked) = (results(.computed), results(.omitted))
      let states = tracked.pass.finalStates.count
      // Without the input's cotangent, which comes after the output and the final states.
      let expected = tracked.values[...states] + tracked.values[(states + 2)...]
      for (found, expected) in zip(untracked.values, expected) {
        expectClose(found, expected, within: 1e-5, floor: 1, "\(cell), \(direction)")
      }
      #expect(untracked.values.count == expected.count)
      let trail = untracked.pass.trails[0]
      let backward = try #require(trail.backwardWithoutInput()?.backward, "\(cell)")
      let whole = try #require(trail.plan.backwardSchedule)
      #expect(backward.schedule.work < whole.schedule.work, "\(cell)")
    }
  }

  /// With fewer samples than threads, and with one left over, these split the heads.
  @Test(arguments: cells.indices)
  func anyNumberOfThreadsGivesTheSameBits(_ index: Int) async {
    await #expect(processExitsWith: .success) { [index = index as Int] in
      let tests = RecomputationTests()
      func values(_ threads: Int) -> [[Float]] {
        ThreadTeam.count = threads
        return [(1, .reverse, .spaced), (1, .forward, .everyStep), (3, .forward, .spaced)].flatMap {
          tests.results(of: Self.cells[index], $1, nil, batch: $0, keeping: $2).values
        }
          + tests.results(of: Self.cells[index], .forward, [5, 11], batch: 2, keeping: .spaced)
          .values
      }
      let alone = values(1)
      for threads in [2, 3] {
        for _ in 0..<3 { #expect(values(threads) == alone, "\(threads) threads") }
      }
    }
  }

  /// One sample, and more than the threads share.
  @Test func anyBatchIsSplit() {
    for batch in [1, 2, 9] {
      let whole = results(
        of: S6(inner: 128), .forward, nil, batch: batch, keeping: .everyStep)
      let spaced = results(
        of: S6(inner: 128), .forward, nil, batch: batch, keeping: .spaced)
      #expect(spaced.values == whole.values)
    }
  }

  /// Of 256 steps of 4 heads of 64 x 64, 16 MiB a sample, one in sixteen is kept.
  @Test func onlyEverySixteenthOf256StepsIsKept() throws {
    var generator = Philox(seed: 2)
    let layer = Recurrent(
      GLA(heads: 4, keyWidth: 64, valueWidth: 64), inputSize: 16, hiddenSize: 16,
      using: &generator)
    let x = Tensor(normal: [256, 1, 16], using: &generator)
    func pass(_ keeping: StateKeeping) -> RecurrentPass {
      RecurrentPass(
        layer, x, layer.zeroState(batch: 1).tensors,
        StepMarks(lengths: nil, resets: nil, steps: 256, batch: 1), .learning, keeping: keeping)
    }
    let (whole, spaced) = (pass(.everyStep), pass(.spacedIfLarge))
    let states = try #require(spaced.trails[0].spaced)
    #expect(states.stateByteCount == 16 * 4 * 64 * 64 * 4)
    #expect(whole.trailByteCount > 256 * 4 * 64 * 64 * 4)
    #expect(spaced.trailByteCount < whole.trailByteCount / 2)
  }

  /// What a cache holds is kept at every step.
  @Test func smallStatesAreKept() {
    let pass = results(of: GLA(heads: 2, rank: 3), .forward, nil, keeping: .spacedIfLarge).pass
    #expect(pass.trails[0].spaced == nil)
  }
}
