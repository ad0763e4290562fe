import TensorCore

extension RecurrentPass {
  /// The gradients of a window's loss.
  struct Cotangents {
    var input: Tensor
    /// `[L, B, width]` each.
    var initialStates: [Tensor]
    /// For each layer, in the cell's order.
    var parameters: [[Tensor]]

    var all: [Tensor] { [input] + initialStates + parameters.flatMap { $0 } }
  }

  /// Advances the influences of a layer's parameters over the window, and returns the gradients of the window's
  /// loss, with the influence of everything before the window.
  ///
  /// A lower layer learns from the cotangents of its outputs that reach it within the window or, with an
  /// engine that advances step by step, within the same step.
  ///
  /// `own` is the same window under plans that omit the influence of units on each other, for SnAp-1.
  func advance(
    _ influences: inout [any Influence], own: RecurrentPass?, outputCotangent: Tensor?,
    _ input: InputCotangent, learnsInitialState: Bool
  ) -> Cotangents {
    var result = Cotangents(
      input: Tensor(zeros: self.input.shape),
      initialStates: finalStates.map { Tensor(zeros: $0.shape) },
      parameters: layer.weights.map { $0.map { Tensor(zeros: $0.shape) } })
    var outputs = outputCotangent.map {
      view(of: packing?.packed($0, layer.layout) ?? $0)
    }
    for index in (0..<layer.layers).reversed() {
      let inputs = index == 0 ? view(of: result.input) : newSignal(layer.inputSize(ofLayer: index))
      advance(
        &influences[index], own, layer: index, from: outputs, to: inputs, result,
        index == 0 ? input : .computed, learnsInitialState: learnsInitialState)
      outputs = inputs
    }
    if let packing { result.input = packing.unpacked(result.input, layer.layout) }
    return result
  }

  private func advance(
    _ influence: inout any Influence, _ own: RecurrentPass?, layer index: Int,
    from outputs: Area?, to inputs: Area, _ result: Cotangents, _ input: InputCotangent,
    learnsInitialState: Bool
  ) {
    let weights = PlanParameters(layer.weights[index], cache: layer.caches[index])
    let cell = trails[index].plan.cell
    let parameters = result.parameters[index].map { (floats: $0.elements, count: $0.count) }
    let samples = packing?.samples ?? Array(0..<batch)
    let count = result.initialStates.first?.shape[1] ?? batch
    for (row, sample) in samples.enumerated() {
      let window = EvaluatedWindow(
        trail: trails[index], row: row, parameters: weights, ownTrail: own?.trails[index],
        input: input)
      let states = (learnsInitialState ? result.initialStates : []).enumerated().map {
        state, tensor in
        (
          floats: tensor.elements + (index * count + sample) * layer.stateWidths[state],
          count: cell.states[state].width
        )
      }
      influence.advance(
        window, sample: sample, outputs: outputs?.sample(row),
        into: GradientSums(targets: parameters + states),
        inputs: inputs.sample(row))
    }
  }
}

extension Area {
  /// One sample's rows.
  fileprivate func sample(_ sample: Int) -> Area {
    Area(memory + sample * rowStride, timeStride: timeStride, rowStride: 0)
  }
}
