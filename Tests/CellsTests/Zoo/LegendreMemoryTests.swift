import Cells
import TensorCore
import Testing

/// The memory of an ``LMU`` is what it is made for: the signal's recent past.
@Suite struct LegendreMemoryTests {
  /// A layer whose u is its input x.
  private func memory(_ cell: LMU) -> Recurrent {
    var layer = Recurrent(cell, inputSize: 1, hiddenSize: 1)
    layer.updateParameters { name, parameter in
      let isRead = name == "weight_ux_l0"
      parameter = isRead ? Tensor(ones: parameter.shape) : Tensor(zeros: parameter.shape)
    }
    return layer
  }

  /// The sum of the units is the signal θ steps ago: all polynomials are 1 at the far end of the window.
  ///
  /// 8 polynomials over half a period of a sine are exact to 1e-4; a held step is late by half of one, which the
  /// sine's slope of 2π/80 turns into 0.04.
  @Test func unitsAddUpToTheDelayedSignal() {
    let (theta, steps) = (40, 400)
    func signal(_ time: Double) -> Float { Float(sine(2 * Double.pi * time / 80)) }
    let input = Tensor((0..<steps).map { signal(Double($0)) }, shape: [steps, 1, 1])
    let layer = memory(LMU(memorySize: 8, window: Double(theta)))
    var state = layer.zeroState(batch: 1)
    for step in 0..<steps {
      state = layer(input.slice(step..<step + 1), from: state).state
      guard step > 200 else { continue }
      let sum = state["memory"].scalars.reduce(0, +)
      #expect(abs(sum - signal(Double(step - theta) + 0.5)) < 0.02, "step \(step)")
    }
  }

  /// A constant signal is its own mean, and has no other component; without a bend both rules agree.
  @Test(arguments: [LMU.Discretization.zeroOrderHold, .euler])
  func aConstantIsItsMean(_ discretization: LMU.Discretization) {
    let layer = memory(LMU(memorySize: 4, window: 50, discretization: discretization))
    let state = layer(Tensor(ones: [600, 1, 1])).state["memory"].scalars
    expectClose(state, [1, 0, 0, 0], within: 1e-4, "memory")
  }

  private func sine(_ x: Double) -> Double { ElementwiseFunction.sin.evaluated([x]) }
}
