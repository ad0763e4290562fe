import Requirements

/// Matrix products over batches: which matrices of two tensors are multiplied into which result.
struct BatchedProduct: Sendable {
  /// The result's shape.
  let shape: [Int]
  private let m, n, k: Int
  /// For each product, which matrix of a and which of b it takes; the results follow in order.
  private let pairs: [(a: Int, b: Int)]
  private let aCount, bCount: Int

  init(_ aShape: [Int], _ bShape: [Int]) {
    require(
      aShape.count >= 2 && bShape.count >= 2
        && aShape[aShape.count - 1] == bShape[bShape.count - 2],
      "the shapes \(aShape) and \(bShape) have no matrix product")
    let (aBatch, bBatch) = (Array(aShape.dropLast(2)), Array(bShape.dropLast(2)))
    guard let batch = Broadcasting.shape(aBatch, bBatch) else {
      failure("the batches of the shapes \(aShape) and \(bShape) do not fit")
    }
    k = aShape[aShape.count - 1]
    n = bShape[bShape.count - 1]
    let rows = aShape[aShape.count - 2]
    shape = batch + [rows, n]
    (aCount, bCount) = (elementCount(of: aBatch), elementCount(of: bBatch))
    if bCount == 1 && aCount == elementCount(of: batch) {
      // One right-hand side: all left-hand sides are one tall matrix.
      m = aCount * rows
      pairs = [(0, 0)]
    } else {
      m = rows
      pairs = zip(
        Self.positions(aBatch, in: batch), Self.positions(bBatch, in: batch)
      ).map { ($0, $1) }
    }
  }

  /// The positions in a broadcast batch, as positions in the batch itself.
  private static func positions(_ batch: [Int], in shape: [Int]) -> [Int] {
    var positions = [0]
    var stride = elementCount(of: batch)
    for (axis, length) in shape.enumerated() {
      let own = axis - (shape.count - batch.count)
      let ownLength = own < 0 ? 1 : batch[own]
      stride /= max(1, ownLength)
      let step = ownLength == 1 ? 0 : stride
      positions = positions.flatMap { start in (0..<length).map { start + $0 * step } }
    }
    return positions
  }

  /// One matrix of a, of b and of the result.
  private func left(_ a: Floats, _ index: Int) -> StridedMatrix {
    StridedMatrix(a + index * m * k, rows: m, columns: k)
  }
  private func right(_ b: Floats, _ index: Int) -> StridedMatrix {
    StridedMatrix(b + index * k * n, rows: k, columns: n)
  }
  private func result(_ y: Floats, _ index: Int) -> StridedMatrix {
    StridedMatrix(y + index * m * n, rows: m, columns: n)
  }

  /// y = a b.
  func run(_ a: Floats, _ b: Floats, into y: Floats) {
    for (index, pair) in pairs.enumerated() {
      matrixProduct(
        left(a, pair.a), right(b, pair.b), into: y + index * m * n, stride: n, isShared: true,
        precision: .current)
    }
  }

  /// da = dy bᵀ, added to the values that da has or the first.
  func pullLeft(_ dy: Floats, _ b: Floats, into da: Floats, hasValues: Bool) {
    var written = Written(count: aCount, hasValues: hasValues)
    for (index, pair) in pairs.enumerated() {
      matrixProduct(
        result(dy, index), right(b, pair.b).transposed, accumulate: written.note(pair.a),
        into: da + pair.a * m * k, stride: k, isShared: true, precision: .current)
    }
  }

  /// db = aᵀ dy, added to the values that db has or the first.
  func pullRight(_ dy: Floats, _ a: Floats, into db: Floats, hasValues: Bool) {
    var written = Written(count: bCount, hasValues: hasValues)
    for (index, pair) in pairs.enumerated() {
      matrixProduct(
        left(a, pair.a).transposed, result(dy, index), accumulate: written.note(pair.b),
        into: db + pair.b * k * n, stride: n, isShared: true, precision: .current)
    }
  }

  /// Which matrices of a sum have values already.
  private struct Written {
    private var isWritten: [Bool]

    init(count: Int, hasValues: Bool) {
      isWritten = Array(repeating: hasValues, count: count)
    }

    /// Whether the matrix has values; from now on it has.
    mutating func note(_ index: Int) -> Bool {
      defer { isWritten[index] = true }
      return isWritten[index]
    }
  }
}
