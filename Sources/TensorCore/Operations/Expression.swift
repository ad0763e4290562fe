/// A value in a program for the elementwise machine while the program is being written.
///
///     let program = ElementwiseProgram(operands: 2) { x in x[1] * (1 - x[0] * x[0]) }
///
/// The tensor operations state their derivatives with it.
struct Expression: ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral {
  fileprivate indirect enum Node {
    case operand(Int)
    case constant(Float)
    case function(ElementwiseFunction, [Expression])
  }

  fileprivate let node: Node

  fileprivate init(_ node: Node) { self.node = node }

  init(floatLiteral value: Float) { node = .constant(value) }
  init(integerLiteral value: Int) { node = .constant(Float(value)) }

  static func operand(_ index: Int) -> Expression { Expression(.operand(index)) }

  static func apply(_ function: ElementwiseFunction, _ arguments: Expression...) -> Expression {
    Expression(.function(function, arguments))
  }

  static func + (a: Expression, b: Expression) -> Expression { apply(.add, a, b) }
  static func - (a: Expression, b: Expression) -> Expression { apply(.subtract, a, b) }
  static func * (a: Expression, b: Expression) -> Expression { apply(.multiply, a, b) }
  static func / (a: Expression, b: Expression) -> Expression { apply(.divide, a, b) }
  static prefix func - (a: Expression) -> Expression { apply(.negate, a) }
  /// 1 where it holds, else 0.
  static func .> (a: Expression, b: Expression) -> Expression { apply(.greater, a, b) }
  static func .>= (a: Expression, b: Expression) -> Expression { apply(.greaterEqual, a, b) }
  static func .== (a: Expression, b: Expression) -> Expression { apply(.equal, a, b) }

  var isOne: Bool {
    if case .constant(1) = node { return true }
    return false
  }

  /// The operands that the expression reads.
  var operands: Set<Int> {
    switch node {
    case .operand(let index): [index]
    case .constant: []
    case .function(_, let arguments): arguments.reduce(into: []) { $0.formUnion($1.operands) }
    }
  }
}

extension ElementwiseProgram {
  /// The program that stores the expression of operands 0 ..< `operands` to operand `operands`.
  init(operands: Int, _ expression: Expression) {
    var writer = ProgramWriter()
    let result = writer.write(expression)
    self.init(
      writer.instructions + [.store(result, operand: UInt8(operands))],
      constants: writer.constants, operandCount: operands + 1)
  }
}

private struct ProgramWriter {
  var instructions: [ElementwiseInstruction] = []
  var constants: [Float] = []
  private var registers: UInt8 = 0
  private var loaded: [Int: UInt8] = [:]

  /// Writes what computes the expression and returns the register that holds it.
  mutating func write(_ expression: Expression) -> UInt8 {
    switch expression.node {
    case .operand(let index):
      if let register = loaded[index] { return register }
      let register = newRegister()
      loaded[index] = register
      instructions.append(.load(operand: UInt8(index), to: register))
      return register
    case .constant(let value):
      let register = newRegister()
      constants.append(value)
      instructions.append(.constant(UInt8(constants.count - 1), to: register))
      return register
    case .function(let function, let arguments):
      let inputs = arguments.map { write($0) } + [0, 0]
      let register = newRegister()
      let c = arguments.count > 2 ? inputs[2] : 0
      instructions.append(
        ElementwiseInstruction(
          function, inputs[0], arguments.count > 1 ? inputs[1] : 0, c, to: register))
      return register
    }
  }

  private mutating func newRegister() -> UInt8 {
    registers += 1
    return registers - 1
  }
}
