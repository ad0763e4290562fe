import CTensorKernels
import Testing

@Suite struct OptimizerTests {
  private static func adam(step: Int, weightDecay: Double, decoupledDecay: Double) -> ctk_adam {
    var settings = ctk_adam()
    settings.learning_rate = 1e-3
    (settings.beta1, settings.beta2, settings.epsilon) = (0.9, 0.999, 1e-8)
    (settings.weight_decay, settings.decoupled_decay) = (weightDecay, decoupledDecay)
    var (power1, power2) = (1.0, 1.0)
    for _ in 0..<step {
      power1 *= settings.beta1
      power2 *= settings.beta2
    }
    settings.bias_correction1 = 1 - power1
    settings.bias_correction2_sqrt = (1 - power2).squareRoot()
    settings.gradient_scale = 0.5
    return settings
  }

  @Test(arguments: Kernels.all, [(0.0, 0.0), (0.01, 0), (0, 0.1)])
  func adamMatchesItsTwin(kernels: Kernels, decays: (Double, Double)) {
    var generator = TestGenerator(seed: 30)
    for count in Array(1...70) + [1000] {
      let settings = Self.adam(step: count, weightDecay: decays.0, decoupledDecay: decays.1)
      var settingsCopy = settings
      let gradient = generator.floats(count)
      var found = (
        generator.floats(count), generator.floats(count, in: 0.1...1),
        generator.floats(count, in: 0.1...1)
      )
      var expected = found
      kernels.table.adam_step(&settingsCopy, count, gradient, &found.0, &found.1, &found.2)
      ctk_adam_step_reference(
        &settingsCopy, count, gradient, &expected.0, &expected.1, &expected.2)
      // Values are at most 1 and every operation rounds once.
      let tolerance = { (_: Int) in 4 * Float.ulpOfOne }
      expectClose(found.0, expected.0, within: tolerance, "parameter, \(count)")
      expectClose(found.1, expected.1, within: tolerance, "first moment, \(count)")
      expectClose(found.2, expected.2, within: tolerance, "second moment, \(count)")
    }
  }

  /// The first step moves every parameter by the learning rate, against its gradient.
  @Test(arguments: Kernels.all)
  func firstAdamStepIsTheLearningRate(kernels: Kernels) {
    var settings = Self.adam(step: 1, weightDecay: 0, decoupledDecay: 0)
    var (parameter, first, second): ([Float], [Float], [Float]) = (
      [1, 1, 1], [0, 0, 0], [0, 0, 0]
    )
    kernels.table.adam_step(&settings, 3, [2, -0.5, 0], &parameter, &first, &second)
    expectClose(parameter, [0.999, 1.001, 1], within: { _ in 1e-6 }, "parameter")
  }

  @Test(arguments: Kernels.all, [false, true])
  func momentumMatchesItsTwin(kernels: Kernels, nesterov: Bool) {
    var generator = TestGenerator(seed: 31)
    for count in 1...70 {
      let gradient = generator.floats(count)
      var found = (generator.floats(count), generator.floats(count))
      var expected = found
      kernels.table.sgd_step(0.1, 0.9, 0.01, nesterov, 0.5, count, gradient, &found.0, &found.1)
      ctk_sgd_step_reference(
        0.1, 0.9, 0.01, nesterov, 0.5, count, gradient, &expected.0, &expected.1)
      let tolerance = { (_: Int) in 4 * Float.ulpOfOne }
      expectClose(found.0, expected.0, within: tolerance, "parameter, \(count)")
      expectClose(found.1, expected.1, within: tolerance, "velocity, \(count)")
    }
  }

  @Test(arguments: Kernels.all)
  func plainDescentNeedsNoVelocity(kernels: Kernels) {
    var parameter: [Float] = [1, 2, 3]
    kernels.table.sgd_step(0.5, 0, 0, false, 1, 3, [1, 1, -1], &parameter, nil)
    #expect(parameter == [0.5, 1.5, 3.5])
  }
}
