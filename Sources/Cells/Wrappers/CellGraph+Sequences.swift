extension CellGraph {
  /// The same cell with padding: at steps where a mask of one unit is zero its states keep their values, and its
  /// output is zero.
  package func holdingStates() -> CellGraph {
    let cell = CellRewriting(self)
    let isValid = cell.sequence("valid", .validity)
    for state in states {
      cell[newValueOf: state] = choose(
        where: isValid, cell[newValueOf: state], else: cell.old(state))
    }
    cell.output = choose(where: isValid, cell.output, else: cell.builder.constant(0))
    return cell.finished()
  }

  /// The same cell with resets: at steps where a mask of one unit is one, its states before the step are those that
  /// a sequence starts from.
  func resettingStates() -> CellGraph {
    let cell = CellRewriting(self)
    let isReset = cell.sequence("reset", .resets)
    cell.replaceStates { state, old in
      let name = "initial_\(state.name)"
      let isLearned = parameters.contains { $0.name == name }
      let start =
        isLearned
        ? cell.builder.vector(name, width: state.width) : cell.builder.constant(0)
      return choose(where: isReset, start, else: old)
    }
    return cell.finished()
  }

  /// The same cell with its initial states among its parameters.
  func learningInitialStates() -> CellGraph {
    let cell = CellRewriting(self)
    for state in states {
      _ = cell.builder.vector(
        "initial_\(state.name)", width: state.width, initially: .constant(0))
    }
    return cell.finished()
  }
}
