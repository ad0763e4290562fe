/// A function of two values, with its derivatives, over tensors that are broadcast to one another.
struct BinaryFunction: Sendable {
  /// One input's derivative, times the cotangent.
  private struct Pullback: Sendable {
    /// Operands: a, b, the cotangent. Nil stands for the cotangent itself: a derivative of 1.
    let program: ElementwiseProgram?
    /// The inputs that the derivative depends on.
    let reads: Set<Int>

    init(_ derivative: Expression) {
      program =
        derivative.isOne ? nil : ElementwiseProgram(operands: 3, .operand(2) * derivative)
      reads = derivative.operands
    }

    func callAsFunction(_ saved: [Tensor], _ cotangent: Tensor) -> Tensor {
      guard let program else { return cotangent }
      return Broadcasting.run(program, saved + [cotangent], shape: cotangent.shape)
    }
  }

  private let function: ElementwiseFunction
  private let program: ElementwiseProgram
  private let pullbacks: [Pullback]

  init(
    _ function: ElementwiseFunction,
    derivatives: (_ a: Expression, _ b: Expression) -> (Expression, Expression)
  ) {
    self.function = function
    program = ElementwiseProgram(operands: 2, .apply(function, .operand(0), .operand(1)))
    let (first, second) = derivatives(.operand(0), .operand(1))
    pullbacks = [Pullback(first), Pullback(second)]
  }

  func callAsFunction(_ a: Tensor, _ b: Tensor) -> Tensor {
    let y = untracked(a, b)
    guard let tape = Tape.following(a, b) else { return y }
    let isWanted = [a.node != nil, b.node != nil]
    let shapes = [a.shape, b.shape]
    let saved = saved(a, b, isWanted)
    return tape.record(y, a, b) { [pullbacks] cotangent, inputs in
      for index in 0..<2 where inputs.isWanted(index) {
        let full = pullbacks[index](saved, cotangent)
        inputs.add(Broadcasting.reduce(full, to: shapes[index]), to: index)
      }
    }
  }

  func untracked(_ a: Tensor, _ b: Tensor) -> Tensor {
    guard a.shape == b.shape else {
      return Broadcasting.run(program, [a, b], shape: Broadcasting.shape(a, b))
    }
    return Tensor(uninitialized: a.shape) { result in
      a.withUnsafePointer { a in
        b.withUnsafePointer { map(function, into: result, a, $0, count: b.count) }
      }
    }
  }

  /// The inputs, without those that no wanted derivative reads: a scalar stands in for them.
  private func saved(_ a: Tensor, _ b: Tensor, _ isWanted: [Bool]) -> [Tensor] {
    let wanted = zip(pullbacks, isWanted).filter { $1 }.map { $0.0 }
    return [a, b].enumerated().map { index, tensor in
      wanted.contains { $0.reads.contains(index) } ? tensor.detached() : Tensor(0)
    }
  }
}

extension BinaryFunction {
  static let add = BinaryFunction(.add) { _, _ in (1, 1) }
  static let subtract = BinaryFunction(.subtract) { _, _ in (1, -1) }
  static let multiply = BinaryFunction(.multiply) { a, b in (b, a) }
  static let divide = BinaryFunction(.divide) { a, b in (1 / b, -(a / b / b)) }
  static let maximum = BinaryFunction(.maximum) { a, b in
    let tie = 0.5 * (a .== b)
    return ((a .> b) + tie, (b .> a) + tie)
  }
  static let minimum = BinaryFunction(.minimum) { a, b in
    let tie = 0.5 * (a .== b)
    return ((b .> a) + tie, (a .> b) + tie)
  }
}
