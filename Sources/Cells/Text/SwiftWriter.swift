import TensorCore

/// Writes one definition as statements.
struct SwiftWriter {
  private let definition: CellDefinition
  private var lines: [String] = []
  private var names: [String: String] = [:]
  private var taken: Set<String> = [
    "cell", "concatenate", "clamp", "choose", "hardSigmoid", "maximum", "minimum", "logSigmoid",
    "x", "in", "is", "as", "if", "do", "for", "let", "var", "self", "super", "func", "try", "case",
    "else", "true", "false", "nil", "init", "where", "while", "return", "switch", "default",
    "guard",
    "class", "struct", "enum", "import", "repeat", "throw", "throws", "catch", "defer", "break",
    "continue", "extension", "protocol", "internal", "public", "private", "static", "operator",
  ]
  private var declared: Set<String> = []
  /// What an undeclared matrix multiplied first, as code.
  private var multiplied: [String: String] = [:]
  /// An expression gets at most this many operators, so that it is checked fast.
  private static let mostOperators = 6

  init(_ definition: CellDefinition) {
    self.definition = definition
    taken.formUnion(Word.names)
  }

  mutating func statements() -> [String] {
    lines = []
    let used = Set(definition.equations.flatMap { $0.term.names })
    let input = bind(definition.input)
    if used.contains(definition.input) { lines.append("let \(input) = cell.input") }
    for state in definition.states {
      let name = TextScanner.quoted(state.storedName)
      let shape = state.shape.map(size).joined(separator: ", ")
      let code =
        state.shape.count > 1
        ? "cell.state(\(name), shape: [\(shape)]).flat"
        : "cell.state(\(name)\(shape.isEmpty || state.shape[0] == .hiddenSize ? "" : ", width: \(shape)"))"
      lines.append("let \(bind(state.name)) = \(code)")
    }
    for parameter in definition.parameters {
      let code = declaration(parameter)
      if used.contains(parameter.name) {
        lines.append("let \(bind(parameter.name)) = \(code)")
      } else {
        lines.append("_ = \(code)")
      }
      declared.insert(parameter.name)
    }
    for equation in definition.equations { state(equation) }
    return lines
  }

  private mutating func bind(_ name: String) -> String {
    let isNew = name.hasSuffix("'")
    let words = name.split { !($0.isLetter || $0.isNumber) }.map(String.init)
    var base = words.enumerated().map {
      $0.offset == 0 && !isNew
        ? $0.element : $0.element.prefix(1).uppercased() + $0.element.dropFirst()
    }
    .joined()
    if isNew { base = "new" + base }
    if base.isEmpty { base = "value" }
    if let first = base.first, !isNew { base = first.lowercased() + base.dropFirst() }
    var (result, number) = (base, 2)
    if name == "x" { taken.remove("x") }
    while taken.contains(result) { (result, number) = ("\(base)\(number)", number + 1) }
    taken.insert(result)
    names[name] = result
    return result
  }

  private func declaration(_ parameter: CellDefinition.Parameter) -> String {
    guard parameter.isOptional else { return stated(parameter) }
    let width = parameter.shape.map { "(" + size($0) + ")" }.joined(separator: " * ")
    return "cell.hasBias ? \(stated(parameter)) : cell.constant(0, width: \(width))"
  }

