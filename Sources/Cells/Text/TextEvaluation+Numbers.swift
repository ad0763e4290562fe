extension TextEvaluation {
  /// The names that stand for numbers.
  var sizes: [String: Double] {
    var result = [
      Reserved.inputSize: Double(builder.inputSize),
      Reserved.hiddenSize: Double(builder.hiddenSize),
    ]
    for option in definition.options where result[option.name] == nil {
      switch option.value {
      case .integer(let value): result[option.name] = Double(value)
      case .number(let value): result[option.name] = value
      default: break
      }
    }
    return result
  }

  /// A number: arithmetic of numbers, the sizes I and H, and options.
  func number(_ term: Term) throws(CellTextError) -> Double {
    let value = try quotient(term)
    guard !value.isNaN else {
      throw CellTextError(
        term.place.value, expected: "a number", found: "a quotient or root that has no value")
    }
    return value
  }

  private func quotient(_ term: Term) throws(CellTextError) -> Double {
    switch term.head {
    case .number(let value): return value
    case .name(let name):
      if let value = sizes[name] { return value }
      throw CellTextError(
        term.place.value, expected: "a number, I, H or an option", found: name,
        suggestion: nearestName(to: name, among: sizes.keys))
    case .function(let function):
      var x: [Double] = []
      for part in term.parts { x.append(try number(part)) }
      switch function {
      case .add: return x[0] + x[1]
      case .subtract: return x[0] - x[1]
      case .multiply: return x[0] * x[1]
      case .divide: return x[0] / x[1]
      case .negate: return -x[0]
      case .sqrt: return x[0].squareRoot()
      default: break
      }
    default: break
    }
    throw CellTextError(
      term.place.value, expected: "a number made of numbers, I and H by + - * / and sqrt",
      found: "another expression")
  }

  func size(_ term: Term, least: Int = 1) throws(CellTextError) -> Int {
    let value = try number(term)
    guard value >= Double(least), value <= Double(TextLimits.width), value == value.rounded() else {
      throw CellTextError(
        term.place.value, expected: "a whole number from \(least) to \(TextLimits.width)",
        found: numberText(value)
          + (term.number == nil
            ? " for I = \(builder.inputSize), H = \(builder.hiddenSize)" : ""))
    }
    return Int(value)
  }
}
