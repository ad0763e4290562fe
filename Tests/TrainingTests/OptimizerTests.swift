import Models
import TensorCore
import Testing
import Training

/// Optimizers against their papers' formulas, in double precision.
@Suite struct OptimizerTests {
  /// Float32 parameters of size 1 after a few steps.
  static let tolerance = 1e-6

  struct Weights: Module {
    var a = Tensor([0.5, -1, 2], shape: [3])
    var b = Tensor([[1, -0.25], [0.125, 3]].flatMap { $0 }, shape: [2, 2])

    mutating func visitParameters(_ visitor: inout ParameterVisitor) {
      visitor.visit("a", &a)
      visitor.visit("b", &b)
    }
    var all: [Double] { (a.scalars + b.scalars).map(Double.init) }
  }

  /// The gradients of step t: arbitrary, of both signs and several sizes.
  private func gradients(_ t: Int) -> Gradients {
    func value(_ index: Int) -> Float { Float((index * 7 + t * 5) % 11 - 5) / 3 }
    return Gradients([
      ("a", Tensor((0..<3).map(value), shape: [3])),
      ("b", Tensor((3..<7).map(value), shape: [2, 2])),
    ])
  }

  private func expectSame<O: Optimizer>(
    _ optimizer: O, steps: Int = 6, maximumNorm: Double? = nil,
    _ rule: (_ t: Int, _ p: inout Double, _ g: Double, _ m: inout [Double]) -> Void
  ) {
    var optimizer = optimizer
    var weights = Weights()
    var expected = weights.all
    var moments = expected.map { _ in O.momentNames.map { _ in 0.0 } }
    for t in 1...steps {
      let gradients = gradients(t)
      let flat = gradients.values.flatMap(\.scalars).map(Double.init)
      let norm = flat.reduce(0) { $0 + $1 * $1 }.squareRoot()
      let scale = maximumNorm.map { min(1, $0 / norm) } ?? 1
      for index in expected.indices {
        rule(t, &expected[index], flat[index] * scale, &moments[index])
      }
      let found = optimizer.update(&weights, with: gradients, maximumNorm: maximumNorm)
      #expect((found == nil) == (maximumNorm == nil))
      #expect(abs((found ?? norm) - norm) < 1e-12 * norm)
      for (index, (found, expected)) in zip(weights.all, expected).enumerated() {
        #expect(
          abs(found - expected) < Self.tolerance,
          "step \(t), weight \(index): expected \(expected), found \(found)")
      }
    }
    #expect(optimizer.state["b"]?.step == UInt64(steps))
    #expect(optimizer.state["b"]?.moments.map(\.shape) == O.momentNames.map { _ in [2, 2] })
  }

  private func power(_ x: Double, _ n: Int) -> Double { (0..<n).reduce(1) { p, _ in p * x } }

  @Test(arguments: [nil, 1.5])
  func adamFollowsItsPaper(maximumNorm: Double?) {
    let (rate, decay) = (0.01, 0.1)
    expectSame(Adam(learningRate: rate, weightDecay: decay), maximumNorm: maximumNorm) {
      t, p, g, m in
      let g = g + decay * p
      m[0] = 0.9 * m[0] + 0.1 * g
      m[1] = 0.999 * m[1] + 0.001 * g * g
      let second = (m[1] / (1 - power(0.999, t))).squareRoot()
      p -= rate * m[0] / (1 - power(0.9, t)) / (second + 1e-8)
    }
  }

  @Test func adamWShrinksTheWeightItself() {
    let (rate, decay) = (0.02, 0.3)
    expectSame(AdamW(learningRate: rate, betas: (0.8, 0.95), weightDecay: decay)) {
      t, p, g, m in
      p *= 1 - rate * decay
      m[0] = 0.8 * m[0] + 0.2 * g
      m[1] = 0.95 * m[1] + 0.05 * g * g
      let second = (m[1] / (1 - power(0.95, t))).squareRoot()
      p -= rate * m[0] / (1 - power(0.8, t)) / (second + 1e-8)
    }
  }

  @Test func rmsPropDividesByTheRootOfTheMeanSquare() {
    let (rate, decay) = (0.01, 0.1)
    expectSame(RMSProp(learningRate: rate, smoothing: 0.9, weightDecay: decay)) { _, p, g, m in
      let g = g + decay * p
      m[0] = 0.9 * m[0] + 0.1 * g * g
      p -= rate * g / (m[0].squareRoot() + 1e-8)
    }
  }

  @Test(arguments: [false, true])
  func momentumGathersGradients(usesNesterov: Bool) {
    let (rate, momentum, decay) = (0.05, 0.9, 0.01)
    let sgd = SGD(
      learningRate: rate, momentum: momentum, weightDecay: decay, usesNesterov: usesNesterov)
    expectSame(sgd) { _, p, g, m in
      let g = g + decay * p
      m[0] = momentum * m[0] + g
      p -= rate * (usesNesterov ? g + momentum * m[0] : m[0])
    }
  }

  @Test func clippingScalesAllGradientsTogether() {
    expectSame(SGD(learningRate: 0.1), maximumNorm: 2) { _, p, g, _ in p -= 0.1 * g }
  }

  @Test func weightsAndStateAreChangedInPlace() {
    expectChangesInPlace(Adam(learningRate: 0.1))
    expectChangesInPlace(AdamW(learningRate: 0.1))
    expectChangesInPlace(SGD(learningRate: 0.1, momentum: 0.9))
    expectChangesInPlace(SGD(learningRate: 0.1))
  }

  private func expectChangesInPlace<O: Optimizer>(_ optimizer: O) {
    var (optimizer, weights) = (optimizer, Weights())
    func addresses() -> [UnsafePointer<Float>] {
      ([weights.a, weights.b] + ["a", "b"].flatMap { optimizer.state[$0]?.moments ?? [] })
        .map { $0.withUnsafePointer { $0 } }
    }
    optimizer.update(&weights, with: gradients(1))
    let before = addresses()
    #expect(before.count == 2 + 2 * O.momentNames.count)
    optimizer.update(&weights, with: gradients(2))
    #expect(addresses() == before, "\(O.self)")
  }

  @Test func stateCarriedOverGivesTheSameSteps() {
    var (whole, weights) = (Adam(learningRate: 0.1), Weights())
    for t in 1...5 { whole.update(&weights, with: gradients(t)) }
    var (first, resumed) = (Adam(learningRate: 0.1), Weights())
    for t in 1...2 { first.update(&resumed, with: gradients(t)) }
    var second = Adam(learningRate: 0.1)
    second.state = first.state
    for t in 3...5 { second.update(&resumed, with: gradients(t)) }
    #expect(resumed.all == weights.all)
  }
}
