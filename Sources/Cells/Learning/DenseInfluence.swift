import TensorCore

/// The whole influence matrix of each sample: exact for every cell, for small ones.
///
/// Memory: S P floats for each sample, for a cell of S state units and P parameters, O(H³). A window of one step
/// costs S² P multiplications, O(H⁴); in a longer one that product is shared by all its steps, and each
/// step costs S P more.
///
/// A sample's matrix has a further row for the loss, with `∂l/∂s` in A and `∂l/∂θ` in I, so that one product gives
/// both J' and the gradient.
///
/// Papers: A. Robinson and F. Fallside, The utility driven dynamic error propagation network, 1987;
/// R. Williams and D. Zipser, Neural Computation 1, 1989; by windows: J. Schmidhuber, A fixed size
/// storage O(n³) time complexity learning algorithm, Neural Computation 4, 1992.
struct DenseInfluence: Influence {
  private let cell: CellGraph
  private var rows: CotangentRows
  private let parameterSize: Int
  /// The parameters, and the initial states if they are learned.
  private let columns: Int
  private var samples: [Storage]
  /// The memory of the next matrix.
  private var next: Storage
  /// For each state, whether each of its units acts only on the same unit within a step.
  private let isOwn: [Bool]

  init(_ cell: CellGraph, batch: Int, learnsInitialState: Bool) {
    self.cell = cell
    rows = CotangentRows(oneHot: cell, steps: 1)
    parameterSize = cell.parameterSize
    columns = parameterSize + (learnsInitialState ? cell.stateSize : 0)
    let count = rows.count * columns
    samples = (0..<batch).map { _ in Storage(repeating: 0, count: count) }
    next = Storage(repeating: 0, count: count)
    isOwn = UnitDemand(cell.recurrence, states: cell.states, mixing: .followed).ownStates
    for sample in 0..<batch { reset(sample: sample) }
  }

  var size: Int { (samples.count + 1) * rows.count * columns }

  var savedArrays: [Storage] { samples }

  mutating func reset(sample: Int) {
    let matrix = samples[sample]
    matrix.fill(0..<matrix.count, with: 0)
    for unit in 0..<columns - parameterSize { matrix[unit * columns + parameterSize + unit] = 1 }
  }

  mutating func advance(
    _ window: EvaluatedWindow, sample: Int, outputs: Area?, into gradient: GradientSums,
    inputs: Area?
  ) {
    if rows.steps != window.steps { rows = CotangentRows(oneHot: cell, steps: window.steps) }
    rows.setLoss(outputs, from: 0)
    clearInitialStates()
    let factors = window.pullBack(
      rows, from: 0, into: Floats(next), stride: columns
    ).states
    addProduct(of: factors, with: Floats(samples[sample]), steps: window.steps)
    swap(&samples[sample], &next)
    gradient.take(Floats(samples[sample], offset: (rows.count - 1) * columns))
    if let inputs { rows.copyLossOfInput(to: inputs, from: 0) }
  }

  /// The direct influence of the initial states, which is zero: a step reads only the states before it.
  private func clearInitialStates() {
    guard columns > parameterSize else { return }
    for row in 0..<rows.count {
      next.fill(row * columns + parameterSize..<(row + 1) * columns, with: 0)
    }
  }

  /// next += [A; ∂l/∂s] J, its columns split over threads. Some columns of both matrices at a time stay in a cache.
  private func addProduct(
    of factors: [Storage], with matrix: Floats, steps: Int
  ) {
    let leastWork = 200_000
    let blockSize = 64
    let blocks = (columns + blockSize - 1) / blockSize
    let work = rows.count * cell.stateSize * columns
    let parts = max(1, min(ThreadTeam.count, blocks, work / leastWork))
    ThreadTeam.run(parts: parts) { part in
      let first = blocks * part / parts * blockSize
      let end = min(columns, blocks * (part + 1) / parts * blockSize)
      for start in stride(from: first, to: end, by: 16 * blockSize) {
        addProduct(of: factors, with: matrix, start..<min(end, start + 16 * blockSize), steps)
      }
    }
  }

  /// The same for some columns.
  private func addProduct(
    of factors: [Storage], with matrix: Floats, _ part: Range<Int>, _ steps: Int
  ) {
    let first = part.lowerBound
    var row = 0
    for (index, state) in cell.states.enumerated() {
      let source = matrix + (row * columns + first)
      // Over several steps a unit also acts on itself by way of others.
      if isOwn[index], steps == 1 {
        addOwn(Floats(factors[index]), state.width, source, part)
      } else {
        add(Floats(factors[index]), rows.count, state.width, source, first, part.count)
      }
      row += state.width
    }
  }

  /// Adds the product of some rows of factors with a state's rows of the matrix.
  private func add(
    _ factors: Floats, _ count: Int, _ width: Int, _ source: Floats, _ first: Int,
    _ columnCount: Int, toRow row: Int = 0
  ) {
    matrixProduct(
      StridedMatrix(factors, rows: count, columns: width),
      StridedMatrix(source, rows: width, columns: columnCount, rowStride: columns),
      accumulate: true, into: Floats(next, offset: row * columns + first), stride: columns,
      precision: .highest)
  }

  /// The same where every unit acts only on the same unit of the states of its width, and on the loss.
  private func addOwn(
    _ factors: Floats, _ width: Int, _ source: Floats, _ part: Range<Int>
  ) {
    var row = 0
    for state in cell.states {
      defer { row += state.width }
      guard state.width == width else { continue }
      Self.addRows.run(
        [
          ElementwiseOperand(
            Floats(next, offset: row * columns + part.lowerBound), rowStride: columns),
          ElementwiseOperand(factors + row * width, rowStride: width + 1, columnStride: 0),
          ElementwiseOperand(source, rowStride: columns),
        ], rows: width, width: part.count)
    }
    add(factors + row * width, 1, width, source, part.lowerBound, part.count, toRow: row)
  }

  /// Operand 0 += operand 1 · operand 2.
  private static let addRows = ElementwiseProgram(
    operands: 3, storing: [(0, .apply(.multiplyAdd, .operand(1), .operand(2), .operand(0)))])
}
