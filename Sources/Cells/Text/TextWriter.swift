import TensorCore

/// Writes a cell of a text.
struct TextWriter {
  private let definition: CellDefinition
  /// The parameters that stay where biases are off; nil if that is not known.
  private let kept: Set<String>?

  /// - Parameter definition: A cell whose parameters are all listed, in the graph's order.
  init(_ definition: CellDefinition, keeping kept: Set<String>? = nil) {
    self.definition = definition
    self.kept = kept
  }

  var text: String {
    var lines = [header]
    lines += definition.options.map { "\(Reserved.option) \($0.name) = \(Self.text($0.value))" }
    lines += declaredParameters.map(declaration)
    let names = definition.equations.map(Self.name)
    let width = names.map(\.count).max() ?? 0
    for (name, equation) in zip(names, definition.equations) {
      let space = String(repeating: " ", count: width - name.count)
      lines.append("\(name)\(space) = \(Self.text(equation.term))")
    }
    return lines.joined(separator: "\n  ") + "\n"
  }

  private var header: String {
    let states = definition.states.map { state in
      let usual = CellDefinition.State.usualNames[state.name] ?? state.name
      let stored = usual == state.storedName ? "" : " = \(Self.storedName(state.storedName))"
      let isUsual = state.shape.isEmpty || state.shape.count == 1 && isHiddenSize(state.shape[0])
      let width = isUsual ? "" : "[\(state.shape.map(Self.text).joined(separator: ", "))]"
      return state.name + stored + width
    }
    let names = ([definition.input] + states).joined(separator: ", ")
    return "\(Reserved.cell) \(Self.cellName(definition.name))(\(names))\(sizes)"
  }

  private var sizes: String {
    var parts: [String] = []
    if definition.sizes.areEqual { parts.append("I = H") }
    if let input = definition.sizes.input { parts.append("I = \(input)") }
    if let hidden = definition.sizes.hidden { parts.append("H = \(hidden)") }
    return parts.isEmpty ? "" : " \(Reserved.sizes) " + parts.joined(separator: ", ")
  }

  private static func name(_ equation: CellDefinition.Equation) -> String {
    switch equation.target {
    case .value(let name): name
    case .update(let state): state + "'"
    case .output: Reserved.output
    }
  }

  /// A cell's name, in quotes where it is not words joined by hyphens.
  private static func cellName(_ name: String) -> String {
    let parts = name.split(separator: "-", omittingEmptySubsequences: false).map(String.init)
    let isPlain = parts.enumerated().allSatisfy { place, part in
      TextScanner.isName(part)
        || place > 0 && part.first != "0" && !part.isEmpty && part.count < 10
          && part.allSatisfy { $0.isASCII && $0.isNumber }
    }
    return isPlain ? name : TextScanner.quoted(name)
  }

  private static func storedName(_ name: String) -> String {
    TextScanner.isName(name) ? name : TextScanner.quoted(name)
  }

  private static func text(_ value: OptionValue) -> String {
    switch value {
    case .none: "none"
    case .bool(let value): "\(value)"
    case .integer(let value): "\(value)"
    case .number(let value): numberText(value)
    case .text(let text): TextScanner.quoted(text)
    case .list(let values): "[" + values.map(Self.text).joined(separator: ", ") + "]"
    case .named(let values):
      "{"
        + values.sorted { $0.key < $1.key }
        .map { "\(TextScanner.quoted($0.key)): \(Self.text($0.value))" }.joined(separator: ", ")
        + "}"
    }
  }

  // MARK: Parameters

  private func isHiddenSize(_ term: Term) -> Bool {
    term == .hiddenSize || definition.sizes.hidden.map { term.number == Double($0) } == true
  }

