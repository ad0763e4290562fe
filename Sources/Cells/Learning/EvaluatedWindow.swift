import TensorCore

/// Some steps of a cell, evaluated, at each of which its derivative can be asked for.
struct EvaluatedWindow {
  let plan: Plan
  let trail: Plan.Trail
  let parameters: PlanParameters
  /// The same steps under a plan that leaves out what units do to each other, if that is wanted.
  var ownPlan: (plan: Plan, trail: Plan.Trail)?

  /// The window under that plan, or else the window itself.
  var own: EvaluatedWindow {
    guard let ownPlan else { return self }
    return EvaluatedWindow(plan: ownPlan.plan, trail: ownPlan.trail, parameters: parameters)
  }

  /// Pulls rows of cotangents back through one step of one sample.
  ///
  /// - Parameters:
  ///   - gradients: Takes a row for each row of cotangents: the parameters' elements, in the cell's order.
  ///   - stride: Floats from one of these rows to the next.
  /// - Returns: The cotangents of the states before the step, `[N, width]` each. Those of the input are
  ///   in `rows.input`.
  func pullBack(
    _ rows: CotangentRows, step: Int, sample: Int,
    into gradients: UnsafeMutablePointer<Float>, stride: Int
  ) -> [Storage] {
    let cell = plan.cell
    func view(_ storage: Storage, _ width: Int) -> SignalView {
      SignalView(storage.pointer, timeStride: 0, rowStride: width)
    }
    var offset = 0
    let places = cell.parameters.map { parameter in
      defer { offset += elementCount(of: parameter.shape) }
      return gradients + offset
    }
    return withExtendedLifetime(rows) {
      plan.runBackward(
        trail.repeating(step: step, sample: sample, count: rows.count),
        outputCotangent: view(rows.output, cell.outputSize),
        stateCotangents: rows.states.map { UnsafePointer($0.pointer) },
        inputCotangent: view(rows.input, cell.inputSize), parameters: parameters,
        gradients: places, gradientStride: stride)
    }
  }
}

extension Plan.Trail {
  /// What one step of one sample left, as if a batch of `count` equal samples had left it.
  func repeating(step: Int, sample: Int, count: Int) -> Plan.Trail {
    Plan.Trail(
      batch: count, steps: 1, isReversed: isReversed,
      kept: kept.map { view, owner in
        let base = view.base + step * view.timeStride + sample * view.rowStride
        return (SignalView(base, timeStride: 0, rowStride: 0), owner)
      })
  }
}
