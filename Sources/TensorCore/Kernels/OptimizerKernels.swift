internal import CTensorKernels
import Requirements

/// The numbers of one Adam or AdamW step, with PyTorch's meaning.
package struct AdamSettings: Sendable, Hashable {
  package var learningRate: Double = 1e-3
  package var beta1: Double = 0.9
  package var beta2: Double = 0.999
  package var epsilon: Double = 1e-8
  /// Adam's decay: added to the gradient, times the parameter.
  package var weightDecay: Double = 0
  /// AdamW's decay: taken from the parameter, times the learning rate.
  package var decoupledDecay: Double = 0
  /// 1 - beta1^step.
  package var biasCorrection1: Double = 1
  /// The square root of 1 - beta2^step.
  package var biasCorrection2SquareRoot: Double = 1
  /// Every gradient is multiplied by it first: clipping.
  package var gradientScale: Double = 1

  package init() {}
}

/// One step of Adam or AdamW on a parameter and its two moments, all of one shape, in place.
package func adamStep(
  _ settings: AdamSettings, gradient: Tensor, parameter: inout Tensor, moments: inout [Tensor]
) {
  requireShape(gradient.shape, for: parameter.shape)
  requireShape(gradient.shape, for: moments[0].shape)
  requireShape(gradient.shape, for: moments[1].shape)
  let adam = ctk_adam(
    learning_rate: settings.learningRate, beta1: settings.beta1, beta2: settings.beta2,
    epsilon: settings.epsilon, weight_decay: settings.weightDecay,
    decoupled_decay: settings.decoupledDecay, bias_correction1: settings.biasCorrection1,
    bias_correction2_sqrt: settings.biasCorrection2SquareRoot,
    gradient_scale: settings.gradientScale)
  let count = parameter.count
  let (g, p) = (gradient.storage.pointer, parameter.writablePointer())
  let (m, v) = (moments[0].writablePointer(), moments[1].writablePointer())
  // A root and a quotient for each element, and moments that nothing else reads: threads pay sooner than in other passes.
  ThreadTeam.split(count, unit: 16, work: 10 * count) { range in
    let i = range.lowerBound
    var adam = adam
    ctk_adam_step(&adam, range.count, g + i, p + i, m + i, v + i)
  }
  keepAlive(gradient)
  keepAlive(parameter)
  keepAlive(moments)
}

/// One step of stochastic gradient descent with momentum, in place:
/// velocity = momentum * velocity + scaled gradient + weightDecay * parameter. Without momentum the
/// velocity is not used and not changed.
package func sgdStep(
  learningRate: Float, momentum: Float = 0, weightDecay: Float = 0, nesterov: Bool = false,
  gradientScale: Float = 1, gradient: Tensor, parameter: inout Tensor, velocity: inout Tensor
) {
  requireShape(gradient.shape, for: parameter.shape)
  requireShape(gradient.shape, for: velocity.shape)
  let count = parameter.count
  let (g, p) = (gradient.storage.pointer, parameter.writablePointer())
  let v = momentum == 0 ? nil : velocity.writablePointer()
  ThreadTeam.split(count, unit: 16, work: ThreadTeam.workOfWeight * count) { range in
    let i = range.lowerBound
    ctk_sgd_step(
      learningRate, momentum, weightDecay, nesterov, gradientScale, range.count, g + i, p + i,
      v.map { $0 + i })
  }
  keepAlive(gradient)
  keepAlive(parameter)
  keepAlive(velocity)
}

private func requireShape(_ gradient: [Int], for other: [Int]) {
  require(
    other == gradient,
    "an optimizer's gradient has shape \(gradient), its parameter or moment \(other)")
}
