import TensorCore

/// One forward step of a cell, and the activations saved for its backward pass.
final class RecurrentStepPass {
  let output: Tensor
  /// The states after the step.
  let states: [Tensor]
  private let plan: Plan
  private let trail: Plan.Trail
  private let parameters: PlanParameters
  /// The input, which the backward pass reads in addition to the trail.
  private let input: Tensor

  init(_ layer: Recurrent, _ x: Tensor, _ state: RecurrentState, _ mode: PassMode) {
    let batch = x.shape[0]
    let plan = layer.plans[0].plan(.init(mode: mode))
    parameters = PlanParameters(layer.weights[0], cache: layer.caches[0])
    input = x.detached()
    output = Tensor(uninitialized: [batch, layer.outputSize]) { _ in }
    var arguments = PlanArguments(
      batch: batch, steps: 1, isReversed: false,
      sequences: [Self.view(of: x)],
      outputs: [Self.view(of: output)],
      initialStates: state.tensors.map(\.readPointer), parameters: parameters)
    arguments.outputStorage = output.storage
    let storages: [Storage]
    (storages, trail) = plan.run(arguments)
    self.plan = plan
    states = zip(storages, state.tensors).map { Tensor(storage: $0, shape: $1.shape) }
    withExtendedLifetime(state) {}
  }

  /// Maps the cotangents of the output and the states to those of the input, of the states before the step and
  /// of the parameters.
  func pullBack(_ cotangents: [Tensor?], _ inputs: inout Cotangents) {
    let shapes = parameters.tensors.map(\.shape)
    let first = 1 + states.count
    if plan.addsUpGradients {
      var before: [Tensor?] = []
      inputs.accumulate(to: first..<first + shapes.count, shapes: shapes) { gradients, haveValues in
        before = pullBack(cotangents, gradients, PlanRun.Segment(isFirst: !haveValues))
      }
      add(before, to: &inputs)
    } else {
      var gradients = shapes.map { Tensor(uninitialized: $0) { _ in } }
      let pointers = gradients.indices.map { index in
        gradients[index].withUnsafeMutablePointer { $0 }
      }
      add(pullBack(cotangents, pointers, PlanRun.Segment()) + gradients, to: &inputs)
    }
  }

  private func add(_ contributions: [Tensor?], to inputs: inout Cotangents) {
    for (index, contribution) in contributions.enumerated() {
      if let contribution { inputs.add(contribution, to: index) }
    }
  }

  private func pullBack(
    _ cotangents: [Tensor?], _ gradients: [UnsafeMutablePointer<Float>], _ segment: PlanRun.Segment
  ) -> [Tensor?] {
    let given = cotangents[0] ?? Tensor(zeros: output.shape)
    let inputCotangent = Tensor(uninitialized: input.shape) { _ in }
    let before = plan.runBackward(
      trail, outputCotangent: Self.view(of: given),
      stateCotangents: cotangents.dropFirst().map { $0?.readPointer },
      inputCotangent: Self.view(of: inputCotangent), parameters: parameters, gradients: gradients,
      segment: segment
    ).states
    withExtendedLifetime((given, cotangents, self)) {}
    return [inputCotangent]
      + zip(before, states).map { Tensor(storage: $0, shape: $1.shape) }
  }

  /// The rows `[B, units]` of a tensor whose memory nobody else writes to.
  private static func view(of tensor: Tensor) -> Area {
    Area(
      UnsafeMutablePointer(mutating: tensor.readPointer), timeStride: tensor.count,
      rowStride: tensor.shape[1])
  }
}
