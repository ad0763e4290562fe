internal import CTensorKernels
import Requirements

/// The areas of a run, by number, in the kernels' form. It keeps the memory of every area alive.
///
/// Areas are set between runs, by one thread. While steps run nothing changes it, so that threads may share it.
package final class AreaTable: @unchecked Sendable {
  @exclusivity(unchecked) private var areas: [Area?]
  let codes: UnsafeMutablePointer<ctk_area>

  /// A table of areas that are still to be set.
  package init(count: Int) {
    areas = Array(repeating: nil, count: count)
    codes = .allocate(capacity: max(1, count))
    codes.initialize(repeating: ctk_area(), count: max(1, count))
  }

  deinit { codes.deallocate() }

  /// The area of a number, which must have been set.
  package subscript(number: Int) -> Area {
    get {
      guard let area = areas[number] else { failure("area \(number) has no memory") }
      return area
    }
    set {
      areas[number] = newValue
      codes[number] = newValue.code
    }
  }

  /// Releases the memory of an area, which is to be set again before the next run.
  package func release(_ number: Int) { areas[number] = nil }

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
    _ a: Place, _ b: Place, over blocks: [StepBlock], targetRows: Range<Int>, accumulate: Bool,
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
      keepingAlive(self) {
        gatheredProduct(
          m: targetRows.count, n: b.columns, UnsafeBufferPointer(pieces), accumulate: accumulate,
          into: y + targetRows.lowerBound * stride, stride: stride, precision: precision)
      }
    }
  }

  /// Some columns of a row target = (accumulate ? target : 0) + the sum of all rows of a signal in all blocks.
  package func sumRows(
    _ source: Place, over blocks: [StepBlock], columns: Range<Int>, accumulate: Bool,
    into target: Place
  ) {
    keepingAlive(self) {
      for (index, block) in blocks.enumerated() {
        let (x, stride) = address(of: source, block)
        let (y, _) = address(of: target, block)
        ctk_column_sum(
          x + columns.lowerBound, stride, block.rows, columns.count, accumulate || index > 0,
          y + columns.lowerBound)
      }
    }
  }
}
