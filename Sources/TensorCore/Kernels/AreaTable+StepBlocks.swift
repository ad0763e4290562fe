internal import CTensorKernels

/// The rows of some steps in blocks that have one stride at every place.
extension AreaTable {
  /// Whether the rows of some samples, all of a signal or one, have one stride from step to step in one memory.
  package func areFlat(_ places: [Place], samples: Int) -> Bool {
    places.allSatisfy { place in
      let code = codes[place.area]
      return code.is_matrix
        || code.step_mask == -1 && (samples == 1 || code.time_stride == samples * code.row_stride)
    }
  }

  /// The rows of some samples, all of a signal or one, at some steps, in the order of time and in few blocks.
  package func blocks(
    _ steps: Range<Int>, samples: Range<Int>, for places: [Place]
  ) -> StepBlocks {
    if steps.isEmpty { return .several([]) }
    func block(_ steps: Range<Int>) -> StepBlock {
      StepBlock(
        step: steps.lowerBound, row: samples.lowerBound, rows: samples.count * steps.count,
        alongTime: samples.count == 1 && steps.count > 1)
    }
    guard areFlat(places, samples: samples.count) else {
      return .several(steps.map { block($0..<$0 + 1) })
    }
    // A step that is in other memory is alone.
    guard places.contains(where: { hasOther($0, steps) }) else { return .one(block(steps)) }
    var blocks: [StepBlock] = []
    var step = steps.lowerBound
    while step < steps.upperBound {
      var end = steps.upperBound
      for place in places {
        guard let other = otherStep(of: place), step <= other, other < end else { continue }
        end = max(other, step + 1)
      }
      blocks.append(block(step..<end))
      step = end
    }
    return .several(blocks)
  }

  /// All rows of some steps, in as few blocks as have one stride at every place.
  package func blocks(
    _ steps: Range<Int>, of rows: StepRows, for places: [Place]
  ) -> StepBlocks {
    if steps.isEmpty { return .several([]) }
    let signals = places.filter { !codes[$0.area].is_matrix }
    let isFlat = signals.allSatisfy { followsRows(codes[$0.area], rows) }
    let shifts = Set(signals.filter { codes[$0.area].rows != nil }.map(shift)).subtracting([0])
    if isFlat, shifts.isEmpty {
      let count = rows.start(ofStep: steps.upperBound) - rows.start(ofStep: steps.lowerBound)
      return .one(StepBlock(step: steps.lowerBound, rows: count))
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
    return .several(blocks)
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
