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

  /// Takes the influences of a layer's parameters over the window, forwards in time, and gives the
  /// gradients of the window's loss by them, with everything in them that was before the window.
  ///
  /// A lower layer learns from the cotangents of its outputs that reach it within the window or, with an
  /// engine that goes step by step, within the same step.
  ///
  /// `own` is the same window under plans that leave out what units do to each other, where that is wanted.
  func advance(
    _ influences: inout [any Influence], own: RecurrentPass?, outputCotangent: Tensor?,
    learnsInitialState: Bool
  ) -> Cotangents {
    var result = Cotangents(
      input: Tensor(zeros: input.shape),
      initialStates: finalStates.map { Tensor(zeros: $0.shape) },
      parameters: layer.weights.map { $0.map { Tensor(zeros: $0.shape) } })
    var outputs = outputCotangent.map { strided($0.readPointer, layer.outputSize) }
    var owners: [Storage] = []
    for index in (0..<layer.layers).reversed() {
      let inputs: Area
      if index == 0 {
        inputs = view(of: &result.input)
      } else {
        let width = layer.inputSize(ofLayer: index)
        owners.append(Storage(count: steps * batch * width))
        inputs = timeFirst(owners[owners.count - 1].pointer, width)
      }
      advance(
        &influences[index], own, layer: index, from: outputs, to: inputs, &result,
        learnsInitialState: learnsInitialState)
      outputs = inputs
    }
    withExtendedLifetime((outputCotangent, owners)) {}
    return result
  }

  private func advance(
    _ influence: inout any Influence, _ own: RecurrentPass?, layer index: Int,
    from outputs: Area?, to inputs: Area, _ result: inout Cotangents,
    learnsInitialState: Bool
  ) {
    let plan = plan(index)
    let window = EvaluatedWindow(
      plan: plan, trail: trails[index],
      parameters: PlanParameters(layer.weights[index], cache: layer.caches[index]),
      ownPlan: own.map { ($0.plan(index), $0.trails[index]) })
    let parameters = result.parameters[index].indices.map { position in
      let count = result.parameters[index][position].count
      return (
        pointer: result.parameters[index][position].withUnsafeMutablePointer { $0 }, count: count
      )
    }
    let initial = result.initialStates.indices.map { state in
      let width = layer.stateWidths[state]
      let base = result.initialStates[state].withUnsafeMutablePointer { $0 }
      return (
        pointer: base + index * batch * width, stride: width,
        count: plan.cell.states[state].width
      )
    }
    for sample in 0..<batch {
      let states =
        learnsInitialState ? initial.map { ($0.pointer + sample * $0.stride, $0.count) } : []
      influence.advance(
        window, sample: sample, outputs: outputs?.sample(sample),
        into: GradientSums(targets: parameters + states), inputs: inputs.sample(sample))
    }
  }
}

extension Area {
  /// One sample's rows.
  fileprivate func sample(_ sample: Int) -> Area {
    Area(base + sample * rowStride, timeStride: timeStride, rowStride: 0)
  }
}
