internal import CTensorKernels
import Requirements

/// The areas of a run, by number, in the kernels' form. It keeps the memory of every area alive, except of those that are
/// borrowed.
///
/// `@unchecked Sendable`: areas are set between runs, by one thread; while steps run nothing changes the table.
package final class AreaTable: @unchecked Sendable {
  let codes: UnsafeMutablePointer<ctk_area>
  /// The rows of the areas that have some.
  private let rows: StepRows?
  /// By area, the storages that its code points into. No other thread works on them, so that the run-time check of
  /// exclusive access would only cost time.
  @exclusivity(unchecked) private var owners: [Storage?]
  @exclusivity(unchecked) private var otherOwners: [Storage?]

  /// A table of areas that are still to be set.
  package init(count: Int, rows: StepRows? = nil) {
    self.rows = rows
    owners = Array(repeating: nil, count: count)
    otherOwners = Array(repeating: nil, count: count)
    codes = .allocate(capacity: max(1, count))
    codes.initialize(repeating: ctk_area(), count: max(1, count))
  }

  /// A table with the same areas, of which some are to be set anew, and with some more after them.
  package convenience init(copying other: AreaTable, adding more: Int = 0) {
    self.init(count: other.owners.count + more, rows: other.rows)
    codes.update(from: other.codes, count: other.owners.count)
    owners.replaceSubrange(..<other.owners.count, with: other.owners)
    otherOwners.replaceSubrange(..<other.owners.count, with: other.otherOwners)
  }

  deinit { codes.deallocate() }

  /// The number of areas.
  package var count: Int { owners.count }
  /// Whether there are areas of packed samples.
  var hasRows: Bool { rows != nil }

  /// The area of a number, which must have been set.
  package subscript(number: Int) -> Area {
    guard let owner = owners[number] else { failure("area \(number) has no memory") }
    return Area(codes[number], owner, otherOwners[number], rows)
  }

  /// The rows of a place, as an area of their own, with the signal at every step.
  package func part(_ place: Place) -> Area {
    let number = place.area
    guard let owner = owners[number] else { failure("area \(number) has no memory") }
    var code = codes[number]
    let shift = shift(of: place)
    code.base += place.offset
    code.other_base = code.other_base.map { $0 + place.offset }
    (code.shifts, code.step_mask, code.is_matrix, code.sample_stride) = ((0, 0, 0), -1, false, 0)
    if code.rows != nil {
      code.shifts.0 = shift
    } else {
      code.base += shift * code.time_stride
      if code.other_step >= 0 { code.other_step -= shift }
    }
    return Area(code, owner, otherOwners[number], rows)
  }

  /// The first sample's row of an area at a step.
  package func row(_ number: Int, _ slot: Place.Slot, step: Int) -> Floats {
    let place = Place(area: number, slot: slot, columns: 1)
    let (row, _) = address(of: place, StepBlock(step: step, rows: 1))
    let isOther = hasOther(place, step..<step + 1)
    guard let owner = isOther ? otherOwners[number] : owners[number] else {
      failure("area \(number) has no memory")
    }
    return Floats(owner, offset: row - owner.pointer)
  }

  /// Sets an area.
  package func set(_ number: Int, _ area: Area) {
    codes[number] = area.code
    let other = area.otherMemory?.storage
    if other != nil || otherOwners[number] != nil { otherOwners[number] = other }
    owners[number] = area.memory.storage
  }

  /// Moves an area that has been set, and has no other memory, to memory of the same form.
  package func move(_ number: Int, to memory: Floats) {
    codes[number].base = memory.pointer
    owners[number] = memory.storage
  }

  /// Moves an area to the start of memory that the caller keeps alive while steps run.
  package func borrow(_ number: Int, _ memory: Storage) { codes[number].base = memory.pointer }

  /// Releases the memory of an area, which is to be set again or moved before the next run.
  package func release(_ number: Int) {
    owners[number] = nil
    if otherOwners[number] != nil { otherOwners[number] = nil }
  }

  /// The step of a place that is in other memory; nil for none.
  package func otherStep(of place: Place) -> Int? {
    let code = codes[place.area]
    guard code.other_step >= 0, code.other_base != nil else { return nil }
    return code.other_step - shift(of: place)
  }

  /// Whether one of the steps of a place is in other memory.
  package func hasOther(_ place: Place, _ steps: Range<Int>) -> Bool {
    otherStep(of: place).map(steps.contains) ?? false
  }

  /// The address of a place in a block, and the distance of its rows there: 0 for a matrix.
  func address(
    of place: Place, _ block: StepBlock
  ) -> (UnsafeMutablePointer<Float>, rowStride: Int) {
    var (place, block, stride) = (place.code, block.code, 0)
    guard let address = ctk_place_address(&place, codes, &block, &stride) else {
      failure("area \(place.area) has no memory")
    }
    return (address, stride)
  }

  /// Copies the rows of a place in a block to memory in which they follow each other.
  package func copy(_ place: Place, _ block: StepBlock, into target: Floats) {
    let (row, stride) = address(of: place, block)
    withPointers(target) { target in
      ctk_copy_rows(row, stride, block.rows, place.columns, target, place.columns)
    }
    keepAlive(self)
  }

  /// The matrix of a place.
  package func matrix(_ place: Place, rows: Int, columns: Int) -> StridedMatrix {
    let area = self[place.area]
    return StridedMatrix(
      area.memory + place.offset, rows: rows, columns: columns, rowStride: area.rowStride)
  }
}

