import TensorCore

/// Repeated units that are read where they stand, instead of being written out.
///
/// A state `[heads, K, V]` meets keys repeated over V and values repeated over K. A program over such widths
/// runs tile by tile, and a key is then an operand whose column stride is 0, a value one whose row stride is 0. A
/// product with repeated units that is summed right away, as a matrix's read, is one step and writes nothing.
struct RepeatedUnits {
  /// A sum along an axis of a product.
  struct MatrixSum {
    var matrices: NodeID
    var other: NodeID
    var tile: Step.Tile
    var kind: Kind

    enum Kind { case weightedRows, rowProducts, productsOfMatrices }
  }

  /// Units of one width in one stage.
  private struct Width: Hashable {
    var stage: Stage
    var columns: Int
  }

  /// By the node that is summed along an axis.
  private(set) var sums: [NodeID: MatrixSum] = [:]
  /// The products in those sums, which are not computed by themselves.
  private(set) var absorbed = Set<NodeID>()
  /// The repeated signals that are not written out.
  private(set) var unwritten = Set<NodeID>()
  private var tiles: [Width: Step.Tile] = [:]
  private let graph: SimplifiedGraph
  private let stages: [NodeID: Stage]

  /// Whether there are no such units.
  var isEmpty: Bool { sums.isEmpty && unwritten.isEmpty && tiles.isEmpty }

  init(_ recurrence: Recurrence, _ stages: [NodeID: Stage], _ consumers: [NodeID: [NodeID]]) {
    (graph, self.stages) = (recurrence.graph, stages)
    let roots = Set(recurrence.roots)
    for id in stages.keys.sorted() {
      guard case .sumAlong(let product, let axis) = graph[id].operation, isSignal(id),
        consumers[product] == [id], !roots.contains(product), stages[product] == stages[id],
        let sum = matrixSum(of: product, axis, stages[id])
      else { continue }
      sums[id] = sum
      absorbed.insert(product)
    }
    let spreads = stages.keys.sorted().filter {
      isSpread($0) && stages[$0] != .parameters && stages[$0] != .gathering && !roots.contains($0)
    }
    /// The elementwise readers of a repeated signal; nil where others read it.
    func programs(reading spread: NodeID) -> [NodeID]? {
      // A sum reads the source.
      let readers = (consumers[spread] ?? []).filter { !absorbed.contains($0) }
      let areFused = readers.allSatisfy {
        graph[$0].operation.isElementwise && stages[$0] == stages[spread]
      }
      return areFused ? readers : nil
    }
    var cuts: [Width: Set<Int>] = [:]
    for spread in spreads {
      guard case .spread(_, let axis) = graph[spread].operation,
        let readers = programs(reading: spread),
        !readers.isEmpty, let stage = stages[spread]
      else { continue }
      cuts[Width(stage: stage, columns: graph[spread].columns), default: []]
        .formUnion([axis.inner, axis.inner * axis.count])
    }
    for (width, cuts) in cuts { tiles[width] = Step.Tile(columns: width.columns, cuts: cuts) }
    for spread in spreads {
      guard let readers = programs(reading: spread) else { continue }
      if readers.isEmpty || tile(spread) != nil { unwritten.insert(spread) }
    }
  }

  /// The tiles of programs as wide as a node in its stage.
  func tile(_ id: NodeID) -> Step.Tile? {
    stages[id].flatMap { tiles[Width(stage: $0, columns: graph[id].columns)] }
  }

  /// Where an unwritten signal stands: its source, and the strides there.
  func source(_ id: NodeID) -> (node: NodeID, strides: Step.TileStrides)? {
    guard unwritten.contains(id), case .spread(let source, let axis) = graph[id].operation,
      let tile = tile(id)
    else { return nil }
    return (source, tile.strides(repeatedAlong: axis))
  }

  private func isSpread(_ id: NodeID) -> Bool {
    if case .spread = graph[id].operation { true } else { false }
  }

  private func isSignal(_ id: NodeID) -> Bool {
    graph[id].dependence == .input || graph[id].dependence == .state
  }

  private func matrixSum(of product: NodeID, _ axis: Axis, _ stage: Stage?) -> MatrixSum? {
    guard case .apply(.multiply, let x) = graph[product].operation else { return nil }
    let width = graph[product].columns
    guard x.allSatisfy({ graph[$0].columns == width && graph.constant($0) == nil }),
      x.contains(where: isSignal)
    else { return nil }
    for (place, spread) in x.enumerated() {
      let matrices = x[1 - place]
      guard case .spread(let source, let along) = graph[spread].operation, stages[spread] == stage,
        !isSpread(matrices), x.allSatisfy(isSignal)
      else { continue }
      if axis.inner > 1, along.inner == 1, along.count == axis.inner {
        let tile = Step.Tile(
          tiles: width / (axis.count * axis.inner), rows: axis.count, columns: axis.inner)
        return MatrixSum(
          matrices: matrices, other: source, tile: tile, kind: .weightedRows)
      }
      if axis.inner == 1, along.inner == axis.count {
        let tile = Step.Tile(
          tiles: width / (along.count * axis.count), rows: along.count, columns: axis.count)
        return MatrixSum(
          matrices: matrices, other: source, tile: tile, kind: .rowProducts)
      }
    }
    if axis.inner == 1, !x.contains(where: isSpread) {
      // A parameter's numbers are those of every sample.
      let (matrices, other) = isSignal(x[0]) ? (x[0], x[1]) : (x[1], x[0])
      guard isSignal(other) || graph[other].rows == 1 else { return nil }
      let tile = Step.Tile(tiles: 1, rows: width / axis.count, columns: axis.count)
      return MatrixSum(
        matrices: matrices, other: other, tile: tile, kind: .productsOfMatrices)
    }
    return nil
  }
}

extension Step.Tile {
  /// Tiles whose rows and columns end where repeated units begin again; nil where there are more such places
  /// than two.
  fileprivate init?(columns width: Int, cuts: Set<Int>) {
    let inner = cuts.subtracting([1, width]).sorted()
    switch inner.count {
    case 0: self.init(tiles: 1, rows: 1, columns: width)
    case 1 where width % inner[0] == 0:
      self.init(tiles: 1, rows: width / inner[0], columns: inner[0])
    case 2 where width % inner[1] == 0 && inner[1] % inner[0] == 0:
      self.init(tiles: width / inner[1], rows: inner[1] / inner[0], columns: inner[0])
    default: return nil
    }
  }

  /// The strides of a signal as wide as the tiles.
  var strides: Step.TileStrides {
    Step.TileStrides(tile: rows * columns, row: columns, column: 1)
  }

  /// The strides of a signal whose units are repeated along an axis.
  fileprivate func strides(repeatedAlong axis: Axis) -> Step.TileStrides {
    var stride = 1
    func next(_ start: Int, _ count: Int) -> Int {
      let isRepeated = axis.inner <= start && start * count <= axis.inner * axis.count
      if isRepeated || count == 1 { return 0 }
      defer { stride *= count }
      return stride
    }
    let column = next(1, columns)
    let row = next(columns, rows)
    return Step.TileStrides(tile: next(columns * rows, tiles), row: row, column: column)
  }
}
