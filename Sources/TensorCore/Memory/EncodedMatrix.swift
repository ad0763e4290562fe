internal import CTensorKernels
import Requirements

/// A matrix of weights in the panels that products read: its only copy. It never changes.
package struct EncodedMatrix: Sendable {
  package let rows: Int
  package let columns: Int
  /// The type of the numbers; float32 in panels for the instruction set in use.
  package let format: WeightFormat
  /// The panels of the kernels.
  let packed: Storage

  private init(rows: Int, columns: Int, format: WeightFormat, packed: Storage) {
    (self.rows, self.columns, self.format) = (rows, columns, format)
    self.packed = packed
  }

  /// A matrix of int8 or bf16 in row-major order, little-endian: signed integers, each row with its scale, or the upper
  /// halves of floats, without scales.
  ///
  /// - Precondition: the format is not float32; the bytes and the scales are those of the shape.
  package init(
    rows: Int, columns: Int, format: WeightFormat, bytes: [UInt8], scales: [Float] = []
  ) {
    require(
      format != .float32 && bytes.count == rows * columns * format.bytesPerWeight
        && scales.count == (format == .int8 ? rows : 0),
      "\(bytes.count) bytes and \(scales.count) scales cannot be [\(rows), \(columns)] of \(format)"
    )
    let packed = Storage(count: ctk_encoded_count(rows, columns, format.code))
    self.init(rows: rows, columns: columns, format: format, packed: packed)
    bytes.withUnsafeBytes { bytes in
      withPointers(Floats(packed)) {
        ctk_encoded_pack($0, bytes.baseAddress, scales, rows, columns, format.code)
      }
    }
  }

  /// The matrix `[rows, columns]` of contiguous floats, each rounded to the nearest number of the format.
  package init(_ x: Floats, rows: Int, columns: Int, format: WeightFormat) {
    guard format != .float32 else {
      let packed = Storage(count: ctk_packed_count(rows, columns))
      withPointers(Floats(packed), x) { ctk_pack($0, $1, 1, columns, rows, columns) }
      self.init(rows: rows, columns: columns, format: format, packed: packed)
      return
    }
    let count = rows * columns
    var scales = [Float](repeating: 0, count: format == .int8 ? rows : 0)
    let bytes = Self.bytes(count * format.bytesPerWeight) { base in
      if format == .int8 {
        withPointers(x) {
          ctk_int8_encode($0, rows, columns, base.assumingMemoryBound(to: Int8.self), &scales)
        }
      } else {
        FloatBytes.encodeHalf(x, count: count, to: base)
      }
    }
    self.init(rows: rows, columns: columns, format: format, bytes: bytes, scales: scales)
  }

  /// The numbers of int8 or bf16 in row-major order, and the scales of the rows.
  package var numbers: (bytes: [UInt8], scales: [Float]) {
    var scales = [Float](repeating: 0, count: format == .int8 ? rows : 0)
    let bytes = Self.bytes(rows * columns * format.bytesPerWeight) { base in
      withPointers(Floats(packed)) {
        ctk_encoded_unpack($0, base, &scales, rows, columns, format.code)
      }
    }
    return (bytes, scales)
  }

  private static func bytes(_ count: Int, _ fill: (UnsafeMutableRawPointer) -> Void) -> [UInt8] {
    // Without numbers there may be scales all the same.
    [UInt8](unsafeUninitializedCapacity: max(1, count)) { buffer, initializedCount in
      if let base = buffer.baseAddress { fill(UnsafeMutableRawPointer(base)) }
      initializedCount = count
    }
  }

  /// The index of the first infinity or NaN, in row-major order.
  package var firstNonFinite: Int? {
    let row = Storage(count: columns)
    for index in 0..<rows {
      decode(index..<index + 1, into: Floats(row))
      if let column = (0..<columns).first(where: { !row[$0].isFinite }) {
        return index * columns + column
      }
    }
    return nil
  }

  /// Writes some rows as floats, one after the other.
  func decode(_ rows: some Sequence<Int>, into y: Floats) {
    withPointers(Floats(packed), y) { packed, y in
      for (place, row) in rows.enumerated() {
        let target = y + place * columns
        if format == .float32 {
          ctk_packed_column(packed, self.rows, columns, row, target)
        } else {
          ctk_encoded_row(packed, row, columns, format.code, target)
        }
      }
    }
  }

  /// Some rows: in the same memory if they begin a panel and end as one does, else copied.
  func part(_ range: Range<Int>) -> Floats {
    let panel = format.panelRows
    // The last panel of floats is as wide as its columns.
    let endsPanel =
      format != .float32 || range.upperBound == rows || range.upperBound.isMultiple(of: panel)
    if range.lowerBound.isMultiple(of: panel), endsPanel {
      return Floats(packed, offset: format.offset(ofRow: range.lowerBound, columns: columns))
    }
    if format == .float32 {
      let copy = Storage(count: range.count * columns)
      decode(range, into: Floats(copy))
      return Floats(
        EncodedMatrix(Floats(copy), rows: range.count, columns: columns, format: format).packed)
    }
    let (bytes, scales) = numbers
    let width = columns * format.bytesPerWeight
    let copy = EncodedMatrix(
      rows: range.count, columns: columns, format: format,
      bytes: Array(bytes[range.lowerBound * width..<range.upperBound * width]),
      scales: format == .int8 ? Array(scales[range]) : [])
    return Floats(copy.packed)
  }
}

extension WeightFormat {
  /// The kernels' name of the format.
  var code: ctk_encoding {
    switch self {
    case .float32: CTK_FLOAT32
    case .bfloat16: CTK_BF16
    case .int8: CTK_INT8
    }
  }

  /// The rows of weights, which are columns of products, in a panel.
  var panelRows: Int { self == .float32 ? ctk_panel_columns() : Int(CTK_ENCODED_COLUMNS) }

  /// The floats of memory before the panel that begins with a row.
  func offset(ofRow row: Int, columns: Int) -> Int {
    self == .float32 ? row * columns : row / panelRows * ctk_encoded_panel(columns, code)
  }
}
