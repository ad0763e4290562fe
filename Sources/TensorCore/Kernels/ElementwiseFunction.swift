internal import CTensorKernels

/// An elementwise word: a function of numbers that the kernels apply to every element.
///
/// The raw values are the kernels' operations, in the order of `CTensorWords.h`; a test compares the names. The table below
/// has the other properties of each word.
package enum ElementwiseFunction: UInt8, Sendable, Hashable, CaseIterable {
  case copy, negate, absolute, sign
  case sigmoid, tanh, relu, exp, log, sqrt, reciprocal
  case softplus, logSigmoid, sin, cos, floor

  case add, subtract, multiply, divide, maximum, minimum
  /// a > b ? 1 : 0.
  case greater
  /// a >= b ? 1 : 0.
  case greaterEqual
  /// a == b ? 1 : 0.
  case equal

  /// a != 0 ? b : c.
  case select
  /// a * b + c, rounded once where the instruction set can.
  case multiplyAdd

  /// The number of values that the function reads.
  package var operandCount: Int { Int(ctk_operand_count(operation)) }

  var operation: ctk_operation { ctk_operation(rawValue: rawValue) }
}

extension ElementwiseFunction {
  /// The word's properties besides its kernel.
  package var word: ElementwiseWord { ElementwiseWord.all[Int(rawValue)] }

