import TensorCore

extension RecurrentPass {
  /// The gradients of a window's loss.
  struct Cotangents {
    /// Nil where nobody reads it.
    var input: Tensor?
    /// `[L, B, width]` each; nil where they are not learned.
    var initialStates: [Tensor?]
    /// For each layer, in the cell's order.
    var parameters: [[Tensor]]

    var all: [Tensor?] {
      var all = [input]
      all.reserveCapacity(parameters.reduce(1 + initialStates.count) { $0 + $1.count })
      for state in initialStates { all.append(state) }
      for parameter in parameters.joined() { all.append(parameter) }
      return all
    }
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
    let samples = packing?.samples ?? Array(0..<batch)
    var result = Cotangents(
      input: input == .computed ? Tensor(zeros: inputShape) : nil,
      initialStates: finalStates.map { learnsInitialState ? Tensor(zeros: $0.shape) : nil },
      parameters: layer.weights.map {
        $0.map { samples.isEmpty ? Tensor(zeros: $0.shape) : Tensor(uninitialized: $0.shape) }
      })
    var outputs = outputCotangent.map {
      view(of: packing?.packed($0, layer.layout) ?? $0)
    }
    for index in (0..<layer.layers).reversed() {
      let inputs =
        index == 0
        ? result.input.map { view(of: $0) } : newSignal(layer.inputSize(ofLayer: index))
      advance(&influences[index], own, layer: index, samples, from: outputs, to: inputs, result)
      outputs = inputs
    }
    if let packing { result.input = result.input.map { packing.unpacked($0, layer.layout) } }
    return result
  }

  private func advance(
    _ influence: inout any Influence, _ own: RecurrentPass?, layer index: Int,
    _ samples: [Int], from outputs: Area?, to inputs: Area?, _ result: Cotangents
  ) {
    let weights = PlanParameters(layer.weights[index], cache: layer.caches[index])
    let cell = trails[index].plan.cell
    let parameters = result.parameters[index].map { (floats: $0.elements, count: $0.count) }
    for (row, sample) in samples.enumerated() {
      let window = EvaluatedWindow(
        trail: trails[index], row: row, parameters: weights, ownTrail: own?.trails[index],
        input: inputs == nil ? .omitted : .computed)
      var targets = parameters
      for (state, tensor) in result.initialStates.enumerated() {
        guard let tensor else { continue }
        let place = (index * tensor.shape[1] + sample) * layer.stateWidths[state]
        targets.append((tensor.elements + place, cell.states[state].width))
      }
      influence.advance(
        window, sample: sample, outputs: outputs?.sample(row),
        into: GradientSums(targets: targets, hasValues: row > 0),
        inputs: inputs?.sample(row))
    }
  }
}

extension Area {
  /// One sample's rows.
  fileprivate func sample(_ sample: Int) -> Area {
    Area(memory + sample * rowStride, timeStride: timeStride, rowStride: 0)
  }
}
