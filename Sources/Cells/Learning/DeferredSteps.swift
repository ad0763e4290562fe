import TensorCore

/// One-step windows over which an influence matrix has not been advanced yet, and how rows of cotangents go back
/// through them.
///
/// With `J` before the first of them, and each step's Jacobian `A` and direct influence `D` (n is the current step),
///
///     c J' = c A_n ... A_0 J + the sum over steps m of (c A_n ... A_m+1) D_m
///
/// for any rows c. The loss's gradient needs one row c at every step, which costs little. The matrix itself needs all rows, but
/// only once every few steps: the large product with `J` is then one for all of them.
///
/// `D_m` is kept as factors (``DirectFactors``), so what goes back through a step is `[A_m, left factors]`.
struct DeferredSteps: Sendable {
  private let factors: DirectFactors
  /// The number of steps after which the matrix is advanced.
  let capacity: Int
  private let stateWidths: [Int]
  private let stateSize: Int
  /// The first column of each left factor and of each right one.
  private let lefts: [Int]
  private let rights: [Int]
  /// Floats of a row `[A_m, left factors]`, and of a step's right factors.
  private let width: Int
  private let rightsWidth: Int
  /// The rows that went back through the steps from each one on, `[capacity, S + 1, width]`.
  private let rows: Storage
  /// The steps' right factors, `[capacity, rightsWidth]`.
  private let rightFactors: Storage
  /// The number of steps before the current one that are deferred.
  private var count = 0
  /// By piece, whether the current window's direct influence is written as such.
  private var isWritten: [Bool]

  /// Steps for samples with ``memorySize(_:)`` floats each.
  init(_ factors: DirectFactors, of cell: CellGraph, memorySize: Int) {
    let size = cell.stateSize
    stateSize = size
    stateWidths = cell.states.map(\.width)
    let rightsWidth = factors.rightWidths.reduce(0, +)
    let kept = size * (size + factors.leftWidths.reduce(0, +)) + rightsWidth
    capacity = 1 + (memorySize - Self.headerSize) / max(1, kept)
    // Without deferred steps nobody reads the others.
    let factors = capacity > 1 ? factors : factors.ofProducts
    self.factors = factors
    self.rightsWidth = rightsWidth
    func starts(_ widths: [Int], from first: Int) -> [Int] {
      widths.reduce(into: [first]) { $0.append($0[$0.count - 1] + $1) }
    }
    lefts = starts(factors.leftWidths, from: size)
    rights = starts(factors.rightWidths, from: 0)
    width = lefts[lefts.count - 1]
    rows = Storage(count: capacity * (size + 1) * width)
    rightFactors = Storage(count: capacity * rightsWidth)
    isWritten = factors.pieces.map { _ in true }
  }

  // MARK: Memory

  /// The number of a sample's steps stands before them.
  private static let headerSize = 16

  /// The floats of memory for the steps of a sample, a quarter of those of its matrix.
  static func memorySize(ofMatrix count: Int) -> Int { headerSize + count / 4 }

  /// A sample's steps begin anew.
  static func clear(_ memory: Storage) { memory[0] = 0 }

  /// The deferred steps of a sample. A snapshot could hold any number.
  private func count(in memory: Storage) -> Int {
    Int(max(0, min(memory[0], Float(capacity - 1))))
  }

  /// The deferred step of that number: `[S, width]`, then its right factors.
  private func step(_ number: Int, in memory: Storage) -> Floats {
    Floats(memory, offset: Self.headerSize + number * (stateSize * width + rightsWidth))
  }

  // MARK: A step

  /// Begins the current window of a sample, and returns whether it can be deferred.
  ///
  /// - Parameters:
  ///   - result: the window's Jacobian and, if it has one step, the factors of its outer products.
  ///   - direct: its direct influence but for products that are not written: a row of parameters for each row, a stride
  ///     apart.
  ///   - memory: the sample's.
  mutating func begin(
    _ result: EvaluatedWindow.PulledBack, _ direct: Floats, stride: Int,
    isOneStep: Bool, in memory: Storage
  ) -> Bool {
    readSteps(in: memory)
    let own = current
    var column = 0
    for (jacobian, width) in zip(result.states, stateWidths) {
      copyRows(
        Floats(jacobian), stride: width, rows: stateSize + 1, width: width, into: own + column,
        stride: self.width)
      column += width
    }
    guard isOneStep else { return false }
    let outers = factors.pieces.map { piece in
      result.outers.first { $0.value == piece.parameter && $0.rows == piece.rows }
    }
    isWritten = outers.map { $0?.isWritten ?? true }
    let hasLefts = setLefts(outers, direct, stride: stride, own)
    let hasRights = setRights(outers)
    return hasLefts && hasRights && count + 1 < capacity
  }

  /// Begins a window of no steps, whose Jacobian is the identity.
  mutating func begin(in memory: Storage) {
    readSteps(in: memory)
    let first = current.offset
    rows.fill(first..<first + stateSize * width, with: 0)
    for unit in 0..<stateSize { rows[first + unit * (width + 1)] = 1 }
  }

  /// Reads the number of a sample's steps, and their right factors.
  private mutating func readSteps(in memory: Storage) {
    count = count(in: memory)
    isWritten = factors.pieces.map { _ in true }
    for number in 0..<count {
      copyRow(
        step(number, in: memory) + stateSize * width, count: rightsWidth,
        into: Floats(rightFactors, offset: number * rightsWidth))
    }
  }

  /// The current step's rows.
  private var current: Floats { rows(of: count) }

