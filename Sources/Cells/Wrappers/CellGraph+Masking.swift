extension CellGraph {
  /// The same cell with its input multiplied by a mask of the input's width: dropout on the input.
  func maskingInput(_ name: String, _ mask: Sequence.Mask) -> CellGraph {
    let cell = CellRewriting(self)
    let kept = cell.sequence(name, width: inputSize, .mask(mask))
    cell.replaceInput { $0 * kept }
    return cell.finished()
  }

  /// The same cell with its output multiplied by a mask.
  func maskingOutput(_ mask: Sequence.Mask) -> CellGraph {
    let cell = CellRewriting(self)
    let kept = cell.sequence("output mask", width: outputSize, .mask(mask))
    cell.output = cell.output * kept
    return cell.finished()
  }

  /// The same cell with every signal that recurrent weights multiply multiplied by a mask of its own, which all
  /// weights of that signal share.
  func maskingRecurrentSignals(_ mask: Sequence.Mask) -> CellGraph {
    let cell = CellRewriting(self)
    cell.replaceRecurrentSignals { signal in
      signal * cell.sequence("recurrent mask", width: signal.width, .mask(mask))
    }
    return cell.finished()
  }

  /// The same cell with every recurrent weight multiplied by a mask of its own.
  func maskingRecurrentWeights(probability: Float) -> CellGraph {
    let cell = CellRewriting(self)
    cell.replaceRecurrentWeights { $0 * cell.weightMask(for: $0, probability: probability) }
    return cell.finished()
  }

  /// How zoneout keeps units of a state.
  enum Zoneout {
    /// By a random mask, in training.
    case random
    /// By the expected value, in inference.
    case expected
  }

  /// The same cell with zoneout of its states, unit by unit: `m s' + (1 - m) s`, with a mask m for each step or, in
  /// its place, `1 - p`.
  ///
  /// An output that is a state's new value stays that.
  func zoningOut(_ shares: [String: Float], _ zoneout: Zoneout) -> CellGraph {
    let cell = CellRewriting(self)
    let followed = states.indices.first { updates[$0] == output }
    for (index, state) in states.enumerated() {
      let new = cell[newValueOf: state]
      guard let share = shares[state.name], share > 0 else { continue }
      switch zoneout {
      case .random:
        let mask = cell.sequence(
          "zoneout of \(state.name)", width: state.width,
          .mask(.init(probability: share, lifetime: .step, isScaled: false)))
        cell[newValueOf: state] = choose(where: mask, new, else: cell.old(state))
      case .expected:
        cell[newValueOf: state] = Double(share) * cell.old(state) + (1 - Double(share)) * new
      }
      if index == followed { cell.output = cell[newValueOf: state] }
    }
    return cell.finished()
  }
}