  private func stated(_ parameter: CellDefinition.Parameter) -> String {
    var initially = ""
    if let start = parameter.start, let word = StartWord.all.first(where: { $0.name == start.word })
    {
      var code = word.swift
      if let block = start.block { code = code.replacing("$0", with: TextScanner.quoted(block)) }
      code = code.replacing("$*", with: start.numbers.map(self.number).joined(separator: ", "))
      for (index, number) in start.numbers.prefix(2).enumerated() {
        code = code.replacing("$\(index)", with: self.number(number))
      }
      initially = ", initially: \(code)"
    }
    let stored = parameter.storedName
    if parameter.kind != .blocks {
      let shape = parameter.shape.map(size).joined(separator: ", ")
      return parameter.isSignal
        ? "cell.parameter(\(TextScanner.quoted(stored)), [\(shape)]\(initially)).flat"
        : "cell.weight(\(TextScanner.quoted(stored)), [\(shape)]\(initially))"
    }
    if parameter.shape.count == 1 {
      let width = parameter.shape[0] == .hiddenSize ? "" : ", width: \(size(parameter.shape[0]))"
      return "cell.vector(\(TextScanner.quoted(stored))\(width)\(initially))"
    }
    let name = TextScanner.quoted(String(stored.dropFirst("weight_".count)))
    return
      "cell.matrix(\(name), rows: \(size(parameter.shape[0])), columns: \(size(parameter.shape[1]))\(initially))"
  }

  private mutating func state(_ equation: CellDefinition.Equation) {
    var isMatrix = false
    if case .table = equation.term.head, case .value(let name) = equation.target {
      isMatrix = definition.equations.contains { $0.term.multiplies(with: name) }
    }
    let text = isMatrix ? code(equation.term, isMatrix: true).text : signal(equation.term)
    switch equation.target {
    case .value(let name): lines.append("let \(bind(name)) = \(text)")
    case .output:
      lines.append("let \(bind(Reserved.output)) = \(text)")
      lines.append("cell.output(\(names[Reserved.output] ?? ""))")
    case .update(let state):
      guard let old = names[state] else { return }
      let isUsed = definition.equations.contains { $0.term.names.contains(state + "'") }
      guard isUsed else { return lines.append("cell.update(\(old), to: \(text))") }
      let name = bind(state + "'")
      lines.append("let \(name) = \(text)")
      lines.append("cell.update(\(old), to: \(name))")
    }
  }

  // MARK: Expressions

  private typealias Code = (text: String, binding: TextBinding, operators: Int)

  /// An expression in a place for a signal or a matrix.
  private mutating func signal(_ term: Term) -> String {
    isNumber(term) ? "cell.constant(\(number(term)))" : code(term).text
  }

  private func isNumber(_ term: Term) -> Bool {
    switch term.head {
    case .number: true
    case .name(let name): names[name] == nil && value(of: name) != nil
    default: false
    }
  }

  private mutating func code(_ term: Term, isMatrix: Bool = false) -> Code {
    switch term.head {
    case .number: return ("cell.constant(\(number(term)))", .atom, 0)
    case .name(let name): return (named(name), .atom, 0)
    case .table(let table):
      // A row of numbers is a signal, unless a product multiplies with it.
      let rows = Self.rows(table)
      return (
        table.rows == 1 && !isMatrix
          ? "cell.constants(\(rows.dropFirst().dropLast()))" : "cell.matrix(rows: \(rows))", .atom,
        0
      )
    case .product: return (product(term.parts[0], term.parts[1]), .atom, 0)
    case .word(let word):
      return word.name == "constant" && word.arguments.count == 1
        ? ("cell.constant(\(number(term.parts[0])))", .atom, 0) : (call(word, term.parts), .atom, 0)
    case .function(let function): return applied(function, term.parts)
    }
  }

  private mutating func applied(_ function: ElementwiseFunction, _ parts: [Term]) -> Code {
    switch function.word.notation.spelling {
    case .call(_, let swift):
      let x = parts.map { signal($0) }
      if function == .select {
        return ("\(swift)(where: \(x[0]), \(x[1]), else: \(x[2]))", .atom, 0)
      }
      return ("\(swift)(\(x.joined(separator: ", ")))", .atom, 0)
    case .prefix(let sign):
      let operand = code(parts[0])
      return (sign + (operand.binding < .atom ? "(\(operand.text))" : operand.text), .negation, 1)
    case .infix(let sign, let swift): return infix(function, sign, swift, parts)
    case nil: return ("", .atom, 0)
    }
  }