  private func rows(of step: Int) -> Floats {
    Floats(rows, offset: step * (stateSize + 1) * width)
  }

  /// Sets the current step's left factors, each from a piece that has it; false if one was not returned.
  private func setLefts(
    _ outers: [PlanRun.Outer?], _ direct: Floats, stride: Int, _ own: Floats
  ) -> Bool {
    var isSet = factors.leftWidths.map { $0 == 0 }
    func set(_ piece: DirectFactors.Piece, _ left: Floats, stride: Int) {
      copyRows(
        left, stride: stride, rows: stateSize + 1, width: piece.rows.count,
        into: own + lefts[piece.left], stride: width)
      isSet[piece.left] = true
    }
    for (piece, outer) in zip(factors.pieces, outers) where !isSet[piece.left] {
      if let (left, stride) = outer?.left.firstRows { set(piece, left, stride: stride) }
    }
    for piece in factors.pieces where piece.right == nil && !isSet[piece.left] {
      set(piece, direct + piece.start, stride: stride)
    }
    return !isSet.contains(false)
  }

  /// Sets the current step's right factors, which are the same in all rows.
  private func setRights(_ outers: [PlanRun.Outer?]) -> Bool {
    var isSet = factors.rightWidths.map { $0 == 0 }
    for (piece, outer) in zip(factors.pieces, outers) {
      guard let right = piece.right, !isSet[right], let outer else { continue }
      copyRow(
        outer.right.firstRows.rows, count: piece.columns,
        into: Floats(rightFactors, offset: count * rightsWidth + rights[right]))
      isSet[right] = true
    }
    return !isSet.contains(false)
  }

  /// Pulls some rows of the current window back through all deferred steps.
  func pullBack(_ range: Range<Int>, in memory: Storage) {
    let work = count * range.count * stateSize * width
    // Whole tiles of rows.
    ThreadTeam.split(range.count, unit: 8, work: work) { part in
      let first = (range.lowerBound + part.lowerBound) * width
      for number in (0..<count).reversed() {
        matrixProduct(
          StridedMatrix(
            rows(of: number + 1) + first, rows: part.count, columns: stateSize, rowStride: width),
          StridedMatrix(step(number, in: memory), rows: stateSize, columns: width),
          into: rows(of: number) + first, stride: width, precision: .highest)
      }
    }
  }

  /// The factors of the matrix before all steps: some rows of `A_n ... A_0`.
  func jacobian(_ range: Range<Int>) -> StridedMatrix {
    StridedMatrix(
      rows(of: 0) + range.lowerBound * width, rows: range.count, columns: stateSize,
      rowStride: width)
  }

  /// Defers the current step.
  func keep(in memory: Storage) {
    let step = step(count, in: memory)
    copyRow(current, count: stateSize * width, into: step)
    copyRow(
      Floats(rightFactors, offset: count * rightsWidth), count: rightsWidth,
      into: step + stateSize * width)
    memory[0] = Float(count + 1)
  }

  // MARK: The direct influence

  /// Computes what the steps contribute to some rows and to the columns of some units of a piece.
  ///
  /// - Parameter direct: the current window's direct influence: where it is not written, it is set.
  func setDirect(
    ofPiece number: Int, _ units: Range<Int>, _ range: Range<Int>, into direct: Floats, stride: Int
  ) {
    let piece = factors.pieces[number]
    let steps = isWritten[number] ? count : count + 1
    if steps == 0 { return }
    let left = rows(of: 0) + (range.lowerBound * width + lefts[piece.left] + units.lowerBound)
    let target =
      direct + (range.lowerBound * stride + piece.start + units.lowerBound * piece.columns)
    guard let right = piece.right else {
      for step in 0..<steps {
        addRows(
          left + step * (stateSize + 1) * width, stride: width, rows: range.count,
          width: units.count, to: target, stride: stride)
      }
      return
    }
    let sum = OuterSum(
      left: left, leftRowStride: width, leftStepStride: (stateSize + 1) * width,
      right: StridedMatrix(
        Floats(rightFactors, offset: rights[right]), rows: steps, columns: piece.columns,
        rowStride: rightsWidth))
    sum.run(
      rows: range.count, units: units.count, accumulate: isWritten[number], into: target,
      stride: stride)
  }
}

/// Sums of outer products over steps: `y(r, i * width + j) = Σ left_m(r, i) right_m(j)`.
private struct OuterSum {
  let left: Floats
  let leftRowStride: Int
  let leftStepStride: Int
  /// `[steps, width]`.
  let right: StridedMatrix

  /// Computes some rows r and units i, in as few products as there can be.
  func run(rows: Int, units: Int, accumulate: Bool, into y: Floats, stride: Int) {
    let (byRow, width) = (rows < units, right.columns)
    let (products, count) = byRow ? (rows, units) : (units, rows)
    for product in 0..<products {
      var left = StridedMatrix(
        left + product * (byRow ? leftRowStride : 1), rows: count, columns: right.rows,
        rowStride: byRow ? 1 : leftRowStride)
      left.columnStride = leftStepStride
      matrixProduct(
        left, right, accumulate: accumulate, into: y + product * (byRow ? stride : width),
        stride: byRow ? width : stride, precision: .highest)
    }
  }
}

extension Area {
  /// The samples' rows at the first step: the first one, and floats from one to the next.
  fileprivate var firstRows: (rows: Floats, stride: Int) {
    let first = row(.current, step: 0)
    return (first, row(.current, step: 0, sample: 1).offset - first.offset)
  }
}
