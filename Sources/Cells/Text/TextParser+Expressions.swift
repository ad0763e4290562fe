import TensorCore

/// Expressions: comparisons, sums, products, matrix products, from the loosest to the tightest.
extension TextParser {
  /// A sum, or a comparison of two.
  mutating func expression() throws(CellTextError) -> Term {
    let left = try sum()
    guard case .sign(let sign) = token.kind, TextBinding(sign: sign) == .comparison,
      let function = ElementwiseFunction.signs[sign]
    else { return left }
    let place = take().place
    return try joined(function, left, try sum(), place)
  }

  private mutating func sum() throws(CellTextError) -> Term {
    try chain(.sum) { parser throws(CellTextError) in
      try parser.chain(.product) { parser throws(CellTextError) in try parser.factor() }
    }
  }

  /// Operands with signs of one strength between them, from left to right.
  private mutating func chain(
    _ binding: TextBinding, of operand: (inout TextParser) throws(CellTextError) -> Term
  ) throws(CellTextError) -> Term {
    var result = try operand(&self)
    while case .sign(let sign) = token.kind, TextBinding(sign: sign) == binding,
      let function = ElementwiseFunction.signs[sign]
    {
      let place = take().place
      result = try joined(function, result, try operand(&self), place)
    }
    return result
  }

  private func joined(
    _ function: ElementwiseFunction, _ a: Term, _ b: Term, _ place: TextPlace
  ) throws(CellTextError) -> Term {
    try checked(Term(.function(function), [a, b], at: place))
  }

  private func checked(_ term: Term) throws(CellTextError) -> Term {
    guard term.depth <= TextLimits.nesting else {
      throw CellTextError(
        term.place.value, expected: "at most \(TextLimits.nesting) operations one within the other",
        found: "more", suggestion: "a name for a part of it")
    }
    return term
  }

  private mutating func factor() throws(CellTextError) -> Term {
    guard token.kind == .sign("-") else { return try application() }
    let place = take().place
    if case .number(let value) = token.kind {
      _ = take()
      return Term(.number(-value), at: place)
    }
    if token.kind == .name(Reserved.infinity) {
      _ = take()
      return Term(.number(-.infinity), at: place)
    }
    try open(place)
    defer { parentheses -= 1 }
    return try checked(Term(.function(.negate), [try factor()], at: place))
  }

  /// A matrix and what it multiplies, or a single operand.
  private mutating func application() throws(CellTextError) -> Term {
    let first = try operand()
    switch token.kind {
    case .name, .sign("("): break
    case .number, .quoted: throw unexpected("an operator or the end of the line")
    default: return first
    }
    try open(token.place)
    defer { parentheses -= 1 }
    return try checked(Term(.product, [first, try application()], at: first.place.value))
  }

  /// A single operand, with a range of units if it has one.
  private mutating func operand() throws(CellTextError) -> Term {
    var result = try primary()
    while token.kind == .sign("[") {
      let place = take().place
      let low = try sum()
      try expect("..<", "between the first unit and the one after the last")
      let high = try sum()
      try expect("]", "after a range of units")
      result = try checked(Term(.word(Word.slice), [result, low, high], at: place))
    }
    return result
  }

  private mutating func primary() throws(CellTextError) -> Term {
    let token = token
    switch token.kind {
    case .number(let value):
      _ = take()
      return Term(.number(value), at: token.place)
    case .name(Reserved.infinity):
      _ = take()
      return Term(.number(.infinity), at: token.place)
    case .name(let name):
      _ = take()
      if Word.names.contains(name) || self.token.kind == .sign("(") && Self.looksLikeCall(name) {
        return try call(name, token.place)
      }
      return Term(.name(name), at: token.place)
    case .sign("("):
      _ = take()
      try open(token.place)
      let inside = try expression()
      try expect(")", "after what the parenthesis holds")
      parentheses -= 1
      return inside
    case .sign("["): return try table()
    default: throw unexpected("a value")
    }
  }

  /// Whether a name before a parenthesis is rather a misspelt word than a matrix.
  private static func looksLikeCall(_ name: String) -> Bool {
    name.first?.isLowercase == true && !name.contains(where: { "._'".contains($0) })
      && name.count > 2 && nearestName(to: name, among: Word.names) != nil
  }

  private mutating func open(_ place: TextPlace) throws(CellTextError) {
    parentheses += 1
    guard parentheses <= TextLimits.parentheses else {
      throw CellTextError(
        place, expected: "at most \(TextLimits.parentheses) parentheses one in the other",
        found: "more", suggestion: "a name for a part of it")
    }
  }

  private mutating func call(_ name: String, _ place: TextPlace) throws(CellTextError) -> Term {
    guard Word.names.contains(name) else {
      throw CellTextError(
        place, expected: "a word of the notation, or an operator before (", found: name,
        suggestion: nearestName(to: name, among: Word.names))
    }
    try expect("(", "after \(name)")
    try open(place)
    var arguments: [Term] = []
    if token.kind != .sign(")") {
      repeat { arguments.append(try expression()) } while takes(",")
    }
    try expect(")", "after the arguments of \(name)")
    parentheses -= 1
    if let word = Word.named(name).first(where: { $0.takes(arguments.count) }) {
      return try checked(Term(.word(word), arguments, at: place))
    }
    let functions = ElementwiseFunction.calls[name] ?? []
    if let function = functions.first(where: { $0.operandCount == arguments.count }) {
      return try checked(Term(.function(function), arguments, at: place))
    }
    let counts =
      Word.named(name).map { "\($0.arguments.count)" + ($0.isVariadic ? " or more" : "") }
      + functions.map { "\($0.operandCount)" }
    let wanted = counts.sorted().joined(separator: " or ")
    throw CellTextError(
      place, expected: "\(wanted) \(wanted == "1" ? "argument" : "arguments") of \(name)",
      found: "\(arguments.count)")
  }

  /// A matrix of numbers: `[1, 2; 3, 4]`.
  private mutating func table() throws(CellTextError) -> Term {
    let place = take().place
    var rows: [[Double]] = [[]]
    repeat {
      repeat {
        let isNegative = takes("-")
        guard case .number(let value) = token.kind else { throw unexpected("a number") }
        _ = take()
        rows[rows.count - 1].append(isNegative ? -value : value)
      } while takes(",")
      guard rows[rows.count - 1].count == rows[0].count else {
        throw CellTextError(
          place, expected: "rows of \(rows[0].count) numbers",
          found: "a row of \(rows[rows.count - 1].count)")
      }
      rows.append([])
    } while takes(";")
    rows.removeLast()
    try expect("]", "after a matrix of numbers")
    return Term(.table(Table(rows)), at: place)
  }
}