  private mutating func infix(
    _ function: ElementwiseFunction, _ sign: String, _ swift: String, _ parts: [Term]
  ) -> Code {
    if function == .add, let affine = affine(parts[0], parts[1]) { return (affine, .atom, 0) }
    let binding = TextBinding(sign: sign) ?? .comparison
    let areNumbers = parts.map(isNumber)
    var left: Code =
      areNumbers[0] && !areNumbers[1] && binding > .comparison
      ? (number(parts[0]), .atom, 0) : code(parts[0])
    var right: Code = areNumbers[1] ? (number(parts[1]), .atom, 0) : code(parts[1])
    if left.operators + right.operators >= Self.mostOperators {
      if left.operators >= right.operators { left = hoisted(left) } else { right = hoisted(right) }
    }
    let leastRight: TextBinding = binding == .sum ? .product : .negation
    let a =
      left.binding < binding || binding == .comparison && left.binding < .sum
      ? "(\(left.text))" : left.text
    let isLoose = right.binding < (binding == .comparison ? .sum : leastRight)
    let b = isLoose || right.text.hasPrefix("-") ? "(\(right.text))" : right.text
    return ("\(a) \(swift) \(b)", binding, left.operators + right.operators + 1)
  }

  /// A value of its own for a part of a long expression.
  private mutating func hoisted(_ code: Code) -> Code {
    let name = bind("part")
    lines.append("let \(name) = \(code.text)")
    return (name, .atom, 0)
  }

  /// `W_n x + b_n` as one call.
  private mutating func affine(_ product: Term, _ bias: Term) -> String? {
    guard case .product = product.head, case .name(let matrix) = product.parts[0].head,
      case .name(let vector) = bias.head, !declared.contains(matrix), !declared.contains(vector),
      names[matrix] == nil, names[vector] == nil, matrix.hasPrefix("W_"), vector.hasPrefix("b_"),
      matrix.dropFirst(2) == vector.dropFirst(2), multiplied[matrix] == nil
    else { return nil }
    let x = signal(product.parts[1])
    multiplied[matrix] = x
    return "cell.affine(\(x), \(TextScanner.quoted(String(matrix.dropFirst(2)))))"
  }

  private mutating func product(_ matrix: Term, _ signal: Term) -> String {
    let x = self.signal(signal)
    if case .name(let name) = matrix.head, names[name] == nil, ParameterNames.isMatrix(name) == true
    {
      if multiplied[name] == nil { multiplied[name] = x }
      return "cell.linear(\(x), \(TextScanner.quoted(String(name.dropFirst(2)))))"
    }
    return "cell.product(\(x), \(code(matrix, isMatrix: true).text))"
  }

  private func named(_ name: String) -> String {
    if let known = names[name] { return known }
    if let isMatrix = ParameterNames.isMatrix(name) {
      let own = TextScanner.quoted(String(name.dropFirst(2)))
      if isMatrix {
        let columns = multiplied[name].map { ", columns: (\($0)).width" } ?? ""
        return "cell.matrix(\(own)\(columns))"
      }
      return ParameterNames.isBias(name)
        ? "cell.bias(\(own))" : "cell.vector(\(TextScanner.quoted(ParameterNames.stored(name))))"
    }
    return value(of: name).map { "cell.constant(\($0))" } ?? name
  }

  private mutating func call(_ word: Word, _ parts: [Term]) -> String {
    var arguments: [String] = []
    for (index, part) in parts.enumerated() {
      switch word.argument(index) {
      case .signal, .matrix:
        let isOwner = index == 0 && (word.swift.hasPrefix("$0.") || word.swift.hasPrefix("$0["))
        let (text, binding, _) = isNumber(part) ? (signal(part), .atom, 0) : code(part)
        arguments.append(isOwner && binding < .atom ? "(\(text))" : text)
      case .number: arguments.append(number(part))
      case .size: arguments.append(size(part))
      }
    }
    var result = word.swift.replacing("$*", with: arguments.joined(separator: ", "))
    for index in arguments.indices.reversed() {
      result = result.replacing("$\(index)", with: arguments[index])
    }
    return result
  }

