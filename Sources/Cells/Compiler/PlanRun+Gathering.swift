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

  /// A gathered matrix that is one outer product, as its factors `[B, rows]` and `[B, columns]`.
  struct Outer {
    var left: Area
    var right: Area
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
  func gatherSums(_ steps: Range<Int>, accumulate: Bool, _ share: (Int) -> Range<Int>) {
    let blocks = Self.blocks(of: steps, batch: memory.batch, memory.rows)
    for (index, block) in (memory.isReversed ? blocks.reversed() : blocks).enumerated() {
      for sum in schedule.sums {
        let columns = share(sum.sharedColumns)
        if columns.isEmpty { continue }
        add(sum, columns, pieces(block, sum.sources), accumulate: accumulate || index > 0)
      }
    }
  }

  /// Computes the gathered values that are not plain sums, once the sums are complete. The work is small.
  func finishSums() {
    runnable.gathering.run(memory.areas, weights, StepBlock(step: 0, rows: 1))
  }

  /// Computes the sums over steps for each sample.
  func gatherSamples() {
    for row in 0..<memory.batch {
      let block = StepBlock(step: 0, row: row, rows: memory.steps, alongTime: memory.steps > 1)
      for sum in schedule.sums {
        if returnsOuterFactors, sum.gatheredOuter(in: schedule) != nil { continue }
        let isCut = sum.sources.contains { memory.areas.hasOther($0, 0..<memory.steps) }
        let pieces =
          isCut
          ? (0..<memory.steps).map { StepBlock(step: $0, row: row, rows: 1) } : [block]
        add(sum, 0..<sum.sharedColumns, pieces, accumulate: false)
      }
      runnable.gathering.run(memory.areas, weights, block)
    }
  }

  /// The rows of all samples at some steps, in the order of time, in as few pieces as have one stride.
  private func pieces(_ steps: Range<Int>, _ places: [Place]) -> [StepBlock] {
    if memory.rows != nil
      || places.allSatisfy({ memory.areas.isFlat($0, steps, batch: memory.batch) })
    {
      return blocks(steps, for: places)
    }
    return steps.map { StepBlock(step: $0, rows: memory.batch) }
  }

  private func add(
    _ sum: Schedule.Sum, _ columns: Range<Int>, _ pieces: [StepBlock], accumulate: Bool
  ) {
    switch sum {
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

  /// The gathered values that are returned as their factors, by their numbers.
  var outers: [Outer?] {
    guard returnsOuterFactors else { return [] }
    var outers: [Outer?] = Array(repeating: nil, count: schedule.gatheredRows.count)
    for sum in schedule.sums {
      guard let index = sum.gatheredOuter(in: schedule), case .outer(let a, let b, _) = sum else {
        continue
      }
      outers[index] = Outer(left: memory.part(a), right: memory.part(b))
    }
    return outers
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

extension Schedule.Sum {
  /// The number of the gathered value that the sum makes alone, as one outer product.
  fileprivate func gatheredOuter(in schedule: Schedule) -> Int? {
    guard case .outer(let a, let b, let target) = self,
      case .gathered(let index) = schedule.buffers[target.area].kind,
      target.rows == schedule.gatheredRows[index], target.rows == a.columns,
      target.columns == schedule.buffers[target.area].width, target.columns == b.columns
    else { return nil }
    return index
  }
}
