/// Where a signal lies: the row of sample b at step t starts at
/// `base[i * timeStride + b * rowStride]` with `i = (t + shift) & stepMask`. A matrix has rows of its own.
///
/// It is the kernels' `ctk_area`, field by field; a test compares their layouts. It may be sent between threads
/// because it is only an address: the code that makes one keeps the memory alive and coordinates its writers.
package struct Area: @unchecked Sendable {
  package var base: UnsafeMutablePointer<Float>
  package var timeStride: Int
  package var rowStride: Int
  /// Which bits of a step's number count: all, or the last one where two steps take turns.
  package var stepMask = -1
  private let currentShift = 0
  /// What the step's number grows by for the state before and after the step.
  package var previousShift = 0
  package var nextShift = 0
  /// The number i whose value stands elsewhere, as a state's initial value does; -1 where none does.
  package var otherStep = -1
  package var otherBase: UnsafeMutablePointer<Float>?
  package var otherRowStride = 0
  package var isMatrix = false
  /// Floats from one sample's matrix to the next one's, where each sample has its own.
  package var sampleStride = 0

  package init(_ base: UnsafeMutablePointer<Float>, timeStride: Int, rowStride: Int) {
    self.base = base
    self.timeStride = timeStride
    self.rowStride = rowStride
  }

  /// What the step's number grows by for a place in the area.
  private func shift(_ slot: Place.Slot) -> Int {
    switch slot {
    case .current: currentShift
    case .previous: previousShift
    case .next: nextShift
    }
  }

  /// The rows of a place in this area, as an area of their own, with the signal at every step.
  package func part(_ place: Place) -> Area {
    let shift = shift(place.slot)
    var part = Area(
      base + place.offset + (isMatrix ? 0 : shift * timeStride), timeStride: timeStride,
      rowStride: rowStride)
    if otherStep >= 0 {
      part.otherStep = otherStep - shift
      part.otherBase = otherBase.map { $0 + place.offset }
      part.otherRowStride = otherRowStride
    }
    return part
  }

  /// Some steps of one sample, for any number of samples.
  package func repeating(sample: Int, steps: Range<Int>) -> Area {
    var part = Area(
      base + steps.lowerBound * timeStride + sample * rowStride, timeStride: timeStride,
      rowStride: 0)
    if let otherBase, steps.contains(otherStep) {
      part.otherStep = otherStep - steps.lowerBound
      part.otherBase = otherBase + sample * otherRowStride
    }
    return part
  }
}