// MARK: Sums over samples and steps

extension AreaTable {
  /// Some rows of a matrix target = (accumulate ? target : 0) + the sum over the rows of all blocks of `aᵀ · b`.
  package func sumProducts(
    _ a: Place, _ b: Place, over blocks: StepBlocks, targetRows: Range<Int>, accumulate: Bool,
    into target: Place, precision: Precision
  ) {
    let stride = codes[target.area].row_stride
    let (y, _) = address(of: target, blocks[0])
    withUnsafeTemporaryAllocation(of: ctk_rows.self, capacity: blocks.count) { pieces in
      for (index, block) in blocks.enumerated() {
        let (left, leftStride) = address(of: a, block)
        let (right, rightStride) = address(of: b, block)
        pieces.initializeElement(
          at: index,
          to: ctk_rows(
            a: left + targetRows.lowerBound, a_stride: leftStride, b: right, b_stride: rightStride,
            count: block.rows))
      }
      gatheredProduct(
        m: targetRows.count, n: b.columns, UnsafeBufferPointer(pieces), accumulate: accumulate,
        into: y + targetRows.lowerBound * stride, stride: stride, precision: precision)
    }
    keepAlive(self)
  }

  /// Some columns of a matrix target = (accumulate ? target : 0) + each row of a signal in all blocks, in the row of the
  /// matrix that another signal numbers.
  package func sumByRow(
    _ numbers: Place, _ source: Place, over blocks: StepBlocks, columns: Range<Int>,
    accumulate: Bool, into target: Place
  ) {
    let stride = codes[target.area].row_stride
    let y = address(of: target, blocks[0]).0 + columns.lowerBound
    if !accumulate {
      for row in 0..<target.rows { (y + row * stride).update(repeating: 0, count: columns.count) }
    }
    for block in blocks {
      let (number, numberStride) = address(of: numbers, block)
      let (x, xStride) = address(of: source, block)
      withUnsafeTemporaryAllocation(of: Int32.self, capacity: block.rows) { rows in
        for row in 0..<block.rows { rows[row] = Int32(number[row * numberStride]) }
        ctk_scatter_add_rows(
          x + columns.lowerBound, xStride, columns.count, rows.baseAddress, block.rows, y, stride)
      }
    }
    keepAlive(self)
  }

  /// Some columns of a row target = (accumulate ? target : 0) + the sum of all rows of a signal in all blocks.
  package func sumRows(
    _ source: Place, over blocks: StepBlocks, columns: Range<Int>, accumulate: Bool,
    into target: Place
  ) {
    for (index, block) in blocks.enumerated() {
      let (x, stride) = address(of: source, block)
      let (y, _) = address(of: target, block)
      ctk_column_sum(
        x + columns.lowerBound, stride, block.rows, columns.count, accumulate || index > 0,
        y + columns.lowerBound)
    }
    keepAlive(self)
  }
}
