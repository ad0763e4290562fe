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

  /// How a state's units stay as they are under zoneout.
  enum Zoneout {
    /// By chance, where a step learns.
    case random
    /// By their expected share.
    case expected
  }

  /// The same cell whose states stay, unit by unit, as they are: `m s' + (1 - m) s`, with a mask m for each step or
  /// with the share `1 - p` in its place.
  ///
  /// An output that is a state's new value is what the state becomes.
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
