import TensorCore

/// The whole influence matrix of each sample: exact for every cell, for small ones.
///
/// Memory: S P floats for each sample, for a cell of S state units and P parameters, O(H³). A longer window costs
/// S² P multiplications, and each of its steps S P more. Windows of one step share that product too, some of them
/// (``DeferredSteps``): it is done at the last of them, O(H³) a step on average.
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
  /// The memory of the next matrix. While steps are deferred its last row receives the gradient.
  private var next: Storage
  /// The deferred steps of each sample.
  private let deferred: [Storage]
  private var steps: DeferredSteps
  private let blocks: [Block]

  /// Columns that are computed together, so that those of both matrices stay in a cache: of some units of a piece
  /// of a parameter, or of initial states.
  private struct Block {
    var columns: Range<Int>
    var piece: Int?
    var units: Range<Int>
  }

  init(_ cell: CellGraph, batch: Int, learnsInitialState: Bool) {
    self.cell = cell
    rows = CotangentRows(oneHot: cell, steps: 1)
    parameterSize = cell.parameterCount
    columns = parameterSize + (learnsInitialState ? cell.stateSize : 0)
    let count = rows.count * columns
    samples = (0..<batch).map { _ in Storage(repeating: 0, count: count) }
    next = Storage(repeating: 0, count: count)
    deferred = (0..<batch).map { _ in
      Storage(repeating: 0, count: DeferredSteps.memorySize(ofMatrix: count))
    }
    let factors = DirectFactors(cell)
    steps = DeferredSteps(factors, of: cell, memorySize: DeferredSteps.memorySize(ofMatrix: count))
    blocks = Self.blocks(of: factors, parameterSize: parameterSize, columns)
    for sample in 0..<batch { reset(sample: sample) }
  }

  /// The blocks of all columns.
  private static func blocks(
    of factors: DirectFactors, parameterSize: Int, _ columns: Int
  ) -> [Block] {
    let blockSize = 1024
    var blocks: [Block] = []
    for (number, piece) in factors.pieces.enumerated() {
      let count = max(1, blockSize / piece.columns)
      for first in stride(from: 0, to: piece.rows.count, by: count) {
        let units = first..<min(first + count, piece.rows.count)
        let start = piece.start + first * piece.columns
        blocks.append(
          Block(
            columns: start..<start + units.count * piece.columns, piece: number, units: units))
      }
    }
    for first in stride(from: parameterSize, to: columns, by: blockSize) {
      let columns = first..<min(first + blockSize, columns)
      blocks.append(Block(columns: columns, piece: nil, units: columns))
    }
    return blocks
  }

  /// One matrix and one sample's deferred steps are scratch memory.
  var size: Int { (samples.count + 1) * (next.count + deferred[0].count) }

  var savedArrays: [Storage] { samples }

  var deferredArrays: [Storage] { deferred }

  mutating func reset(sample: Int) {
    let matrix = samples[sample]
    matrix.fill(0..<matrix.count, with: 0)
    for unit in 0..<columns - parameterSize { matrix[unit * columns + parameterSize + unit] = 1 }
    DeferredSteps.clear(deferred[sample])
  }

  mutating func advance(
    _ window: EvaluatedWindow, sample: Int, outputs: Area?, into gradient: GradientSums,
    inputs: Area?
  ) {
    if rows.steps != window.steps { rows = CotangentRows(oneHot: cell, steps: window.steps) }
    rows.setLoss(outputs, from: 0)
    let result = window.pullBack(
      rows, from: 0, into: Floats(next), stride: columns,
      returnsOuterFactors: window.steps == 1)
    let isDeferred = steps.begin(
      result, Floats(next), stride: columns, isOneStep: window.steps == 1, in: deferred[sample])
    let lossRow = rows.count - 1
    let range = isDeferred ? lossRow..<rows.count : 0..<rows.count
    steps.pullBack(range, in: deferred[sample])
    setRows(range, with: Floats(samples[sample]))
    window.release(result)
    gradient.take(Floats(next, offset: lossRow * columns))
    if isDeferred {
      steps.keep(in: deferred[sample])
    } else {
      swap(&samples[sample], &next)
      DeferredSteps.clear(deferred[sample])
    }
    if let inputs { rows.copyLossOfInput(to: inputs, from: 0) }
  }

  mutating func matrix(ofSample sample: Int) -> Tensor? {
    let range = 0..<cell.stateSize
    steps.begin(in: deferred[sample])
    steps.pullBack(range, in: deferred[sample])
    next.fill(0..<range.count * columns, with: 0)
    setRows(range, with: Floats(samples[sample]))
    return Tensor(
      storage: next.copy(0..<range.count * columns), shape: [range.count, columns])
  }

  /// Computes rows of the next matrix, its blocks split over threads: what the steps contribute, and
  /// their Jacobian's rows times the matrix before them.
  private func setRows(_ range: Range<Int>, with matrix: Floats) {
    let jacobian = steps.jacobian(range)
    let work = range.count * cell.stateSize * columns
    let parts = min(ThreadTeam.parts(ofWork: work), blocks.count)
    ThreadTeam.run(parts: parts) { part in
      for block in blocks[blocks.count * part / parts..<blocks.count * (part + 1) / parts] {
        if let piece = block.piece {
          steps.setDirect(
            ofPiece: piece, block.units, range, into: Floats(next), stride: columns)
        }
        // A step reads only the states before it: it contributes nothing to the columns of initial states.
        matrixProduct(
          jacobian,
          StridedMatrix(
            matrix + block.columns.lowerBound, rows: cell.stateSize, columns: block.columns.count,
            rowStride: columns),
          accumulate: block.piece != nil,
          into: Floats(next, offset: range.lowerBound * columns + block.columns.lowerBound),
          stride: columns, precision: .highest)
      }
    }
  }
}
