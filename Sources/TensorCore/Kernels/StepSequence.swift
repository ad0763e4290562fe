internal import CTensorKernels
import Requirements

/// Where a signal lies: the row of sample b at step t starts at
/// `base[i * timeStride + b * rowStride]` with `i = (t + shift) & stepMask`. A matrix has rows of its own.
///
/// It is the kernels' `ctk_area`, field by field; a test compares their layouts.
package struct SignalArea {
  package var base: UnsafeMutablePointer<Float>
  package var timeStride: Int
  package var rowStride: Int
  /// Which bits of a step's number count: all, or the last one where two steps take turns.
  package var stepMask = -1
  private let currentShift = 0
  /// What the step's number grows by for the state before and after the step.
  package var previousShift = 0
  package var nextShift = 0
  /// The number i whose value stands elsewhere; -1 where none does.
  package var otherStep = -1
  package var otherBase: UnsafeMutablePointer<Float>?
  package var otherRowStride = 0
  package var isMatrix = false
  /// Floats from one sample's matrix to the next one's, where each sample has its own.
  package var sampleStride = 0

  package init(base: UnsafeMutablePointer<Float>, timeStride: Int, rowStride: Int) {
    self.base = base
    self.timeStride = timeStride
    self.rowStride = rowStride
  }
}

/// A signal, or a part of one, by the number of its area.
package struct SignalPlace: Hashable, Sendable {
  package enum Slot: Int32, Sendable { case current, previous, next }
  package var area: Int
  package var slot: Slot
  package var offset: Int
  package var rows: Int
  package var columns: Int

  package init(area: Int, slot: Slot, offset: Int, rows: Int, columns: Int) {
    self.area = area
    self.slot = slot
    self.offset = offset
    self.rows = rows
    self.columns = columns
  }

  fileprivate var place: ctk_place {
    ctk_place(
      area: Int32(area), slot: slot.rawValue, offset: offset, rows: Int32(rows),
      columns: Int32(columns))
  }

  /// The address of the place in a block, and the distance of its rows there: 0 for a matrix.
  package func address(
    in areas: UnsafePointer<SignalArea>, _ block: StepBlock
  ) -> (UnsafeMutablePointer<Float>, rowStride: Int) {
    var (place, block, stride) = (place, block.block, 0)
    guard let address = ctk_place_address(&place, areas.raw, &block, &stride) else {
      failure("a place without an address")
    }
    return (address, stride)
  }
}

/// Rows that are worked on together: samples of one step, or steps of one sample.
package struct StepBlock {
  package var step: Int
  package var row = 0
  package var rows: Int
  /// Whether the rows are steps of one sample.
  package var alongTime = false
  /// Of how many threads that share the columns of products, and meet between, this is which one.
  package var part = 0
  package var parts = 1

  package init(step: Int, row: Int = 0, rows: Int, alongTime: Bool = false) {
    self.step = step
    self.row = row
    self.rows = rows
    self.alongTime = alongTime
  }

  fileprivate var block: ctk_block {
    ctk_block(
      step: step, row: row, rows: rows, along_time: alongTime, part: Int32(part),
      parts: Int32(parts))
  }
}

/// One step of a recurrence for the kernels.
package enum SignalStep {
  /// `matrixRows` is 0 where the rows are samples.
  case program(ElementwiseProgram, [SignalPlace], width: Int, matrixRows: Int)
  case product(
    signal: SignalPlace, weight: Int, bias: SignalPlace?, accumulates: Bool,
    destination: SignalPlace)
  case rowSum(SignalPlace, into: SignalPlace)
  case rowMaximum(SignalPlace, into: SignalPlace)
  case cumulativeSum(SignalPlace, isReversed: Bool, into: SignalPlace)
  case transpose(SignalPlace, into: SignalPlace)
  case identity(into: SignalPlace)
}

