/// The properties of a word besides its kernel: its derivative, its cost, and its form in formulas and in ONNX.
///
/// The tape, the compiler's differentiation and the writers of formulas and of ONNX models read it. The oracle, which
/// tests it, has its own definition of each function.
package struct ElementwiseWord: Sendable {
  /// The cost of recomputing a word in the backward pass, against saving its value.
  package enum Cost: Sendable { case cheap, costly }

  package let cost: Cost
  /// The cotangent of each operand; nil where it is zero. Of a word of n operands, operands 0 to n - 1 are its
  /// own, operand n is its value, and operand n + 1 the value's cotangent.
  package let cotangents: [Expression?]
  package let notation: Notation
  package let onnx: ONNXForm

  /// `cotangents` gets the value's cotangent g, the operands x and the value y.
  init(
    _ cost: Cost, operands: Int, _ notation: Notation, _ onnx: ONNXForm,
    _ cotangents: (_ g: Expression, _ x: [Expression], _ y: Expression) -> [Expression?]
  ) {
    self.cost = cost
    self.notation = notation
    self.onnx = onnx
    self.cotangents = cotangents(
      .operand(operands + 1), (0..<operands).map(Expression.operand), .operand(operands))
  }

  /// How a word is written in ONNX.
  package enum ONNXForm: Sendable {
    /// An operator on the same operands.
    case `operator`(String)
    /// An operator that gives a condition, which is cast to 1 and 0.
    case comparison(String)
    /// An operator whose first operand is a condition, cast from a number.
    case choice(String)
    /// Other words.
    case expression(Expression)
  }
}

/// How a word is written: in formulas, as plain text and as LaTeX, and in a cell's text.
package struct Notation: Sendable {
  /// How a word is written in a cell's text; the word's operands are the call's arguments, or stand around the sign.
  package enum Spelling: Sendable, Equatable {
    /// A call: `tanh(x)`. `swift` is the function's name in the cell language.
    case call(String, swift: String)
    /// A sign between two operands; `swift` is the operator in the cell language.
    case infix(String, swift: String)
    /// A sign before the operand.
    case prefix(String)
  }

  /// How strongly the parts of a formula hold together, the weakest first.
  package enum Binding: Int, Comparable, Sendable {
    case sum, matrixProduct, product, atom

    package static func < (a: Binding, b: Binding) -> Bool { a.rawValue < b.rawValue }
  }

  /// Signs with operands in between: `"\(0) - \(1, .matrixProduct)"`. An operand that binds less tightly than
  /// its place requires (`.sum` by default) is put in parentheses.
  package struct Template: ExpressibleByStringInterpolation, Sendable {
    package enum Part: Sendable {
      case sign(String)
      case operand(Int, Binding)
    }

    package struct StringInterpolation: StringInterpolationProtocol {
      fileprivate var parts: [Part] = []

      package init(literalCapacity: Int, interpolationCount: Int) {}

      package mutating func appendLiteral(_ literal: String) {
        if !literal.isEmpty { parts.append(.sign(literal)) }
      }

      package mutating func appendInterpolation(_ operand: Int, _ least: Binding = .sum) {
        parts.append(.operand(operand, least))
      }
    }

    package let parts: [Part]

    package init(stringLiteral value: String) { parts = [.sign(value)] }
    package init(stringInterpolation interpolation: StringInterpolation) {
      parts = interpolation.parts
    }
  }

  package let text: (template: Template, binding: Binding)
  package let latex: (template: Template, binding: Binding)
  /// The word's form in a cell's text; nil for a word that only the compiler uses.
  package private(set) var spelling: Spelling?

  /// The same notation, with a form in a cell's text.
  func spelled(_ spelling: Spelling) -> Notation {
    var result = self
    result.spelling = spelling
    return result
  }

  /// The same notation, as a call in a cell's text; `swift` is the function's name in the cell language, if it differs.
  func spelled(_ name: String, swift: String? = nil) -> Notation {
    spelled(.call(name, swift: swift ?? name))
  }

  /// Written the same in both.
  static func both(_ template: Template, _ binding: Binding) -> Notation {
    Notation(text: (template, binding), latex: (template, binding))
  }

  /// Written with other signs in LaTeX.
  static func styles(
    _ text: Template, _ binding: Binding, latex: Template, _ latexBinding: Binding? = nil
  ) -> Notation {
    Notation(text: (text, binding), latex: (latex, latexBinding ?? binding))
  }

  /// A call of a function with a name of its own in LaTeX, `\tanh` say.
  static func function(_ name: String, operands: Int = 1) -> Notation {
    call(name, latex: "\\\(name)", operands: operands)
  }

  /// A call of a function without one.
  static func operatorName(_ name: String) -> Notation {
    call(name, latex: "\\operatorname{\(name)}", operands: 1)
  }

  private static func call(_ name: String, latex: String, operands: Int) -> Notation {
    func template(_ name: String) -> Template {
      operands == 1 ? "\(sign: name)(\(0))" : "\(sign: name)(\(0), \(1))"
    }
    return .styles(template(name), .atom, latex: template(latex))
  }
}

extension Notation.Template.StringInterpolation {
  fileprivate mutating func appendInterpolation(sign: String) { appendLiteral(sign) }
}
