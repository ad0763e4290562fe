/// A value as a function of numbered operands, in the elementwise words.
///
/// Derivatives are stated with it. The tape runs it as a program:
///
///     ElementwiseProgram(operands: 2, .operand(1) * (1 - .operand(0) * .operand(0)))
///
/// and the compiler of cells writes it into a graph.
package struct Expression: ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral, Hashable,
  Sendable
{
  package indirect enum Node: Hashable, Sendable {
    case operand(Int)
    case constant(Double)
    case apply(ElementwiseFunction, [Expression])
  }

  package let node: Node

  private init(_ node: Node) { self.node = node }

  package init(floatLiteral value: Double) { node = .constant(value) }
  package init(integerLiteral value: Int) { node = .constant(Double(value)) }

  package static func operand(_ index: Int) -> Expression { Expression(.operand(index)) }

  package static func apply(
    _ function: ElementwiseFunction, _ x: Expression...
  ) -> Expression {
    Expression(.apply(function, x))
  }

  package static func + (a: Expression, b: Expression) -> Expression { apply(.add, a, b) }
  package static func - (a: Expression, b: Expression) -> Expression { apply(.subtract, a, b) }
  package static func * (a: Expression, b: Expression) -> Expression { apply(.multiply, a, b) }
  package static func / (a: Expression, b: Expression) -> Expression { apply(.divide, a, b) }
  package static prefix func - (a: Expression) -> Expression { apply(.negate, a) }
  /// 1 where it holds, else 0.
  package static func .> (a: Expression, b: Expression) -> Expression { apply(.greater, a, b) }
  package static func .>= (a: Expression, b: Expression) -> Expression {
    apply(.greaterEqual, a, b)
  }
  package static func .== (a: Expression, b: Expression) -> Expression { apply(.equal, a, b) }

  /// The operands that the expression reads.
  package var operands: Set<Int> {
    switch node {
    case .operand(let index): [index]
    case .constant: []
    case .apply(_, let x): x.reduce(into: []) { $0.formUnion($1.operands) }
    }
  }

  /// The same expression of operands with other numbers.
  package func mapOperands(_ transform: (Int) -> Int) -> Expression {
    switch node {
    case .operand(let index): .operand(transform(index))
    case .constant: self
    case .apply(let function, let x):
      Expression(.apply(function, x.map { $0.mapOperands(transform) }))
    }
  }
}

extension ElementwiseProgram {
  /// The program that stores expressions of the operands to operands.
  package init(operands: Int, storing results: [(operand: Int, value: Expression)]) {
    var writer = ProgramWriter()
    let values = results.map { writer.write($0.value) }
    for (result, value) in zip(results, values) { writer.store(value, to: result.operand) }
    self = writer.program(operands: operands)
  }

  /// The program that stores the expression of operands 0 ..< `operands` to operand `operands`.
  package init(operands: Int, _ expression: Expression) {
    self.init(operands: operands + 1, storing: [(operands, expression)])
  }
}
