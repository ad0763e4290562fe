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
    let (aShape, bShape) = (a.shape, b.shape)
    let saved = [saved(a, 0, a, b), saved(b, 1, a, b)]
    return tape.record(y, a, b) { [pullbacks] cotangent, inputs in
      for index in 0..<2 where inputs.isWanted(index) {
        let full = pullbacks[index](saved, cotangent)
        inputs.add(Broadcasting.reduce(full, to: index == 0 ? aShape : bShape), to: index)
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

  /// The input at an index if a wanted derivative reads it; else a scalar stands in for it.
  private func saved(_ input: Tensor, _ index: Int, _ a: Tensor, _ b: Tensor) -> Tensor {
    let isRead =
      a.node != nil && pullbacks[0].reads.contains(index)
      || b.node != nil && pullbacks[1].reads.contains(index)
    return isRead ? input.detached() : Self.placeholder
  }

  private static let placeholder = Tensor(0)
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
