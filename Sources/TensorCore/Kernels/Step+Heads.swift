internal import CTensorKernels

/// Steps whose heads don't depend on each other, which the kernels take through all steps of time one head after the other.
///
/// Heads are those of matrices `[heads, rows, columns]` or, of one matrix, blocks of its rows.
extension [Step] {
  /// The steps of one head.
  package struct Head {
    /// The steps of the first head.
    package var steps: [Step]
    /// By step, the distance of its places from one head to the next.
    package fileprivate(set) var strides: [[Int]]
    /// Whether each step's result is a sum over the rows of all heads, to which each head adds its own in turn.
    package fileprivate(set) var adds: [Bool]

    /// Some of the steps.
    func choosing(_ indices: [Int]) -> Self {
      Self(
        steps: indices.map { steps[$0] }, strides: indices.map { strides[$0] },
        adds: indices.map { adds[$0] })
    }
  }

  /// The steps of one head and the number of heads, where these are equal parts of the units of every step and each reads
  /// what it writes itself alone; nil where they depend on each other.
  ///
  /// - Parameters:
  ///   - scratch: the areas of matrices that no step outside of these uses.
  ///   - memory: a number of each area that is equal for areas that share memory.
  package func inHeads(scratch: Set<Int>, memory: (Int) -> Int) -> (head: Head, count: Int)? {
    let tiles = compactMap(\.matrixTile)
    let heads = tiles.map(\.tiles).max() ?? 1
    let counts = heads > 1 ? [heads] : [tiles.map(\.blocks).max() ?? 1, 1]
    for count in counts {
      if let head = ofOneHead(of: count, scratch: scratch, memory: memory) { return (head, count) }
    }
    return nil
  }

  /// The same with a head for each of the steps' matrices: none is cut into blocks of rows.
  func inTiles(scratch: Set<Int>, memory: (Int) -> Int) -> (head: Head, count: Int)? {
    let heads = compactMap(\.matrixTile).map(\.tiles).max() ?? 1
    guard let head = ofOneHead(of: heads, scratch: scratch, memory: memory),
      !head.adds.contains(true)
    else { return nil }
    return (head, heads)
  }

  private func ofOneHead(of heads: Int, scratch: Set<Int>, memory: (Int) -> Int) -> Head? {
    guard count <= Int(CTK_MOST_OF_HEADS) else { return nil }
    let own = compactMap { $0.ofOneHead(of: heads) }
    guard own.count == count else { return nil }
    var head = Head(steps: own.map(\.step), strides: own.map(\.strides), adds: own.map(\.adds))
    guard areApart(heads, head, memory) else { return nil }
    // Scratch memory is that of the first head for all.
    for (index, step) in enumerated() {
      for (number, place) in step.places.enumerated() where scratch.contains(place.area) {
        head.strides[index][number] = 0
      }
    }
    return head
  }

  /// Whether no head reads or writes what another one writes, but for sums to which all add.
  private func areApart(_ heads: Int, _ head: Head, _ memory: (Int) -> Int) -> Bool {
    func areApart(_ written: Place, _ place: Place, _ stride: Int) -> Bool {
      guard memory(place.area) == memory(written.area) else { return true }
      let isElsewhere =
        place.area == written.area
        && (place.offset >= written.offset + written.columns
          || written.offset >= place.offset + place.columns)
      let isSame =
        place.offset == written.offset && place.columns == written.columns
        && stride * heads == place.columns
      return isElsewhere || isSame
    }
    return indices.allSatisfy { writer in
      self[writer].written.allSatisfy { written in
        indices.allSatisfy { index in
          zip(self[index].places, head.strides[index]).allSatisfy { place, stride in
            areApart(written, place, stride)
              || head.adds[writer] && index == writer && place == written
          }
        }
      }
    }
  }
}

extension Step {
  /// Whether it reads or writes an area.
  package func uses(_ area: Int) -> Bool { places.contains { $0.area == area } }

