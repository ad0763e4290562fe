internal import CTensorKernels

/// The memory of a signal: the row of sample b at step t starts at
/// `memory[i * timeStride + b * rowStride]` with `i = (t + shift) & stepMask`. A matrix has rows of its own.
///
/// It keeps the memory alive. In the kernels' form, in an ``AreaTable``, it is a `ctk_area`.
package struct Area: Sendable {
  package var memory: Floats
  package var timeStride: Int
  package var rowStride: Int
  /// The bits of a step's number that are used: all, or the last one where memory holds two steps by turns.
  package var stepMask = -1
  /// The offsets from a step's number to the state before and after the step.
  package var previousShift = 0
  package var nextShift = 0
  /// The number i whose value is in `otherMemory`, as a state's initial value is; -1 for none.
  package var otherStep = -1
  package var otherMemory: Floats?
  package var otherRowStride = 0
  package var isMatrix = false
  /// Floats from one sample's matrix to the next one's, where each sample has its own.
  package var sampleStride = 0

  package init(_ memory: Floats, timeStride: Int, rowStride: Int) {
    self.memory = memory
    self.timeStride = timeStride
    self.rowStride = rowStride
  }

  /// A signal that is the same at every step: `[B, width]`.
  package init(_ memory: Floats, rowStride: Int) {
    self.init(memory, timeStride: 0, rowStride: rowStride)
  }

  /// The offset from a step's number to the value of a place.
  private func shift(_ slot: Place.Slot) -> Int {
    switch slot {
    case .current: 0
    case .previous: previousShift
    case .next: nextShift
    }
  }

  /// A sample's row at a step.
  package func row(_ slot: Place.Slot, step: Int, sample: Int = 0) -> Floats {
    let index = (step + shift(slot)) & stepMask
    if index == otherStep, let otherMemory { return otherMemory + sample * otherRowStride }
    return memory + (index * timeStride + sample * rowStride)
  }

  /// The signal's units from the given one on.
  package func units(from first: Int) -> Area {
    var part = self
    part.memory = memory + first
    part.otherMemory = otherMemory.map { $0 + first }
    return part
  }

  /// The rows of a place in this area, as an area of their own, with the signal at every step.
  package func part(_ place: Place) -> Area {
    let shift = shift(place.slot)
    var part = Area(
      memory + (place.offset + (isMatrix ? 0 : shift * timeStride)), timeStride: timeStride,
      rowStride: rowStride)
    if otherStep >= 0 {
      part.otherStep = otherStep - shift
      part.otherMemory = otherMemory.map { $0 + place.offset }
      part.otherRowStride = otherRowStride
    }
    return part
  }

  /// Some steps of one sample, for any number of samples.
  package func repeating(sample: Int, steps: Range<Int>) -> Area {
    var part = Area(
      memory + (steps.lowerBound * timeStride + sample * rowStride), timeStride: timeStride,
      rowStride: 0)
    if let otherMemory, steps.contains(otherStep) {
      part.otherStep = otherStep - steps.lowerBound
      part.otherMemory = otherMemory + sample * otherRowStride
    }
    return part
  }

  /// The area that a code stands for, with the storages that it points into.
  init(_ code: ctk_area, _ owner: Storage, _ otherOwner: Storage?) {
    self.init(
      Floats(owner, offset: code.base - owner.pointer), timeStride: code.time_stride,
      rowStride: code.row_stride)
    stepMask = code.step_mask
    (_, previousShift, nextShift) = code.shifts
    otherStep = code.other_step
    if let otherOwner, let base = code.other_base {
      otherMemory = Floats(otherOwner, offset: base - otherOwner.pointer)
    }
    otherRowStride = code.other_row_stride
    isMatrix = code.is_matrix
    sampleStride = code.sample_stride
  }

  /// The area in the kernels' form, valid while this value is alive.
  var code: ctk_area {
    ctk_area(
      base: memory.pointer, time_stride: timeStride, row_stride: rowStride, step_mask: stepMask,
      shifts: (0, previousShift, nextShift), other_step: otherStep,
      other_base: otherMemory?.pointer, other_row_stride: otherRowStride, is_matrix: isMatrix,
      sample_stride: sampleStride)
  }
}
