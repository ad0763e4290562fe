import TensorCore

extension Recurrent {
  /// Whether ``step(_:batch:from:)`` computes single steps: those of one direction.
  var hasSingleSteps: Bool { direction.count == 1 }

  /// One step in inference of a layer of one direction: the input's rows, and the states, `[B, width]` or
  /// `[L, B, width]`, give the output's rows and the states after the step.
  func step(
    _ x: Floats, batch: Int, from states: [Tensor]
  ) -> (output: Storage, states: [Tensor]) {
    let output = Storage(count: batch * outputSize)
    let next = states.map { state in
      hasEqualStates ? Storage(count: state.count) : Storage(repeating: 0, count: state.count)
    }
    let precision = Precision.current
    var below: SingleStep?
    for layer in 0..<layers {
      let parameters = PlanParameters(weights[layer], cache: caches[layer])
      let plan = plans[layer].plan(.init())
      let step = SingleStep.taken(for: plan, batch: batch, parameters, precision)
      copyRow(below?.output ?? x, count: batch * plan.cell.inputSize, into: step.input)
      // From now on another thread may write to the layer below's output.
      if let below { caches[layer - 1].store(below) }
      step(layer: layer, states, to: next, widths: stateWidths)
      below = step
    }
    if let below {
      copyRow(below.output, count: output.count, into: Floats(output))
      caches[layers - 1].store(below)
    }
    return (output, zip(next, states).map { Tensor(storage: $0, shape: $1.shape) })
  }
}