/// Steps in the kernels' form, made once and run over any memory. It never changes, so threads may
/// share it.
package final class StepSequence: @unchecked Sendable {
  private let steps: UnsafeMutablePointer<ctk_step>
  private let places: UnsafeMutablePointer<ctk_place>
  private let programs: [ElementwiseProgram]
  package let count: Int

  package init(_ list: [SignalStep]) {
    let operands = list.map(\.places)
    count = list.count
    steps = .allocate(capacity: max(1, list.count))
    places = .allocate(capacity: max(1, operands.reduce(0) { $0 + $1.count }))
    var programs: [ElementwiseProgram] = []
    var next = places
    for (index, step) in list.enumerated() {
      let first = next
      for operand in operands[index] {
        next.initialize(to: operand.place)
        next += 1
      }
      var code = step.code
      if case .program(let program, _, _, _) = step {
        programs.append(program)
        code.program = program.pointer
      }
      code.places = UnsafePointer(first)
      code.place_count = Int32(operands[index].count)
      code.precedes_barrier = index + 1 == list.count || !list[index + 1].isIndependent(of: step)
      (steps + index).initialize(to: code)
    }
    self.programs = programs
  }

  deinit {
    steps.deallocate()
    places.deallocate()
  }

  /// Runs the steps over one block of rows.
  package func run(
    _ areas: UnsafePointer<SignalArea>, _ weights: PackedWeights, _ block: StepBlock
  ) {
    var block = block.block
    ctk_steps_run(steps, count, areas.raw, weights.pointer, &block)
  }

  /// Runs one of the steps.
  package func run(
    _ index: Int, _ areas: UnsafePointer<SignalArea>, _ weights: PackedWeights, _ block: StepBlock
  ) {
    var block = block.block
    ctk_steps_run(steps + index, 1, areas.raw, weights.pointer, &block)
  }
}

/// The right-hand sides of a sequence's products, packed, by their numbers.
package final class PackedWeights: @unchecked Sendable {
  private let matrices: [PackedMatrix]
  fileprivate let pointer: UnsafeMutablePointer<ctk_weight>

  package init(_ matrices: [PackedMatrix]) {
    self.matrices = matrices
    pointer = .allocate(capacity: max(1, matrices.count))
    for (index, matrix) in matrices.enumerated() {
      (pointer + index).initialize(to: matrix.weight)
    }
  }

  deinit { pointer.deallocate() }
}

extension UnsafePointer<SignalArea> {
  fileprivate var raw: UnsafePointer<ctk_area> {
    UnsafeRawPointer(self).assumingMemoryBound(to: ctk_area.self)
  }
}

extension SignalStep {
  fileprivate var places: [SignalPlace] {
    switch self {
    case .program(_, let operands, _, _): operands
    case .product(let signal, _, let bias, _, let destination):
      [signal, destination] + (bias.map { [$0] } ?? [])
    case .rowSum(let a, let b), .rowMaximum(let a, let b), .cumulativeSum(let a, _, let b),
      .transpose(let a, let b):
      [a, b]
    case .identity(let a): [a]
    }
  }

  fileprivate var code: ctk_step {
    var code = ctk_step()
    switch self {
    case .program(_, _, let width, let matrixRows):
      code.kind = CTK_STEP_PROGRAM
      code.width = width
      code.matrix_rows = matrixRows
    case .product(_, let weight, _, let accumulates, _):
      code.kind = CTK_STEP_PRODUCT
      code.weight = Int32(weight)
      code.flag = accumulates
    case .rowSum: code.kind = CTK_STEP_ROW_SUM
    case .rowMaximum: code.kind = CTK_STEP_ROW_MAXIMUM
    case .cumulativeSum(_, let isReversed, _):
      code.kind = CTK_STEP_CUMULATIVE_SUM
      code.flag = isReversed
    case .transpose: code.kind = CTK_STEP_TRANSPOSE
    case .identity: code.kind = CTK_STEP_IDENTITY
    }
    return code
  }

  /// Whether threads that share the columns of both need not meet between: the same columns of two
  /// products, of which this one does not read what the other one wrote.
  fileprivate func isIndependent(of earlier: SignalStep) -> Bool {
    guard case .product(let signal, _, _, _, let destination) = self,
      case .product(_, _, _, _, let earlierDestination) = earlier
    else { return false }
    return signal.area != earlierDestination.area && destination == earlierDestination
  }
}
