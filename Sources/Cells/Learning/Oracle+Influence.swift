extension Oracle {
  /// The gradient of a loss by the parameters and the initial state, found forwards in time.
  package struct InfluenceResult {
    /// Element by element, in the cell's order.
    package var parameters: [Double]
    /// Unit by unit, in the cell's order.
    package var initialStates: [Double]
    /// ∂s/∂θ after the last step: for each state unit, the parameters and the initial states.
    package var influence: [[Double]]
  }

  /// Real-time recurrent learning as its inventors state it, for one sample: `J' = A J + I`.
  ///
  /// The loss is the sum of all outputs times `weights[t]`. `sequences[t]` holds the signals of step t;
  /// derivatives of the oracle's own numbers are not looked at. `influence` goes on from an earlier part
  /// of the sequence; without it the initial state is the start. `keepsToUnits` is the SnAp-1 estimate:
  /// J is kept where a parameter acts, within one step, on the same unit of some state; all states must
  /// have the same width.
  package func realTimeGradient(
    _ sequences: [[[Double]]], from initial: [[Double]], weights: [[Double]],
    influence given: [[Double]]? = nil, keepsToUnits: Bool = false
  ) -> (result: InfluenceResult, states: [[Double]]) {
    let values = parameters.map { $0.map(\.value) }
    let (stateSize, parameterSize) = (initial.joined().count, values.joined().count)
    let start = (0..<stateSize).map { unit in
      (0..<parameterSize + stateSize).map { $0 == parameterSize + unit ? 1.0 : 0 }
    }
    var influence = given ?? start
    var gradient = [Double](repeating: 0, count: parameterSize + stateSize)
    var states = initial
    for (signals, weights) in zip(sequences, weights) {
      /// The derivative of the step's output and states by one number.
      func derivative(
        _ states: [[Dual]], _ parameters: [[Dual]]
      ) -> (loss: Double, state: [Double]) {
        let inputs = signals.map { $0.map { Dual($0) } }
        let step = Oracle(cell, parameters: parameters).step(inputs, states)
        let loss = zip(weights, step.output).reduce(0) { $0 + $1.0 * $1.1.derivative }
        return (loss, step.states.joined().map(\.derivative))
      }
      let direct = (0..<parameterSize).map { derivative(seeded(states), seeded(values, at: $0)) }
      let byState = (0..<stateSize).map { derivative(seeded(states, at: $0), seeded(values)) }
      for column in gradient.indices {
        gradient[column] += column < parameterSize ? direct[column].loss : 0
        for unit in 0..<stateSize {
          gradient[column] += byState[unit].loss * influence[unit][column]
        }
      }
      influence = (0..<stateSize).map { row in
        gradient.indices.map { column in
          var sum = column < parameterSize ? direct[column].state[row] : 0
          for unit in 0..<stateSize { sum += byState[unit].state[row] * influence[unit][column] }
          guard keepsToUnits else { return sum }
          let width = initial[0].count
          let own = stride(from: row % width, to: stateSize, by: width)
          let acts =
            column < parameterSize
            ? own.contains { direct[column].state[$0] != 0 }
            : own.contains { parameterSize + $0 == column }
          return acts ? sum : 0
        }
      }
      let inputs = signals.map { $0.map { Dual($0) } }
      states = step(inputs, seeded(states)).states.map { $0.map(\.value) }
    }
    let result = InfluenceResult(
      parameters: Array(gradient[..<parameterSize]),
      initialStates: Array(gradient[parameterSize...]), influence: influence)
    return (result, states)
  }

  /// Dual numbers, of which the one at the given place is the one to differentiate by.
  private func seeded(_ values: [[Double]], at place: Int = -1) -> [[Dual]] {
    var start = 0
    return values.map { part in
      defer { start += part.count }
      return part.enumerated().map { Dual($1, derivative: start + $0 == place ? 1 : 0) }
    }
  }
}
