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
  /// A lower layer learns from the cotangents of its outputs that reach it within the same step.
  ///
  /// `own` is the same window under plans that leave out what units do to each other, where that is wanted.
  func advance(
    _ influences: inout [any Influence], own: RecurrentPass?, outputCotangent: Tensor?
  ) -> Cotangents {
    var result = Cotangents(
      input: Tensor(zeros: input.shape),
      initialStates: finalStates.map { Tensor(zeros: $0.shape) },
      parameters: layer.weights.map { $0.map { Tensor(zeros: $0.shape) } })
    var outputs = outputCotangent.map { strided($0.readPointer, layer.outputSize) }
    var owners: [Storage] = []
    for index in (0..<layer.layers).reversed() {
      let inputs: SignalView
      if index == 0 {
        inputs = view(of: &result.input)
      } else {
        owners.append(Storage(count: steps * batch * layer.outputSize))
        inputs = timeFirst(owners[owners.count - 1].pointer, layer.outputSize)
      }
      advance(&influences[index], own, layer: index, from: outputs, to: inputs, &result)
      outputs = inputs
    }
    withExtendedLifetime((outputCotangent, owners)) {}
    return result
  }

  private func advance(
    _ influence: inout any Influence, _ own: RecurrentPass?, layer index: Int,
    from outputs: SignalView?, to inputs: SignalView, _ result: inout Cotangents
  ) {
    let plan = plan(index)
    let window = EvaluatedWindow(
      plan: plan, trail: trails[index],
      parameters: PlanParameters(layer.weights[index], cache: layer.caches[index]),
      ownPlan: own.map { ($0.plan(index), $0.trails[index]) })
    let inputSize = plan.cell.inputSize
    let gradients = result.parameters[index].indices.map { position in
      let count = result.parameters[index][position].count
      return (result.parameters[index][position].withUnsafeMutablePointer { $0 }, count)
    }
    let initial = result.initialStates.indices.map { state in
      let width = plan.cell.states[state].width
      let base = result.initialStates[state].withUnsafeMutablePointer { $0 }
      return (base + index * batch * width, width)
    }
    for step in 0..<steps {
      for sample in 0..<batch {
        let gradient = influence.advance(
          window, step: step, sample: sample,
          outputCotangent: outputs.map {
            UnsafePointer($0.base + step * $0.timeStride + sample * $0.rowStride)
          })
        add(gradient.parameters, to: gradients)
        if let states = gradient.initialStates {
          add(states, to: initial.map { ($0 + sample * $1, $1) })
        }
        (inputs.base + step * inputs.timeStride + sample * inputs.rowStride)
          .update(from: gradient.input, count: inputSize)
      }
    }
  }

  /// Adds one row of numbers to several arrays, one after the other.
  private func add(
    _ row: UnsafePointer<Float>, to targets: [(UnsafeMutablePointer<Float>, count: Int)]
  ) {
    var row = row
    for (target, count) in targets {
      columnSum(row, stride: count, rows: 1, width: count, accumulate: true, into: target)
      row += count
    }
  }
}