  /// The parameters that a text has to declare: those that their names and uses do not say, and those before them
  /// where the uses alone would give another order.
  private var declaredParameters: [CellDefinition.Parameter] {
    let all = definition.parameters
    var (mentions, products) = ([String](), Set<String>())
    Mentions.collect(definition.equations, into: &mentions, &products, Set(all.map(\.name)))
    var declared = Set(
      all.filter { parameter in
        !mentions.contains(parameter.name) || needsDeclaration(parameter, products)
      }.map(\.name))
    let wholes = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0.whole) })
    let wanted = Self.grouped(all.map(\.name), wholes)
    while true {
      let first = all.map(\.name).filter { declared.contains($0) }
      let order = Self.grouped(first + mentions.filter { !declared.contains($0) }, wholes)
      guard
        let place = zip(order, wanted).enumerated().first(where: { $0.element.0 != $0.element.1 })?
          .offset
      else { break }
      guard declared.insert(wanted[place]).inserted else { break }
    }
    return all.filter { declared.contains($0.name) }
  }

  /// Names in the order of parameters that their mentions give: blocks of one parameter stand together.
  private static func grouped(_ mentions: [String], _ whole: [String: String]) -> [String] {
    var wholes: [String] = []
    var names: [String: [String]] = [:]
    for name in mentions {
      let whole = whole[name] ?? name
      if names[whole] == nil { wholes.append(whole) }
      names[whole, default: []].append(name)
    }
    return wholes.flatMap { names[$0] ?? [] }
  }

  private func needsDeclaration(
    _ parameter: CellDefinition.Parameter, _ products: Set<String>
  ) -> Bool {
    guard parameter.kind == .blocks, parameter.start == nil,
      !ParameterNames.isBias(parameter.name) || kept?.contains(parameter.storedName) != true,
      ParameterNames.stored(parameter.name) == parameter.storedName,
      let isMatrix = ParameterNames.isMatrix(parameter.name), isHiddenSize(parameter.shape[0])
    else { return true }
    return isMatrix && !products.contains(parameter.name) && !isHiddenSize(parameter.shape[1])
  }

  private func declaration(_ parameter: CellDefinition.Parameter) -> String {
    let usual =
      parameter.kind == .blocks ? ParameterNames.stored(parameter.name) : parameter.name
    let stored =
      usual == parameter.storedName ? "" : " = \(Self.storedName(parameter.storedName))"
    let shape = parameter.shape.map(Self.text).joined(separator: ", ")
    let isOptional = parameter.isSignal && kept?.contains(parameter.storedName) == false
    var result =
      (isOptional ? Reserved.optional + " " : "")
      + "\(parameter.kind.rawValue) \(parameter.name)\(stored)[\(shape)]"
    if let start = parameter.start {
      let arguments = start.block.map { [Self.storedName($0)] } ?? start.numbers.map(Self.text)
      if start.word == StartWord.constant, start.numbers.count == 1 {
        result += " ~ " + arguments[0]
      } else {
        result +=
          " ~ \(start.word)" + (arguments.isEmpty ? "" : "(\(arguments.joined(separator: ", ")))")
      }
    }
    return result
  }

  // MARK: Terms

  static func text(_ term: Term) -> String { part(term, .comparison) }

  /// A term, in parentheses where it binds less tightly than its place requires.
  private static func part(_ term: Term, _ least: TextBinding) -> String {
    let (text, binding) = written(term)
    return binding < least ? "(\(text))" : text
  }

  private static func written(_ term: Term) -> (text: String, binding: TextBinding) {
    let parts = term.parts
    switch term.head {
    case .number(let value): return (numberText(value), value < 0 ? .negation : .atom)
    case .name(let name): return (name, .atom)
    case .product:
      // A number after a matrix would not be a signal.
      let signal = parts[1].number == nil ? part(parts[1], .application) : "(\(text(parts[1])))"
      return (part(parts[0], .atom) + " " + signal, .application)
    case .table(let table): return (text(table), .atom)
    case .word(Word.slice):
      return ("\(part(parts[0], .atom))[\(part(parts[1], .sum))..<\(part(parts[2], .sum))]", .atom)
    case .word(let word): return (call(word.name, parts), .atom)
    case .function(let function):
      switch function.word.notation.spelling {
      case .call(let name, _): return (call(name, parts), .atom)
      case .prefix(let sign):
        // A number after the sign would be a negative number.
        let least: TextBinding = parts[0].number == nil ? .negation : .atom
        let operand = parts[0].number == nil ? part(parts[0], least) : "(\(text(parts[0])))"
        return (sign + operand, .negation)
      case .infix(let sign, _):
        let binding = TextBinding(sign: sign) ?? .comparison
        let next: TextBinding =
          switch binding {
          case .comparison: .sum
          case .sum: .product
          default: .negation
          }
        let left = part(parts[0], binding == .comparison ? .sum : binding)
        return ("\(left) \(sign) \(part(parts[1], next))", binding)
      case nil: return ("?", .atom)
      }
    }
  }

  private static func call(_ name: String, _ parts: [Term]) -> String {
    "\(name)(" + parts.map(text).joined(separator: ", ") + ")"
  }

  private static func text(_ table: Table) -> String {
    let rows = (0..<table.rows).map { row in
      table.elements[row * table.columns..<(row + 1) * table.columns].map(numberText)
        .joined(separator: ", ")
    }
    return "[" + rows.joined(separator: table.columns > 3 ? ";\n    " : "; ") + "]"
  }
}

/// The parameters that equations mention, in the order in which a reader meets them.
enum Mentions {
  /// - Parameters:
  ///   - products: The names whose first mention is as the matrix of a product, which gives their columns.
  static func collect(
    _ equations: [CellDefinition.Equation], into mentions: inout [String],
    _ products: inout Set<String>, _ names: Set<String>
  ) {
    var known = Set<String>()
    func mention(_ term: Term, isMatrix: Bool) {
      if case .name(let name) = term.head {
        guard names.contains(name), known.insert(name).inserted else { return }
        mentions.append(name)
        if isMatrix { products.insert(name) }
        return
      }
      if case .product = term.head {
        mention(term.parts[1], isMatrix: false)
        mention(term.parts[0], isMatrix: true)
      } else {
        for part in term.parts { mention(part, isMatrix: false) }
      }
    }
    for equation in equations { mention(equation.term, isMatrix: false) }
  }
}