  /// The table of words.
  fileprivate var entry: ElementwiseWord {
    func word(
      _ cost: ElementwiseWord.Cost, _ notation: Notation, _ onnx: ElementwiseWord.ONNXForm,
      _ cotangents: (_ g: Expression, _ x: [Expression], _ y: Expression) -> [Expression?]
    ) -> ElementwiseWord {
      ElementwiseWord(cost, operands: operandCount, notation, onnx, cotangents)
    }
    switch self {
    case .copy:
      return word(.cheap, .both("\(0)", .atom), .operator("Identity")) { g, _, _ in [g] }
    case .negate:
      return word(.cheap, .both("-\(0, .product)", .sum).spelled(.prefix("-")), .operator("Neg")) {
        g, _, _ in [-g]
      }
    case .absolute:
      return word(.cheap, .both("|\(0)|", .atom).spelled("abs"), .operator("Abs")) { g, x, _ in
        [g * .apply(.sign, x[0])]
      }
    case .sign:
      return word(.cheap, .operatorName("sign"), .operator("Sign")) { _, _, _ in [nil] }
    case .sigmoid:
      return word(
        .costly, .styles("σ(\(0))", .atom, latex: "\\sigma(\(0))").spelled("sigmoid"),
        .operator("Sigmoid")
      ) { g, _, y in [g * (y * (1 - y))] }
    case .tanh:
      return word(.costly, .function("tanh").spelled("tanh"), .operator("Tanh")) { g, _, y in
        [g * (1 - y * y)]
      }
    case .relu:
      return word(.cheap, .operatorName("relu").spelled("relu"), .operator("Relu")) { g, _, y in
        [g * (y .> 0)]
      }
    case .exp:
      return word(.costly, .function("exp").spelled("exp"), .operator("Exp")) { g, _, y in [g * y] }
    case .log:
      return word(.costly, .function("log").spelled("log"), .operator("Log")) { g, x, _ in
        [g / x[0]]
      }
    case .sqrt:
      return word(
        .costly, .styles("sqrt(\(0))", .atom, latex: "\\sqrt{\(0)}").spelled("sqrt"),
        .operator("Sqrt")
      ) { g, _, y in [0.5 * g / y] }
    case .reciprocal:
      return word(.costly, .both("1 / \(0, .atom)", .product), .operator("Reciprocal")) {
        g, _, y in [-(g * (y * y))]
      }
    case .softplus:
      return word(.costly, .operatorName("softplus").spelled("softplus"), .operator("Softplus")) {
        g, x, _ in
        [g * .apply(.sigmoid, x[0])]
      }
    case .logSigmoid:
      return word(
        .costly,
        .styles("log(σ(\(0)))", .atom, latex: "\\log(\\sigma(\(0)))")
          .spelled("log_sigmoid", swift: "logSigmoid"),
        .expression(-.apply(.softplus, -.operand(0)))
      ) { g, x, _ in [g * .apply(.sigmoid, -x[0])] }
    case .sin:
      return word(.costly, .function("sin").spelled("sin"), .operator("Sin")) { g, x, _ in
        [g * .apply(.cos, x[0])]
      }
    case .cos:
      return word(.costly, .function("cos").spelled("cos"), .operator("Cos")) { g, x, _ in
        [-(g * .apply(.sin, x[0]))]
      }
    case .floor:
      return word(.cheap, .operatorName("floor").spelled("floor"), .operator("Floor")) { _, _, _ in
        [nil]
      }
    case .add:
      return word(
        .cheap, .both("\(0) + \(1)", .sum).spelled(.infix("+", swift: "+")), .operator("Add")
      ) { g, _, _ in [g, g] }
    case .subtract:
      return word(
        .cheap, .both("\(0) - \(1, .matrixProduct)", .sum).spelled(.infix("-", swift: "-")),
        .operator("Sub")
      ) {
        g, _, _ in [g, -g]
      }
    case .multiply:
      return word(
        .cheap,
        .styles(
          "\(0, .product) ∘ \(1, .product)", .product,
          latex: "\(0, .product) \\odot \(1, .product)"
        ).spelled(.infix("*", swift: "*")), .operator("Mul")
      ) { g, x, _ in [g * x[1], g * x[0]] }
    case .divide:
      return word(
        .costly,
        .styles("\(0, .product) / \(1, .atom)", .product, latex: "\\frac{\(0)}{\(1)}", .atom)
          .spelled(.infix("/", swift: "/")),
        .operator("Div")
      ) { g, x, y in [g / x[1], -(g / x[1] * y)] }
    // Of two equal operands the first takes the whole derivative. Half for each would take twice the operations in
    // every program, and `minimum(maximum(x, low), high)` would not be differentiated as a clamp at its ends.
    case .maximum:
      return word(
        .cheap, .function("max", operands: 2).spelled("max", swift: "maximum"), .operator("Max")
      ) { g, x, _ in
        [.apply(.select, x[0] .>= x[1], g, 0), .apply(.select, x[0] .>= x[1], 0, g)]
      }
    case .minimum:
      return word(
        .cheap, .function("min", operands: 2).spelled("min", swift: "minimum"), .operator("Min")
      ) { g, x, _ in
        [.apply(.select, x[1] .>= x[0], g, 0), .apply(.select, x[1] .>= x[0], 0, g)]
      }
    case .greater:
      return word(
        .cheap, .both("[\(0) > \(1)]", .atom).spelled(.infix(">", swift: ".>")),
        .comparison("Greater")
      ) { _, _, _ in
        [nil, nil]
      }
    case .greaterEqual:
      return word(.cheap, .both("[\(0) ≥ \(1)]", .atom), .comparison("GreaterOrEqual")) {
        _, _, _ in [nil, nil]
      }
    case .equal:
      return word(
        .cheap, .both("[\(0) = \(1)]", .atom).spelled(.infix("==", swift: ".==")),
        .comparison("Equal")
      ) { _, _, _ in
        [nil, nil]
      }
    case .select:
      return word(
        .cheap,
        .styles(
          "(\(1) if \(0), else \(2))", .atom,
          latex: "\\begin{cases}\(1)&\(0)\\\\\(2)&\\text{else}\\end{cases}"
        ).spelled("choose"), .choice("Where")
      ) { g, x, _ in [nil, .apply(.select, x[0], g, 0), .apply(.select, x[0], 0, g)] }
    case .multiplyAdd:
      return word(
        .cheap,
        .styles(
          "\(0, .product) ∘ \(1, .product) + \(2)", .sum,
          latex: "\(0, .product) \\odot \(1, .product) + \(2)"),
        .expression(.operand(0) * .operand(1) + .operand(2))
      ) { g, x, _ in [g * x[1], g * x[0], g] }
    }
  }
}

extension ElementwiseWord {
  fileprivate static let all = ElementwiseFunction.allCases.map(\.entry)
}
