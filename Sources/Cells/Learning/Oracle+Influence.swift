extension Oracle {
  /// The gradient of a loss by the parameters and the initial state, computed forward in time.
  package struct InfluenceResult {
    /// Element by element, in the cell's order.
    package var parameters: [Double]
    /// Unit by unit, in the cell's order.
    package var initialStates: [Double]
    /// ∂s/∂θ after the last step: for each state unit, the parameters and the initial states.
    package var influence: [[Double]]
  }

  /// Real-time recurrent learning by its definition, for one sample: `J' = A J + I`.
  ///
  /// The loss is the sum of all outputs times `weights[t]`. `sequences[t]` holds the signals of step t;
  /// derivatives of the oracle's own numbers are ignored. `influence` is that of an earlier part of the sequence;
  /// without it the sequence starts here. `keepsToUnits` selects the SnAp-1 estimate: J is zero except where a
  /// parameter acts, within one step, on the same unit of some state; all states must have the same width.
  package func realTimeGradient(
    _ sequences: [[[Double]]], from initial: [[Double]], weights: [[Double]],
    influence given: [[Double]]? = nil, keepsToUnits: Bool = false
  ) -> (result: InfluenceResult, states: [[Double]]) {
    let (stateSize, parameterSize) = (initial.joined().count, parameters.joined().count)
    let identity = (0..<stateSize).map { unit in
      (0..<parameterSize + stateSize).map { $0 == parameterSize + unit ? 1.0 : 0 }
    }
    var influence = given ?? identity
    var gradient = [Double](repeating: 0, count: parameterSize + stateSize)
    var states = initial
    for (signals, weights) in zip(sequences, weights) {
      let inputs = signals.map { $0.map { Dual($0) } }
      let jacobian = jacobian(inputs, states, weights)
      for column in gradient.indices {
        gradient[column] += jacobian.loss(column, influence)
      }
      influence = jacobian.advanced(
        influence, unitsOfStates: keepsToUnits ? initial[0].count : nil)
      states = step(inputs, states.map { $0.map { Dual($0) } }).states.map { $0.map(\.value) }
    }
    let result = InfluenceResult(
      parameters: Array(gradient[..<parameterSize]),
      initialStates: Array(gradient[parameterSize...]), influence: influence)
    return (result, states)
  }

  /// The derivatives of one step's loss and new states, by one number after the other.
  private func jacobian(
    _ inputs: [[Dual]], _ states: [[Double]], _ weights: [Double]
  ) -> StepJacobian {
    let states = states.map { $0.map { Dual($0) } }
    let values = parameters.map { $0.map { Dual($0.value) } }
    func derivative(_ states: [[Dual]], _ parameters: [[Dual]]) -> StepJacobian.Column {
      let step = Oracle(cell, parameters: parameters).step(inputs, states)
      let loss = zip(weights, step.output).reduce(0) { $0 + $1.0 * $1.1.derivative }
      return (loss, step.states.joined().map(\.derivative))
    }
    return StepJacobian(
      byParameter: (0..<values.joined().count).map {
        derivative(states, seeded(values, at: $0))
      },
      byState: (0..<states.joined().count).map {
        derivative(seeded(states, at: $0), values)
      })
  }

  /// The numbers, of which the one at the given place is the one to differentiate by.
  private func seeded(_ values: [[Dual]], at place: Int) -> [[Dual]] {
    var (seeded, part, place) = (values, 0, place)
    while place >= values[part].count {
      place -= values[part].count
      part += 1
    }
    seeded[part][place].derivative = 1
    return seeded
  }
}

/// The derivatives of one step.
private struct StepJacobian {
  /// The derivatives of the loss and of each new state unit by one number.
  typealias Column = (loss: Double, state: [Double])

  /// By each parameter, at fixed states: I.
  let byParameter: [Column]
  /// By each state unit before the step: A.
  let byState: [Column]

  /// An element of the gradient of the step's loss, with the influence of everything before the step.
  func loss(_ column: Int, _ influence: [[Double]]) -> Double {
    var sum = column < byParameter.count ? byParameter[column].loss : 0
    for (unit, derivative) in byState.enumerated() {
      sum += derivative.loss * influence[unit][column]
    }
    return sum
  }

  /// `A J + I`; with the states' number of units, SnAp-1's: zero where a parameter does not act on the unit itself.
  func advanced(_ influence: [[Double]], unitsOfStates width: Int?) -> [[Double]] {
    byState.indices.map { row in
      var sums = byParameter.map { $0.state[row] } + byState.map { _ in 0 }
      for (derivative, past) in zip(byState, influence) where derivative.state[row] != 0 {
        var column = 0
        while column < sums.count {
          sums[column] += derivative.state[row] * past[column]
          column += 1
        }
      }
      guard let width else { return sums }
      let own = stride(from: row % width, to: byState.count, by: width)
      return sums.indices.map { column in
        let acts =
          column < byParameter.count
          ? own.contains { byParameter[column].state[$0] != 0 }
          : own.contains { byParameter.count + $0 == column }
        return acts ? sums[column] : 0
      }
    }
  }
}
