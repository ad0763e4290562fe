internal import CTensorKernels
import Requirements

/// The rows of a batch of samples of different lengths, the longest first: at each step those samples that go on are
/// the first ones.
///
/// It keeps two tables for the kernels: `counts`, the number of these samples, 0 before the first step and after the last,
/// and `starts`, the row of a step's first sample in memory. `@unchecked Sendable`: nothing changes what its
/// pointers lead to after `init`.
package final class StepRows: @unchecked Sendable {
  /// Which rows have memory.
  package enum Memory: Sendable {
    /// Those of steps that count, step after step.
    case packed
    /// Those of every sample at every step, `[T, B]`.
    case everyStep
  }

  /// Rows that are computed together: samples at `times` consecutive steps.
  package struct Run: Equatable, Sendable {
    package var step: Int
    package var samples: Range<Int>
    package var times: Int
  }

  /// The steps of each sample, one or more, the longest first.
  package let lengths: [Int]
  /// Which rows have memory.
  package let memory: Memory
  /// The number of rows that have memory.
  package let rowCount: Int
  /// The number of steps that count, of all samples.
  package let count: Int

  private let counts: UnsafeMutablePointer<Int>
  private let starts: UnsafeMutablePointer<Int>
  let code: UnsafeMutablePointer<ctk_step_rows>

  /// The rows of samples with the given lengths, the longest first.
  package init(_ lengths: [Int], _ memory: Memory) {
    require(
      zip(lengths, lengths.dropFirst()).allSatisfy { $0 >= $1 } && lengths.last != 0,
      "expected lengths of one step or more, the longest first, found \(lengths)")
    self.lengths = lengths
    self.memory = memory
    let steps = lengths.first ?? 0
    counts = .allocate(capacity: steps + 2)
    starts = .allocate(capacity: steps + 1)
    (counts[0], counts[steps + 1], starts[0]) = (0, 0, 0)
    var active = lengths.count
    for step in 0..<steps {
      while lengths[active - 1] <= step { active -= 1 }
      counts[step + 1] = active
      starts[step + 1] = starts[step] + (memory == .packed ? active : lengths.count)
    }
    rowCount = starts[steps]
    count = lengths.reduce(0, +)
    code = .allocate(capacity: 1)
    code.initialize(to: ctk_step_rows(counts: counts + 1, starts: starts))
  }

  deinit {
    counts.deallocate()
    starts.deallocate()
    code.deallocate()
  }

  /// The number of steps, T, and of samples, B.
  package var steps: Int { lengths.first ?? 0 }
  package var batch: Int { lengths.count }

  /// The number of samples at a step; 0 for the steps -1 and T.
  package func samples(atStep step: Int) -> Int { counts[step + 1] }

  /// The row of a step's first sample in memory; of the step T, the number of rows.
  package func start(ofStep step: Int) -> Int { starts[step] }

  /// The number of rows of some steps in memory.
  package func rowCount(of steps: Range<Int>) -> Int {
    starts[steps.upperBound] - starts[steps.lowerBound]
  }

  // MARK: Shares of threads

  /// One of `parts` ranges of samples that have about equally many of some steps in sum.
  package func samples(_ part: Int, of parts: Int, in steps: Range<Int>) -> Range<Int> {
    func count(_ length: Int) -> Int {
      min(length, steps.upperBound) - min(length, steps.lowerBound)
    }
    let total = lengths.reduce(0) { $0 + count($1) }
    func bound(_ part: Int) -> Int {
      if part == parts { return batch }
      var sum = 0
      return lengths.firstIndex { length in
        sum += count(length)
        return 2 * sum - count(length) >= 2 * total * part / parts
      } ?? batch
    }
    return part == 0 ? 0..<bound(1) : bound(part)..<bound(part + 1)
  }

  /// One of `parts` ranges of some steps that have about equally many rows in memory.
  package func steps(_ part: Int, of parts: Int, in steps: Range<Int>) -> Range<Int> {
    func bound(_ part: Int) -> Int {
      if part == parts { return steps.upperBound }
      let rows = rowCount(of: steps) * part / parts
      return steps.first { rowCount(of: steps.lowerBound..<$0) >= rows } ?? steps.upperBound
    }
    return bound(part)..<bound(part + 1)
  }

  /// Some steps, cut into ranges of at least `rows` samples in sum; the last one may have fewer.
  package func ranges(of steps: Range<Int>, rows: Int) -> [Range<Int>] {
    var ranges: [Range<Int>] = []
    var (first, sum) = (steps.lowerBound, 0)
    for step in steps {
      sum += samples(atStep: step)
      guard sum >= rows || step == steps.upperBound - 1 else { continue }
      ranges.append(first..<step + 1)
      (first, sum) = (step + 1, 0)
    }
    return ranges
  }

  // MARK: Loops

  /// The runs of a loop over some steps of some samples.
  ///
  /// - Parameter cutsEnds: whether samples at their last step are a run of their own, since the loop reads values of the
  ///   step after it, which for them are elsewhere.
  package func runs(
    of samples: Range<Int>, in steps: Range<Int>, isReversed: Bool, cutsEnds: Bool
  ) -> [Run] {
    var runs: [Run] = []
    func add(_ step: Int, _ range: Range<Int>) {
      if let last = runs.last, last.samples == range {
        runs[runs.count - 1].times += 1
      } else {
        runs.append(Run(step: step, samples: range, times: 1))
      }
    }
    for index in 0..<steps.count {
      let step = isReversed ? steps.upperBound - 1 - index : steps.lowerBound + index
      let end = min(samples.upperBound, self.samples(atStep: step))
      if end <= samples.lowerBound { continue }
      let cut = self.samples(atStep: step + 1)
      let isCut = cutsEnds && samples.lowerBound < cut && cut < end
      if isCut { add(step, samples.lowerBound..<cut) }
      add(step, (isCut ? cut : samples.lowerBound)..<end)
    }
    return runs
  }
}
