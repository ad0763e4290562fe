internal import CTensorKernels

/// The place of a signal, or of a part of one: its area, by number, and its units there.
package struct Place: Hashable, Sendable {
  /// Which value of a signal: the step's own or, for a state, the value before or after the step.
  package enum Slot: Int32, Sendable { case current, previous, next }

  package var area: Int
  package var slot: Slot
  /// Floats from the start of a row or, in a matrix, from its start.
  package var offset: Int
  /// The rows of a matrix or vector; 1 for a signal.
  package var rows: Int
  package var columns: Int

  package init(
    area: Int, slot: Slot = .current, offset: Int = 0, rows: Int = 1, columns: Int
  ) {
    self.area = area
    self.slot = slot
    self.offset = offset
    self.rows = rows
    self.columns = columns
  }

  /// Whether both have units in common: a state before a step and after it stand in different memory.
  package func overlaps(_ other: Place) -> Bool {
    area == other.area && slot == other.slot && sharesUnits(with: other)
  }

  /// Whether some units of an area are in both, at whatever step.
  package func sharesUnits(with other: Place) -> Bool {
    offset < other.offset + other.columns && other.offset < offset + columns
  }

  /// The place in the kernels' form.
  var code: ctk_place {
    ctk_place(
      area: Int32(area), slot: ctk_slot(rawValue: slot.rawValue), offset: offset,
      rows: Int32(rows), columns: Int32(columns))
  }
}

/// Rows that are computed together: samples of one step, or steps of one sample.
package struct StepBlock {
  package var step: Int
  package var row = 0
  package var rows: Int
  /// Whether the rows are steps of one sample.
  package var alongTime = false
  /// This thread's index among the `parts` threads that split a product's columns, with barriers between steps.
  package var part = 0
  package var parts = 1

  package init(step: Int, row: Int = 0, rows: Int, alongTime: Bool = false) {
    self.step = step
    self.row = row
    self.rows = rows
    self.alongTime = alongTime
  }

  /// The block in the kernels' form.
  var code: ctk_step_block {
    ctk_step_block(
      step: step, row: row, rows: rows, along_time: alongTime, part: Int32(part),
      parts: Int32(parts))
  }
}

/// Blocks of rows, in order: mostly one, which needs no memory.
package enum StepBlocks: RandomAccessCollection {
  case one(StepBlock)
  case several([StepBlock])

  package var startIndex: Int { 0 }
  package var endIndex: Int {
    switch self {
    case .one: 1
    case .several(let blocks): blocks.count
    }
  }

  package subscript(index: Int) -> StepBlock {
    switch self {
    case .one(let block): block
    case .several(let blocks): blocks[index]
    }
  }
}