  /// The matrices that a step goes through; nil for none.
  fileprivate var matrixTile: Tile? {
    switch self {
    case .program(let program): program.tile
    case .rowProducts(_, _, let tile, areBothMatrices: false, _), .weightedRows(_, _, let tile, _):
      tile
    default: nil
    }
  }

  /// The step of the first head, the floats from each of its places to the next head's, and whether heads add up.
  fileprivate func ofOneHead(of heads: Int) -> (step: Step, strides: [Int], adds: Bool)? {
    switch self {
    case .program(let program):
      program.ofOneHead(of: heads).map { (.program($0), $1, false) }
    case .rowProducts(let a, let b, let tile, let areBothMatrices, let y):
      tile.ofOneHead(of: heads).map { own in
        let size = own.rows * own.columns
        let isShared = !areBothMatrices && tile.tiles < heads
        let strides = [size, areBothMatrices ? size : isShared ? 0 : own.columns, own.rows]
        return (
          .rowProducts(
            a.part(size), b.part(areBothMatrices ? size : own.columns), own,
            areBothMatrices: areBothMatrices, into: y.part(own.rows)), strides, false
        )
      }
    case .weightedRows(let a, let b, let tile, let y):
      tile.ofOneHead(of: heads).map { own in
        let size = own.rows * own.columns
        let adds = tile.tiles < heads
        return (
          .weightedRows(a.part(size), b.part(own.rows), own, into: y.part(own.columns)),
          [size, own.rows, adds ? 0 : own.columns], adds
        )
      }
    case .sumAlong(let a, let inner, let y): sumAlong(a, inner, y, ofOneHeadOf: heads)
    default: nil
    }
  }

  private func sumAlong(
    _ a: Place, _ inner: Int, _ y: Place, ofOneHeadOf heads: Int
  ) -> (step: Step, strides: [Int], adds: Bool)? {
    guard y.columns / inner % heads == 0 else { return nil }
    let strides = [a.columns / heads, y.columns / heads]
    return (.sumAlong(a.part(strides[0]), inner: inner, into: y.part(strides[1])), strides, false)
  }
}

extension Place {
  /// The first units of a place.
  package func part(_ columns: Int) -> Place {
    var part = self
    part.columns = columns
    return part
  }
}

extension Step.Tile {
  /// The tile of the first head, which may be some rows of a single one.
  fileprivate func ofOneHead(of heads: Int) -> Self? {
    if tiles == heads { return Self(tiles: 1, rows: rows, columns: columns) }
    guard tiles == 1, rows % heads == 0 else { return nil }
    return Self(tiles: 1, rows: rows / heads, columns: columns)
  }

  /// The blocks of rows of one matrix, each of a size for which the kernels are worth their start.
  fileprivate var blocks: Int {
    let leastSize = 1024
    let most = max(1, rows * columns / leastSize)
    return (1...most).last { rows % $0 == 0 } ?? 1
  }
}

extension Step.Program {
  fileprivate func ofOneHead(of heads: Int) -> (Self, [Int])? {
    guard matrixRows == 0 else { return nil }
    var own = self
    guard let tile else {
      guard width % heads == 0 else { return nil }
      own.width = width / heads
      let isRepeated = operands.map { $0.columns == 1 && width > 1 }
      for (number, isRepeated) in isRepeated.enumerated() where !isRepeated {
        own.operands[number].columns = own.width
      }
      return (own, isRepeated.map { [width = own.width] in $0 ? 0 : width })
    }
    guard let part = tile.ofOneHead(of: heads) else { return nil }
    own.tile = part
    own.width = part.rows * part.columns
    let headStrides = strides.map { tile.tiles == heads ? $0.tile : $0.row * part.rows }
    for (number, stride) in headStrides.enumerated() where stride > 0 {
      own.operands[number].columns = stride
    }
    return (own, headStrides)
  }
}
