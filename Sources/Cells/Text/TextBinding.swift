/// How strongly the operators of a text hold their operands together, the weakest first.
enum TextBinding: Int, Comparable {
  case comparison, sum, product, negation, application, atom

  static func < (a: TextBinding, b: TextBinding) -> Bool { a.rawValue < b.rawValue }

  /// The strength of a sign between two operands.
  init?(sign: String) {
    switch sign {
    case ">", "==": self = .comparison
    case "+", "-": self = .sum
    case "*", "/": self = .product
    default: return nil
    }
  }
}
