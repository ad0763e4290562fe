/// A function of one value, with its derivative.
struct UnaryFunction: Sendable {
  /// What the derivative is stated in.
  private enum Basis {
    case input, output, nothing
  }

  private let function: ElementwiseFunction
  private let basis: Basis
  /// Operands: the basis and the cotangent.
  private let pullback: ElementwiseProgram

  /// The derivative as a function of the input x.
  init(
    _ function: ElementwiseFunction,
    derivativeOfInput derivative: (_ x: Expression) -> Expression
  ) {
    self.init(function, .input, derivative)
  }

  /// The derivative as a function of the output y.
  init(
    _ function: ElementwiseFunction,
    derivativeOfOutput derivative: (_ y: Expression) -> Expression
  ) {
    self.init(function, .output, derivative)
  }

  private init(
    _ function: ElementwiseFunction, _ basis: Basis, _ derivative: (Expression) -> Expression
  ) {
    let derivative = derivative(.operand(0))
    self.function = function
    self.basis = derivative.operands.isEmpty ? .nothing : basis
    pullback = ElementwiseProgram(operands: 2, .operand(1) * derivative)
  }

  func callAsFunction(_ x: Tensor) -> Tensor {
    let y = x.mapped(function)
    guard let tape = Tape.following(x) else { return y }
    let saved =
      switch basis {
      case .input: x.detached()
      case .output: y
      case .nothing: Self.placeholder
      }
    return tape.record(y, x) { [pullback] cotangent, inputs in
      inputs.add(Broadcasting.run(pullback, [saved, cotangent], shape: cotangent.shape), to: 0)
    }
  }

  private static let placeholder = Tensor(0)
}

extension UnaryFunction {
  static let absolute = UnaryFunction(.absolute, derivativeOfInput: { .apply(.sign, $0) })
  static let sigmoid = UnaryFunction(.sigmoid, derivativeOfOutput: { $0 * (1 - $0) })
  static let tanh = UnaryFunction(.tanh, derivativeOfOutput: { 1 - $0 * $0 })
  static let relu = UnaryFunction(.relu, derivativeOfOutput: { $0 .> 0 })
  static let exp = UnaryFunction(.exp, derivativeOfOutput: { $0 })
  static let log = UnaryFunction(.log, derivativeOfInput: { 1 / $0 })
  static let sqrt = UnaryFunction(.sqrt, derivativeOfOutput: { 0.5 / $0 })
  static let reciprocal = UnaryFunction(.reciprocal, derivativeOfOutput: { -($0 * $0) })
  static let softplus = UnaryFunction(.softplus, derivativeOfInput: { .apply(.sigmoid, $0) })
  static let logSigmoid = UnaryFunction(.logSigmoid, derivativeOfInput: { .apply(.sigmoid, -$0) })
  static let sin = UnaryFunction(.sin, derivativeOfInput: { .apply(.cos, $0) })
  static let cos = UnaryFunction(.cos, derivativeOfInput: { -.apply(.sin, $0) })
  static let negate = UnaryFunction(.negate, derivativeOfOutput: { _ in -1.0 })
}

extension Tensor {
  /// The function of every element, untracked.
  func mapped(_ function: ElementwiseFunction) -> Tensor {
    Tensor(uninitialized: shape) { result in
      withUnsafePointer { map(function, into: result, $0, count: count) }
    }
  }
}
