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
  /// The offsets from a step's number to the signal's own value, and to the state before and after the step.
  package var currentShift = 0
  package var previousShift = 0
  package var nextShift = 0
  /// The number i whose value is in `otherMemory`, as a state's initial value is; -1 for none.
  package var otherStep = -1
  package var otherMemory: Floats?
  package var otherRowStride = 0
  package var isMatrix = false
  /// Floats from one sample's matrix to the next one's, where each sample has its own.
  package var sampleStride = 0
  /// The rows of samples of different lengths: the row of sample b at step t is row `start(ofStep: t + shift) + b` unless
  /// the mask makes it that of a step in turn, and in `otherMemory` where the sample has no such step.
  package var rows: StepRows?

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
    case .current: currentShift
    case .previous: previousShift
    case .next: nextShift
    }
  }

  /// A sample's row at a step.
  package func row(_ slot: Place.Slot, step: Int, sample: Int = 0) -> Floats {
    let number = step + shift(slot)
    let index = number & stepMask
    let isOther = rows.map { sample >= $0.samples(atStep: number) } ?? (index == otherStep)
    if isOther, let otherMemory { return otherMemory + sample * otherRowStride }
    if stepMask == -1, let rows {
      return memory + (rows.start(ofStep: number) + sample) * rowStride
    }
    return memory + (index * timeStride + sample * rowStride)
  }

  /// The signal's units from the given one on.
  package func units(from first: Int) -> Area {
    var part = self
    part.memory = memory + first
    part.otherMemory = otherMemory.map { $0 + first }
    return part
  }

  /// Some steps of one sample, for any number of samples. The rows, if any, have memory for every step.
  package func repeating(sample: Int, steps: Range<Int>) -> Area {
    let first = steps.lowerBound + currentShift
    var part = Area(
      memory + (first * timeStride + sample * rowStride), timeStride: timeStride, rowStride: 0)
    let otherStep = rows == nil ? otherStep : -1 - currentShift
    if let otherMemory, steps.contains(otherStep) {
      part.otherStep = otherStep - steps.lowerBound
      part.otherMemory = otherMemory + sample * otherRowStride
    }
    return part
  }

  /// The area that a code stands for, with the storages that it points into.
  init(_ code: ctk_area, _ owner: Storage, _ otherOwner: Storage?, _ rows: StepRows?) {
    self.init(
      Floats(owner, offset: code.base - owner.pointer), timeStride: code.time_stride,
      rowStride: code.row_stride)
    stepMask = code.step_mask
    (currentShift, previousShift, nextShift) = code.shifts
    otherStep = code.other_step
    if let otherOwner, let base = code.other_base {
      otherMemory = Floats(otherOwner, offset: base - otherOwner.pointer)
    }
    otherRowStride = code.other_row_stride
    isMatrix = code.is_matrix
    sampleStride = code.sample_stride
    if code.rows != nil { self.rows = rows }
  }

  /// The area in the kernels' form, valid while this value is alive.
  var code: ctk_area {
    ctk_area(
      base: memory.pointer, time_stride: timeStride, row_stride: rowStride, step_mask: stepMask,
      shifts: (currentShift, previousShift, nextShift), other_step: otherStep,
      other_base: otherMemory?.pointer, other_row_stride: otherRowStride, is_matrix: isMatrix,
      sample_stride: sampleStride, rows: rows.map { UnsafePointer($0.code) })
  }
}
