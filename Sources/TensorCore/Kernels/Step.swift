internal import CTensorKernels

/// One step of a recurrence.
package enum Step: Sendable {
  /// The units of a step as matrices: `[tiles, rows, columns]`.
  package struct Tile: Hashable, Sendable {
    package var tiles: Int
    package var rows: Int
    package var columns: Int

    package init(tiles: Int, rows: Int, columns: Int) {
      self.tiles = tiles
      self.rows = rows
      self.columns = columns
    }
  }

  /// Where the unit of a tile's row and column stands in an operand, which may repeat its units.
  package struct TileStrides: Hashable, Sendable {
    package var tile: Int
    package var row: Int
    package var column: Int

    package init(tile: Int, row: Int, column: Int) {
      self.tile = tile
      self.row = row
      self.column = column
    }
  }

  /// Elementwise work in one pass over blocks.
  package struct Program: Sendable {
    package var program: ElementwiseProgram
    package var operands: [Place]
    package var width: Int
    /// The rows of a program over matrices; 0 where the rows are samples.
    package var matrixRows: Int
    /// The matrices that the units make, and each operand's strides in them; nil where all operands are rows.
    package var tile: Tile?
    package var strides: [TileStrides] = []

    package init(
      _ program: ElementwiseProgram, _ operands: [Place], width: Int, matrixRows: Int
    ) {
      self.program = program
      self.operands = operands
      self.width = width
      self.matrixRows = matrixRows
    }
  }

  /// `destination = (accumulates ? destination : 0) + bias + signal · W`.
  package struct Product: Sendable {
    package var signal: Place
    /// The number of the packed weight.
    package var weight: Int
    /// The number of groups of units, each with a weight of its own: the next ones.
    package var groups: Int
    package var bias: Place?
    package var accumulates: Bool
    package var destination: Place

    package init(
      _ signal: Place, weight: Int, groups: Int = 1, bias: Place?, accumulates: Bool,
      into destination: Place
    ) {
      self.signal = signal
      self.weight = weight
      self.groups = groups
      self.bias = bias
      self.accumulates = accumulates
      self.destination = destination
    }
  }

  case program(Program)
  case product(Product)
  /// `destination = (accumulates ? destination : 0) +` the rows of a matrix that a signal of one unit numbers.
  case pickedRows(Place, of: Place, accumulates: Bool, into: Place)
  case rowSum(Place, into: Place)
  case rowMaximum(Place, into: Place)
  case cumulativeSum(Place, isReversed: Bool, into: Place)
  // Along an axis of units seen as [outer, count, inner].
  case spread(Place, inner: Int, into: Place)
  case sumAlong(Place, inner: Int, into: Place)
  case maximumAlong(Place, inner: Int, into: Place)
  /// The sums along the columns of matrices, multiplied with another signal's `[tiles, columns]` or, where that has
  /// matrices too, unit by unit.
  case rowProducts(Place, Place, Tile, areBothMatrices: Bool, into: Place)
  /// The sums over the rows of matrices, weighted by a signal's `[tiles, rows]`.
  case weightedRows(Place, Place, Tile, into: Place)
  // Of matrices.
  case transpose(Place, into: Place)
  case identity(into: Place)

  /// The places that the step reads and writes, in the kernels' order.
  package var places: [Place] {
    switch self {
    case .program(let program): program.operands
    case .product(let product):
      [product.signal, product.destination] + (product.bias.map { [$0] } ?? [])
    case .rowSum(let a, let b), .rowMaximum(let a, let b), .cumulativeSum(let a, _, let b),
      .spread(let a, _, let b), .sumAlong(let a, _, let b), .maximumAlong(let a, _, let b),
      .transpose(let a, let b):
      [a, b]
    case .rowProducts(let a, let b, _, _, let c), .weightedRows(let a, let b, _, let c),
      .pickedRows(let a, let b, _, let c):
      [a, b, c]
    case .identity(let a): [a]
    }
  }

  /// The step in the kernels' form, but for its places.
  var code: ctk_step {
    var code = ctk_step()
    switch self {
    case .program(let program):
      code.kind = CTK_STEP_PROGRAM
      code.program = program.program.pointer
      code.width = program.width
      code.matrix_rows = program.matrixRows
      if let tile = program.tile { code.set(tile) }
    case .product(let product):
      code.kind = CTK_STEP_PRODUCT
      code.weight = Int32(product.weight)
      code.groups = Int32(product.groups)
      code.flag = product.accumulates
    case .pickedRows(_, _, let accumulates, _):
      code.kind = CTK_STEP_PICKED_ROWS
      code.flag = accumulates
    case .rowSum: code.kind = CTK_STEP_ROW_SUM
    case .rowMaximum: code.kind = CTK_STEP_ROW_MAXIMUM
    case .cumulativeSum(_, let isReversed, _):
      code.kind = CTK_STEP_CUMULATIVE_SUM
      code.flag = isReversed
    case .spread(_, let inner, _):
      code.kind = CTK_STEP_SPREAD
      code.width = inner
    case .sumAlong(_, let inner, _):
      code.kind = CTK_STEP_SUM_ALONG
      code.width = inner
    case .maximumAlong(_, let inner, _):
      code.kind = CTK_STEP_MAXIMUM_ALONG
      code.width = inner
    case .rowProducts(_, _, let tile, let areBothMatrices, _):
      code.kind = CTK_STEP_ROW_PRODUCTS
      code.flag = areBothMatrices
      code.set(tile)
    case .weightedRows(_, _, let tile, _):
      code.kind = CTK_STEP_WEIGHTED_ROWS
      code.set(tile)
    case .transpose: code.kind = CTK_STEP_TRANSPOSE
    case .identity: code.kind = CTK_STEP_IDENTITY
    }
    return code
  }

  /// Whether threads that split the columns of both need no barrier between: both products write the same
  /// columns, and this one does not read the other's result.
  func isIndependent(of earlier: Step) -> Bool {
    guard case .product(let product) = self, case .product(let other) = earlier else {
      return false
    }
    return product.signal.area != other.destination.area
      && product.destination == other.destination
  }
}

extension ctk_step {
  fileprivate mutating func set(_ tile: Step.Tile) {
    tiles = tile.tiles
    rows = tile.rows
    width = tile.columns
  }
}
