import TensorCore

extension PlanRun {
  /// A run's place among the runs over the segments of one sequence, the last segment first, whose
  /// gathered sums are added up.
  struct Segment {
    /// The sums so far; nil where the sequence is in one piece.
    var sums: SegmentSums?
    /// Whether this is the first segment to be processed.
    var isFirst = true
    /// Whether this is the last segment to be processed, so that the sums are complete.
    var isLast = true
  }

  /// Rows of a gathered matrix that are one outer product, as its factors `[B, rows]` and `[B, columns]`.
  struct Outer {
    /// The gathered matrix's number.
    var value: Int
    var rows: Range<Int>
    var left: Area
    var right: Area
    /// Whether the matrix has the product in these rows too.
    var isWritten: Bool
  }

  /// Some steps in the blocks that are summed at a time, in the order of time: each of about 256 rows.
  ///
  /// Blocks are added one after the other as the pass goes through time. So parts of a sequence that are whole blocks, one
  /// after the other, give the same bits as the sequence in one piece.
  static func blocks(of steps: Range<Int>, batch: Int, _ rows: StepRows?) -> [Range<Int>] {
    if let rows { return rows.ranges(of: steps, rows: rowsInBlock) }
    let size = stepsInBlock(batch: batch)
    let first = steps.lowerBound / size * size
    return stride(from: first, to: steps.upperBound, by: size).map {
      max($0, steps.lowerBound)..<min($0 + size, steps.upperBound)
    }
  }

  /// The steps of a block where all samples have all steps.
  static func stepsInBlock(batch: Int) -> Int { max(1, rowsInBlock / batch) }
  private static let rowsInBlock = 256

  /// Computes a thread's columns of all sums over the samples and some steps (for `outer`, rows of the matrix).
  ///
  /// All sums of one block of steps come before the next block, while the block's signals are in a cache.
  func gatherSums(_ steps: Range<Int>, accumulate: Bool, _ columns: [Range<Int>]) {
    let all = Self.blocks(of: steps, batch: memory.batch, memory.rows)
    for (index, block) in (memory.isReversed ? all.reversed() : all).enumerated() {
      for (number, columns) in columns.enumerated() where !columns.isEmpty {
        add(
          number, columns, blocksInOrder(block, for: runnable.sources[number]),
          accumulate: accumulate || index > 0)
      }
    }
  }

  /// Computes the gathered values that are not plain sums, once the sums are complete. The work is small.
  func finishSums() {
    runnable.gathering.run(memory.areas, weights, StepBlock(step: 0, rows: 1))
  }

  /// Computes the sums over steps for each sample.
  func gatherSamples() {
    let sums = returnsOuterFactors ? runnable.sumsBesideOuters : Array(schedule.sums.indices)
    let steps = memory.steps
    for row in 0..<memory.batch {
      for sum in sums {
        let pieces = memory.areas.blocks(
          0..<steps, samples: row..<row + 1, for: runnable.sources[sum])
        add(sum, 0..<schedule.sums[sum].sharedColumns, pieces, accumulate: false)
      }
      runnable.gathering.run(
        memory.areas, weights,
        StepBlock(step: 0, row: row, rows: steps, alongTime: steps > 1))
    }
  }

  private func add(
    _ sum: Int, _ columns: Range<Int>, _ pieces: StepBlocks, accumulate: Bool
  ) {
    switch schedule.sums[sum] {
    case .outer(let a, let b, let target):
      memory.areas.sumProducts(
        a, b, over: pieces, targetRows: columns, accumulate: accumulate, into: target,
        precision: precision)
    case .byRow(let numbers, let source, let target):
      memory.areas.sumByRow(
        numbers, source, over: pieces, columns: columns, accumulate: accumulate, into: target)
    case .total(let source, let target):
      memory.areas.sumRows(
        source, over: pieces, columns: columns, accumulate: accumulate, into: target)
    }
  }

  /// The factors of the outer products in gathered values, if they are returned.
  var outers: [Outer] {
    guard returnsOuterFactors else { return [] }
    return schedule.gatheredOuters.map {
      Outer(
        value: $0.value, rows: $0.rows, left: memory.part($0.left), right: memory.part($0.right),
        isWritten: $0.sum == nil)
    }
  }
}

/// The sums that the runs over one sequence's segments accumulate.
final class SegmentSums {
  /// By buffer of the schedule.
  private var storages: [Storage?] = []

  func storage(ofBuffer number: Int) -> Storage? {
    number < storages.count ? storages[number] : nil
  }

  func keep(_ storages: [Storage?]) {
    if self.storages.isEmpty { self.storages = storages }
  }
}