  private static func rows(_ table: Table) -> String {
    let rows = (0..<table.rows).map { row in
      "["
        + table.elements[row * table.columns..<(row + 1) * table.columns].map { "\($0)" }
        .joined(separator: ", ") + "]"
    }
    return "[" + rows.joined(separator: ", ") + "]"
  }

  // MARK: Numbers

  /// A name that stands for a number, as code.
  private func value(of name: String) -> String? {
    switch name {
    case Reserved.inputSize: return "Double(cell.inputSize)"
    case Reserved.hiddenSize: return "Double(cell.hiddenSize)"
    default: break
    }
    switch definition.options.first(where: { $0.name == name })?.value {
    case .integer(let value): return "\(Double(value))"
    case .number(let value): return "\(value)"
    default: return nil
    }
  }

  /// Arithmetic of numbers, as a Double.
  private func number(_ term: Term) -> String {
    switch term.head {
    case .number(let value):
      return value.isInfinite ? (value < 0 ? "-.infinity" : ".infinity") : numberText(value)
    case .name(let name): return value(of: name) ?? name
    case .function(.sqrt): return "(\(real(term.parts[0]))).squareRoot()"
    case .function(.negate): return "-(\(real(term.parts[0])))"
    case .function(let function):
      guard case .infix(_, let swift) = function.word.notation.spelling else { return "" }
      return "(\(real(term.parts[0])) \(swift) \(real(term.parts[1])))"
    default: return ""
    }
  }

  /// A number that Swift takes for a Double wherever it stands.
  private func real(_ term: Term) -> String {
    if let value = term.number, value.isFinite { return "\(value)" }
    return number(term)
  }

  private func size(_ term: Term) -> String {
    var values: [String: String] = [:]
    for option in definition.options {
      if case .integer(let value) = option.value { values[option.name] = "\(value)" }
    }
    return Self.size(term, of: "cell.", values)
  }

  /// Arithmetic of sizes, as an Int.
  static func size(_ term: Term, of owner: String, _ values: [String: String] = [:]) -> String {
    func part(_ term: Term, _ least: TextBinding) -> String {
      let (text, binding) = written(term)
      return binding < least ? "(\(text))" : text
    }
    func written(_ term: Term) -> (String, TextBinding) {
      switch term.head {
      case .number(let value): return (numberText(value), .atom)
      case .name(Reserved.inputSize): return ("\(owner)inputSize", .atom)
      case .name(Reserved.hiddenSize): return ("\(owner)hiddenSize", .atom)
      case .name(let name): return (values[name] ?? name, .atom)
      case .function(let function):
        guard case .infix(let sign, _) = function.word.notation.spelling,
          let binding = TextBinding(sign: sign)
        else { return (term.parts.first.map { part($0, .atom) } ?? "", .atom) }
        let right = part(term.parts[1], binding == .sum ? .product : .atom)
        return ("\(part(term.parts[0], binding)) \(sign) \(right)", binding)
      default: return ("", .atom)
      }
    }
    return written(term).0
  }
}

extension Term {
  /// The names in a term.
  var names: [String] {
    if case .name(let name) = head { return [name] }
    return parts.flatMap(\.names)
  }

  /// Whether a product or a word in it takes a name for a matrix.
  func multiplies(with name: String) -> Bool {
    if case .product = head, case .name(name) = parts[0].head { return true }
    if case .word(let word) = head, case .matrix = word.arguments[0],
      case .name(name) = parts[0].head
    {
      return true
    }
    return parts.contains { $0.multiplies(with: name) }
  }
}
