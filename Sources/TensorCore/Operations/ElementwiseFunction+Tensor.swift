extension ElementwiseFunction {
  /// The function of every element of a tensor.
  package func callAsFunction(_ x: Tensor) -> Tensor {
    let y = x.mapped(self)
    guard let tape = Tape.tracking(x) else { return y }
    return tape.record(y, x, pullback: pullback([x], y))
  }

  /// The function of two tensors that are broadcast to one another.
  package func callAsFunction(_ a: Tensor, _ b: Tensor) -> Tensor {
    let y = untracked(a, b)
    guard let tape = Tape.tracking(a, b) else { return y }
    return tape.record(y, a, b, pullback: pullback([a, b], y))
  }

  /// The function of three tensors that are broadcast to a shape.
  func callAsFunction(_ a: Tensor, _ b: Tensor, _ c: Tensor, shape: [Int]) -> Tensor {
    let y = Broadcasting.run(tapePrograms.value, [a, b, c], shape: shape)
    guard let tape = Tape.tracking(a, b, c) else { return y }
    return tape.record(y, a, b, c, pullback: pullback([a, b, c], y))
  }

  /// The function of two tensors, untracked.
  func untracked(_ a: Tensor, _ b: Tensor) -> Tensor {
    guard a.shape == b.shape else {
      return Broadcasting.run(tapePrograms.value, [a, b], shape: Broadcasting.shape(a, b))
    }
    return Tensor(uninitialized: a.shape) {
      map(self, into: $0, a.elements, b.elements, count: b.count)
    }
  }

  /// From the cotangent of the value y to those of the tracked operands.
  private func pullback(
    _ operands: [Tensor], _ y: Tensor
  ) -> (Tensor, inout Cotangents) -> Void {
    let pullbacks = tapePrograms.pullbacks
    var values: [Tensor?] = (operands + [y]).map { _ in nil }
    for (operand, pullback) in zip(operands, pullbacks) where operand.node != nil {
      for index in pullback?.reads ?? [] where index <= operands.count {
        values[index] = index == operands.count ? y : operands[index].detached()
      }
    }
    let (shapes, saved) = (operands.map(\.shape), values)
    return { cotangent, inputs in
      for (index, pullback) in pullbacks.enumerated() where inputs.isTracked(index) {
        guard let pullback else { continue }
        let full = pullback(saved, cotangent)
        inputs.add(Broadcasting.reduce(full, to: shapes[index]), to: index)
      }
    }
  }

  private var tapePrograms: TapePrograms { TapePrograms.all[Int(rawValue)] }
}

/// A word's programs for the tape.
private struct TapePrograms: Sendable {
  /// The cotangent of one operand.
  struct Pullback: Sendable {
    /// What it reads: operands, then the value, then the value's cotangent.
    let reads: [Int]
    /// Nil stands for the value's cotangent itself.
    private let program: ElementwiseProgram?

    init(_ cotangent: Expression, operands: Int) {
      let reads = cotangent.operands.sorted()
      self.reads = reads
      program =
        cotangent == .operand(operands + 1)
        ? nil
        : ElementwiseProgram(
          operands: reads.count, cotangent.mapOperands { reads.firstIndex(of: $0) ?? 0 })
    }

    func callAsFunction(_ saved: [Tensor?], _ cotangent: Tensor) -> Tensor {
      guard let program else { return cotangent }
      let values = reads.map { $0 < saved.count ? saved[$0] ?? cotangent : cotangent }
      return Broadcasting.run(program, values, shape: cotangent.shape)
    }
  }

  let value: ElementwiseProgram
  /// By operand; nil where the cotangent is zero.
  let pullbacks: [Pullback?]

  static let all = ElementwiseFunction.allCases.map(TapePrograms.init)

  private init(_ function: ElementwiseFunction) {
    let operands = function.operandCount
    var writer = ProgramWriter()
    let values = (0..<operands).map { writer.load($0) }
    let result = writer.apply(function, values)
    writer.store(result, to: operands)
    value = writer.program(operands: operands + 1)
    pullbacks = function.word.cotangents.map { $0.map { Pullback($0, operands: operands) } }
  }
}

extension Tensor {
  /// The function of every element, untracked.
  func mapped(_ function: ElementwiseFunction) -> Tensor {
    Tensor(uninitialized: shape) { map(function, into: $0, elements, count: count) }
  }
}
