import TensorCore

extension PlanRun {
  /// A run's place among the runs over the segments of one sequence, the last segment first, whose
  /// gathered sums are added up.
  struct Segment {
    /// The sums so far; nil where the sequence is in one piece.
    var sums: SegmentSums?
    /// Whether no segment has been gone through.
    var isFirst = true
    /// Whether no segment is left, so that the sums are whole.
    var isLast = true
  }

  /// A gathered matrix that is one outer product, as its factors `[B, rows]` and `[B, columns]`.
  struct Outer {
    var left: SignalView
    var right: SignalView
    fileprivate let owners: [Storage?]
  }

  /// How many steps are summed at a time: about as many as make 256 rows.
  ///
  /// Blocks of so many steps are added up one after the other, the last block first. Segments of whole
  /// blocks so give the same bits as the sequence in one piece.
  static func stepsInBlock(batch: Int) -> Int { max(1, 256 / batch) }

  /// Some columns of a sum over all samples and steps: rows of the matrix for `outer`.
  func gather(_ step: Schedule.Step, _ columns: Range<Int>) {
    if columns.isEmpty { return }
    let size = Self.stepsInBlock(batch: memory.batch)
    var accumulate = !segment.isFirst
    for start in Swift.stride(from: (memory.steps - 1) / size * size, through: 0, by: -size) {
      let steps = start..<min(memory.steps, start + size)
      add(step, columns, count: steps.count * memory.batch, accumulate: accumulate) { place in
        flatRows(of: place, steps)
      }
      accumulate = true
    }
  }

  /// What is gathered, sample by sample.
  func gatherSamples(_ operands: Operands) {
    for row in 0..<memory.batch {
      let block = Block(step: 0, row: row, rows: memory.steps, alongTime: true)
      for step in schedule.gathering {
        if leavesOuters, step.gatheredOuter(in: schedule) != nil { continue }
        guard let width = step.gatheredWidth else {
          execute(step, block, operands)
          continue
        }
        add(step, 0..<width, row: row, count: memory.steps, accumulate: false) { place in
          Rows(pointer: pointer(place, block), stride: stride(place, block))
        }
      }
    }
  }

  /// The gathered values that are left to the caller, by their numbers.
  var outers: [Outer?] {
    guard leavesOuters else { return [] }
    var outers: [Outer?] = Array(repeating: nil, count: schedule.gatheredRows.count)
    for step in schedule.gathering {
      guard let index = step.gatheredOuter(in: schedule), case .outer(let a, let b, _) = step else {
        continue
      }
      outers[index] = Outer(
        left: memory.view(a), right: memory.view(b),
        owners: [memory.storages[a.buffer], memory.storages[b.buffer]])
    }
    return outers
  }

  // MARK: Rows

  /// Rows of a signal, one a sample and step.
  private struct Rows {
    var pointer: UnsafeMutablePointer<Float>
    var stride: Int
    var owner: Storage?
  }

  private func add(
    _ step: Schedule.Step, _ columns: Range<Int>, row: Int = 0, count: Int, accumulate: Bool,
    _ rows: (Schedule.Place) -> Rows
  ) {
    switch step {
    case .outer(let a, let b, let target):
      let (left, right) = (rows(a), rows(b))
      let stride = memory.areas[target.buffer].rowStride
      matrixProduct(
        m: columns.count, n: b.columns, k: count, a: left.pointer + columns.lowerBound,
        aRowStride: 1, aColumnStride: left.stride, b: right.pointer, bRowStride: right.stride,
        bColumnStride: 1, accumulate: accumulate,
        into: memory.pointer(target, step: 0, row: row) + columns.lowerBound * stride,
        stride: stride)
      withExtendedLifetime((left.owner, right.owner)) {}
    case .total(let source, let target):
      let source = rows(source)
      columnSum(
        source.pointer + columns.lowerBound, stride: source.stride, rows: count,
        width: columns.count, accumulate: accumulate,
        into: memory.pointer(target, step: 0, row: row) + columns.lowerBound)
      withExtendedLifetime(source.owner) {}
    default: preconditionFailure("only sums over samples and steps are gathered")
    }
  }

  /// The rows of all samples at some steps with one stride between them: copied if they have not.
  private func flatRows(of place: Schedule.Place, _ steps: Range<Int>) -> Rows {
    let area = memory.areas[place.buffer]
    let first = memory.pointer(place, step: steps.lowerBound, row: 0)
    if memory.batch == 1 { return Rows(pointer: first, stride: area.timeStride) }
    if memory.isFlat(place) {
      return Rows(pointer: first, stride: area.isMatrix ? 0 : area.rowStride)
    }
    let copy = Storage(count: steps.count * memory.batch * place.columns)
    for (index, step) in steps.enumerated() {
      copyRows(
        memory.pointer(place, step: step, row: 0), stride: area.rowStride, rows: memory.batch,
        width: place.columns, into: copy.pointer + index * memory.batch * place.columns,
        stride: place.columns)
    }
    return Rows(pointer: copy.pointer, stride: place.columns, owner: copy)
  }
}

/// What several runs have gathered of one sequence, before anything is made of it.
final class SegmentSums {
  /// By buffer of the schedule.
  private var storages: [Storage?] = []

  func storage(ofBuffer number: Int) -> Storage? {
    storages.isEmpty ? nil : storages[number]
  }

  func keep(_ storages: [Storage?], of schedule: Schedule) {
    guard self.storages.isEmpty else { return }
    self.storages = zip(schedule.buffers, storages).map { buffer, storage in
      if case .value = buffer.kind { storage } else { nil }
    }
  }
}

extension Schedule.Step {
  /// The number of the gathered value that the step makes alone, as one outer product.
  fileprivate func gatheredOuter(in schedule: Schedule) -> Int? {
    guard case .outer(let a, let b, let target) = self,
      case .gathered(let index) = schedule.buffers[target.buffer].kind,
      target.rows == schedule.gatheredRows[index], target.rows == a.columns,
      target.columns == schedule.buffers[target.buffer].width, target.columns == b.columns
    else { return nil }
    return index
  }
}
