internal import CTensorKernels

/// Steps whose heads don't depend on each other, which the kernels take through all steps of time one head after the other.
extension [Step] {
  /// The steps of the first of some heads, where these are equal parts of the units of every step and each reads what it
  /// writes itself alone; with the distance of each step's places from one head to the next. Nil where they depend on
  /// each other.
  ///
  /// - Parameters:
  ///   - scratch: the areas of matrices that no step outside of these uses.
  ///   - memory: a number of each area that is equal for areas that share memory.
  package func ofOneHead(
    of heads: Int, scratch: Set<Int>, memory: (Int) -> Int
  ) -> (steps: [Step], strides: [[Int]])? {
    guard heads > 1, count <= Int(CTK_MOST_OF_HEADS) else { return nil }
    let own = compactMap { $0.ofOneHead(of: heads) }
    var strides = own.map(\.1)
    guard own.count == count, areApart(heads, strides, memory) else { return nil }
    // Scratch memory is that of the first head for all.
    for (index, step) in enumerated() {
      for (number, place) in step.places.enumerated() where scratch.contains(place.area) {
        strides[index][number] = 0
      }
    }
    return (own.map(\.0), strides)
  }

  /// Whether no head reads or writes what another one writes, if heads are these distances apart.
  private func areApart(_ heads: Int, _ strides: [[Int]], _ memory: (Int) -> Int) -> Bool {
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
    return flatMap(\.written).allSatisfy { written in
      zip(self, strides).allSatisfy { step, strides in
        zip(step.places, strides).allSatisfy { areApart(written, $0, $1) }
      }
    }
  }
}

extension Step {
  /// Whether it reads or writes an area.
  package func uses(_ area: Int) -> Bool { places.contains { $0.area == area } }

  /// The heads of the matrices that a step goes through; nil for none.
  package var heads: Int? {
    switch self {
    case .program(let program): program.tile?.tiles
    case .rowProducts(_, _, let tile, areBothMatrices: false, _), .weightedRows(_, _, let tile, _):
      tile.tiles
    default: nil
    }
  }

  /// The step of the first head, and the floats from each of its places to the next head's.
  fileprivate func ofOneHead(of heads: Int) -> (Step, [Int])? {
    switch self {
    case .program(let program): program.ofOneHead(of: heads).map { (.program($0), $1) }
    case .rowProducts(let a, let b, let tile, let areBothMatrices, let y):
      tile.ofOneHead(of: heads, byRows: areBothMatrices).map { own in
        let size = own.rows * own.columns
        let strides = [size, areBothMatrices ? size : own.columns, own.rows]
        return (
          .rowProducts(
            a.part(strides[0]), b.part(strides[1]), own, areBothMatrices: areBothMatrices,
            into: y.part(strides[2])), strides
        )
      }
    case .weightedRows(let a, let b, let tile, let y):
      tile.ofOneHead(of: heads, byRows: false).map { own in
        let strides = [own.rows * own.columns, own.rows, own.columns]
        return (
          .weightedRows(
            a.part(strides[0]), b.part(strides[1]), own, into: y.part(strides[2])), strides
        )
      }
    default: nil
    }
  }
}

extension Place {
  /// The first units of a place.
  fileprivate func part(_ columns: Int) -> Place {
    var part = self
    part.columns = columns
    return part
  }
}

extension Step.Tile {
  /// The tile of the first head, which may be some rows of a single one.
  fileprivate func ofOneHead(of heads: Int, byRows: Bool) -> Self? {
    if tiles == heads { return Self(tiles: 1, rows: rows, columns: columns) }
    guard byRows, tiles == 1, rows % heads == 0 else { return nil }
    return Self(tiles: 1, rows: rows / heads, columns: columns)
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
    guard let part = tile.ofOneHead(of: heads, byRows: true) else { return nil }
    own.tile = part
    own.width = part.rows * part.columns
    let headStrides = strides.map { tile.tiles == heads ? $0.tile : $0.row * part.rows }
    for (number, stride) in headStrides.enumerated() where stride > 0 {
      own.operands[number].columns = stride
    }
    return (own, headStrides)
  }
}
