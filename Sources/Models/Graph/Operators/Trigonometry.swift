import Requirements

extension GraphOperator {
  /// The functions of the circle and of the hyperbola, and their inverses.
  static let trigonometry: [String: GraphOperator] = [
    "Sin": unary(UnaryFunction(.sin, { sine($0) })),
    "Cos": unary(UnaryFunction(.cos, { cosine($0) })),
    "Tan": unary(UnaryFunction(precise: { tangent($0) })),
    "Asin": unary(UnaryFunction(precise: { inverseSine($0) })),
    "Acos": unary(UnaryFunction(precise: { inverseCosine($0) })),
    "Atan": unary(UnaryFunction(precise: { inverseTangent($0) })),
    "Sinh": unary(UnaryFunction(precise: { hyperbolicSine($0) })),
    "Cosh": unary(UnaryFunction(precise: { hyperbolicCosine($0) })),
    "Tanh": unary(UnaryFunction(.tanh, { hyperbolicTangent($0) })),
    "Asinh": unary(UnaryFunction(precise: { inverseHyperbolicSine($0) })),
    "Acosh": unary(UnaryFunction(precise: { inverseHyperbolicCosine($0) })),
    "Atanh": unary(UnaryFunction(precise: { inverseHyperbolicTangent($0) })),
  ]
}
