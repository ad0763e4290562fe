internal import CTensorKernels

/// Time loops whose steps act on each unit alone.
extension [Step] {
  /// Whether the steps are elementwise programs in which no unit reads what another unit's programs write: then a
  /// block of units may go through all steps of a loop before the next block.
  ///
  /// - Parameter memory: a number of each area that is equal for areas that share memory.
  package func actsOnUnitsAlone(memory: (Int) -> Int) -> Bool {
    guard (1...Int(CTK_MOST_UNIT_PROGRAMS)).contains(count) else { return false }
    var width: Int?
    for step in self {
      guard case .program(let program) = step, program.tile == nil, program.matrixRows == 0,
        program.width == width ?? program.width
      else { return false }
      width = program.width
    }
    let all = flatMap(\.places)
    return flatMap(\.written).allSatisfy { target in
      all.allSatisfy { place in
        memory(place.area) != memory(target.area) || place.hasSameUnits(as: target)
          || !place.sharesUnits(with: target)
      }
    }
  }
}

extension Place {
  fileprivate func hasSameUnits(as other: Place) -> Bool {
    offset == other.offset && columns == other.columns
  }
}
