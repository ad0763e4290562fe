internal import CTensorKernels

/// Steps over the same matrices, which the kernels take through them together, block by block of rows.
extension [Step] {
  /// The same steps, those over the same matrices beside each other where nothing between them reads or writes what they do.
  ///
  /// - Parameter memory: a number of each area that is equal for areas that share memory.
  package func withMatricesTogether(memory: (Int) -> Int) -> [Step] {
    var steps = self
    // Up, past what is independent.
    for index in steps.indices where steps[index].matrices != nil {
      var place = index
      while place > 0, steps[place - 1].matrices == nil,
        !steps[place].conflicts(with: steps[place - 1], memory)
      {
        steps.swapAt(place, place - 1)
        place -= 1
      }
    }
    // Programs down, where they meet others of the same matrices.
    for index in steps.indices.reversed() {
      guard case .program(let program) = steps[index], steps[index].matrices != nil else {
        continue
      }
      var next = index + 1
      while next < steps.count, steps[next].matrices == nil,
        !steps[index].conflicts(with: steps[next], memory)
      {
        next += 1
      }
      guard next > index + 1, next < steps.count, steps[next].matrices == program.tile else {
        continue
      }
      steps.insert(steps.remove(at: index), at: next - 1)
    }
    return steps
  }

  /// The number of steps from one on that may go through their matrices together; 1 where there are not several.
  func together(from index: Int, memory: (Int) -> Int) -> Int {
    guard case .program = self[index], let tile = self[index].matrices else { return 1 }
    var end = index + 1
    while end < count, end - index < Int(CTK_MOST_TOGETHER), self[end].isOver(tile),
      self[index..<end].allSatisfy({ self[end].goes(with: $0, tile, memory) })
    {
      end += 1
    }
    return end - index
  }
}

extension Step {
  /// The places that the step writes.
  package var written: [Place] {
    switch self {
    case .program(let program): program.program.storedOperands.map { program.operands[$0] }
    case .product(let product): [product.destination]
    default: places.suffix(1)
    }
  }

  /// The matrices that the step goes through: of a program with repeated units, or of a sum along an axis of them.
  fileprivate var matrices: Tile? {
    let tile: Tile? =
      switch self {
      case .program(let program): program.tile
      case .rowProducts(_, _, let tile, _, _), .weightedRows(_, _, let tile, _): tile
      case .sumAlong(let matrices, inner: 1, let sums):
        Tile(tiles: 1, rows: sums.columns, columns: matrices.columns / sums.columns)
      default: nil
      }
    return tile.flatMap { $0.rows * $0.columns < Int(CTK_SMALLEST_MATRIX) ? nil : $0 }
  }

  /// Whether the step goes through matrices of the given form.
  fileprivate func isOver(_ tile: Tile) -> Bool {
    guard let own = matrices else { return false }
    switch self {
    case .rowProducts(_, _, _, areBothMatrices: true, _), .sumAlong:
      return own.columns == tile.columns && own.tiles * own.rows == tile.tiles * tile.rows
    default: return own == tile
    }
  }

  /// Whether the order of two steps matters.
  package func conflicts(with other: Step, _ memory: (Int) -> Int) -> Bool {
    written.contains { place in other.places.contains { place.overlaps($0, memory) } }
      || other.written.contains { place in places.contains { place.overlaps($0, memory) } }
  }

  /// Whether a step may go through its matrices together with an earlier one: what one of them writes and the other reads or
  /// writes is the same matrix, of which both have the same rows at a time.
  fileprivate func goes(with earlier: Step, _ tile: Tile, _ memory: (Int) -> Int) -> Bool {
    let units = tile.tiles * tile.rows * tile.columns
    func areApart(_ places: [Place], _ others: [Place]) -> Bool {
      places.allSatisfy { place in
        others.allSatisfy {
          !place.overlaps($0, memory) || place == $0 && place.columns == units
        }
      }
    }
    return areApart(written, earlier.places) && areApart(places, earlier.written)
  }
}

extension Place {
  /// Whether two places may share memory.
  fileprivate func overlaps(_ other: Place, _ memory: (Int) -> Int) -> Bool {
    area == other.area ? overlaps(other) : memory(area) == memory(other.area)
  }
}
