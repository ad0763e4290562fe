import TensorCore
import Testing

/// Programs written from expressions: values get registers, which are reused after the last read.
@Suite struct ProgramWriterTests {
  /// An expression of three operands, with operations that are rounded correctly.
  private func expression(_ depth: Int, _ generator: inout TestGenerator) -> Expression {
    guard depth > 0 else {
      return Bool.random(using: &generator)
        ? .operand(generator.size(0...2)) : Expression(floatLiteral: Double(generator.size(-2...2)))
    }
    let (a, b) = (expression(depth - 1, &generator), expression(depth - 1, &generator))
    return switch generator.size(0...5) {
    case 0: a + b
    case 1: a - b
    case 2: a * b
    case 3: .apply(.maximum, a, b)
    case 4: -a
    default: .apply(.select, a .> b, a, b)
    }
  }

  private func value(_ expression: Expression, _ x: [Float]) -> Float {
    switch expression.node {
    case .operand(let index): return x[index]
    case .constant(let value): return Float(value)
    case .apply(let function, let operands):
      let x = operands.map { value($0, x) }
      return switch function {
      case .add: x[0] + x[1]
      case .subtract: x[0] - x[1]
      case .multiply: x[0] * x[1]
      case .maximum: max(x[0], x[1])
      case .greater: x[0] > x[1] ? 1 : 0
      case .select: x[0] != 0 ? x[1] : x[2]
      default: -x[0]
      }
    }
  }

  /// Operand 1 is one number for all; the results overwrite operand 0 and fill operand 3.
  @Test func programsComputeTheirExpressions() {
    var generator = TestGenerator(seed: 90)
    let width = 37
    for _ in 0..<200 {
      let results = [expression(4, &generator), expression(3, &generator)]
      let program = ElementwiseProgram(
        operands: 4, storing: [(0, results[0]), (3, results[1])])
      let inputs = [generator.floats(width), generator.floats(1), generator.floats(width)]
      var memory = inputs + [[Float](repeating: .nan, count: width)]
      run(program, &memory, width)
      for (result, operand) in zip(results, [0, 3]) {
        let expected = (0..<width).map {
          value(result, [inputs[0][$0], inputs[1][0], inputs[2][$0]])
        }
        #expect(memory[operand] == expected, "\(result)")
      }
    }
  }

  private func run(_ program: ElementwiseProgram, _ memory: inout [[Float]], _ width: Int) {
    let operands = memory.map { values in
      ElementwiseOperand(
        Tensor(values).elements, rowStride: 0, columnStride: values.count == 1 ? 0 : 1)
    }
    program.run(operands, rows: 1, width: width)
    for (index, operand) in operands.enumerated() {
      memory[index] = operand.base.array(memory[index].count)
    }
  }

  @Test func aRegisterIsFreeAfterItsLastReader() {
    let chain = (0..<20).reduce(Expression.operand(0)) { x, _ in .apply(.sin, x) * .operand(1) }
    #expect(ElementwiseProgram(operands: 2, chain).registerCount <= 3)
  }

  @Test func anOperandIsLoadedOnce() {
    let program = ElementwiseProgram(operands: 2, .operand(0) * .operand(0) + .operand(1))
    let loads = program.instructions.count { if case .load = $0 { true } else { false } }
    #expect(loads == 2 && program.operationCount == 2)
  }
}
