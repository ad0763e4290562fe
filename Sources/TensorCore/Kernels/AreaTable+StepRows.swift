internal import CTensorKernels

extension AreaTable {
  /// All rows of some steps, in as few blocks as have one stride at every place.
  package func blocks(
    _ steps: Range<Int>, of rows: StepRows, for places: [Place]
  ) -> [StepBlock] {
    if steps.isEmpty { return [] }
    let signals = places.filter { !codes[$0.area].is_matrix }
    let isFlat = signals.allSatisfy { followsRows(codes[$0.area], rows) }
    let shifts = Set(signals.filter { codes[$0.area].rows != nil }.map(shift)).subtracting([0])
    if isFlat, shifts.isEmpty {
      let count = rows.start(ofStep: steps.upperBound) - rows.start(ofStep: steps.lowerBound)
      return [StepBlock(step: steps.lowerBound, rows: count)]
    }
    var blocks: [StepBlock] = []
    var step = steps.lowerBound
    while step < steps.upperBound {
      let count = rows.samples(atStep: step)
      func isWhole(_ step: Int) -> Bool {
        rows.samples(atStep: step) == count
          && shifts.allSatisfy { rows.samples(atStep: step + $0) == count }
      }
      if isFlat, isWhole(step) {
        let end = (step..<steps.upperBound).first { !isWhole($0) } ?? steps.upperBound
        blocks.append(StepBlock(step: step, rows: count * (end - step)))
        step = end
        continue
      }
      // Samples that begin at this step have their states elsewhere.
      let cuts = shifts.map { rows.samples(atStep: step + $0) }.filter { 0 < $0 && $0 < count }
      var first = 0
      for end in Set(cuts).sorted() + [count] {
        blocks.append(StepBlock(step: step, row: first, rows: end - first))
        first = end
      }
      step += 1
    }
    return blocks
  }

  /// Whether a place may be the value of the step after a block's own.
  package var hasLaterValues: Bool {
    (0..<count).contains { number in
      let shifts = codes[number].shifts
      return codes[number].rows != nil && max(shifts.0, shifts.1, shifts.2) > 0
    }
  }

  /// Whether the rows of all steps that count follow each other, or are one row.
  private func followsRows(_ code: ctk_area, _ rows: StepRows) -> Bool {
    if code.rows == nil { return code.time_stride == 0 && code.row_stride == 0 }
    return rows.memory == .packed && code.step_mask == -1
  }

  /// The offset from a step's number to the value of a place.
  func shift(of place: Place) -> Int {
    let shifts = codes[place.area].shifts
    return switch place.slot {
    case .current: shifts.0
    case .previous: shifts.1
    case .next: shifts.2
    }
  }
}
