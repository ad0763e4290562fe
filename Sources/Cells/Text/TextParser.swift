/// Reads the structure of a text: cells, their states, parameters and equations. What names mean is the evaluation's.
struct TextParser {
  private let tokens: [TextToken]
  var index = 0
  /// The parentheses that are open.
  var parentheses = 0

  private init(_ tokens: [TextToken]) { self.tokens = tokens }

  /// The cells of a text: one, or one for each of some sizes, all of the same name.
  static func definitions(_ text: String) throws(CellTextError) -> [CellDefinition] {
    guard text.utf8.count <= TextLimits.bytes else {
      throw CellTextError(
        TextPlace(), expected: "a text of at most \(TextLimits.bytes) bytes",
        found: "\(text.utf8.count)")
    }
    var parser = TextParser(try TextScanner.tokens(text))
    var definitions: [CellDefinition] = []
    parser.skipLines()
    while parser.token.kind != .end {
      let definition = try parser.definition()
      if let first = definitions.first, first.name != definition.name {
        throw CellTextError(
          definition.place.value, expected: "the cell \(first.name) for other sizes",
          found: definition.name)
      }
      definitions.append(definition)
      guard definitions.count <= TextLimits.definitions else {
        throw CellTextError(
          definition.place.value, expected: "at most \(TextLimits.definitions) cells",
          found: "more")
      }
    }
    guard !definitions.isEmpty else { throw parser.unexpected("cell NAME(x, h)") }
    return definitions
  }

  // MARK: Tokens

  var token: TextToken { tokens[index] }
  private func following(_ offset: Int) -> TextToken.Kind {
    tokens[min(index + offset, tokens.count - 1)].kind
  }

  mutating func take() -> TextToken {
    let token = tokens[index]
    if index < tokens.count - 1 { index += 1 }
    return token
  }

  func unexpected(_ expected: String, suggestion: String? = nil) -> CellTextError {
    CellTextError(
      token.place, expected: expected, found: token.description, suggestion: suggestion)
  }

  /// Takes a sign if it is next.
  mutating func takes(_ sign: String) -> Bool {
    guard token.kind == .sign(sign) else { return false }
    _ = take()
    return true
  }

  mutating func expect(_ sign: String, _ context: String) throws(CellTextError) {
    guard takes(sign) else { throw unexpected("\(sign) \(context)") }
  }

  private mutating func expectEndOfLine() throws(CellTextError) {
    guard token.kind == .endOfLine || token.kind == .end else {
      throw unexpected("an operator or the end of the line")
    }
    skipLines()
  }

  private mutating func skipLines() {
    while token.kind == .endOfLine { _ = take() }
  }

  private mutating func name(_ what: String) throws(CellTextError) -> (String, TextPlace) {
    guard case .name(let name) = token.kind else { throw unexpected(what) }
    return (name, take().place)
  }

  /// A name that is given to something: without a prime, and not one with a meaning of its own.
  private mutating func newName(_ what: String) throws(CellTextError) -> (String, TextPlace) {
    let (name, place) = try name(what)
    guard !name.hasSuffix("'") else {
      throw CellTextError(place, expected: "\(what) without a prime", found: name)
    }
    guard !Reserved.names.contains(name) else {
      throw CellTextError(
        place, expected: what, found: "\(name), which has a meaning of its own",
        suggestion: name + "1")
    }
    return (name, place)
  }

  // MARK: A cell

  private mutating func definition() throws(CellTextError) -> CellDefinition {
    guard token.kind == .name(Reserved.cell) else { throw unexpected("cell NAME(x, h)") }
    let place = take().place
    var definition = CellDefinition(name: try cellName())
    definition.place.value = place
    try expect("(", "before the input's name")
    definition.input = try newName("the input's name").0
    while takes(",") {
      definition.states.append(try state())
      try check(definition.states.count, TextLimits.states, "states")
    }
    guard !definition.states.isEmpty else {
      throw unexpected(", and a state's name", suggestion: "(x, h)")
    }
    try expect(")", "after the states")
    if token.kind == .name(Reserved.sizes) {
      _ = take()
      definition.sizes = try sizes()
    }
    try expectEndOfLine()
    while token.kind != .end, token.kind != .name(Reserved.cell) {
      try statement(&definition)
      try expectEndOfLine()
    }
    return definition
  }

  /// A cell's name, whose words may be joined by hyphens.
  private mutating func cellName() throws(CellTextError) -> String {
    if case .quoted(let name) = token.kind {
      _ = take()
      return name
    }
    var (name, _) = try name("the cell's name")
    while token.kind == .sign("-") {
      _ = take()
      switch token.kind {
      case .name(let part): name += "-" + part
      case .number(let value): name += "-" + numberText(value)
      default: throw unexpected("the rest of the cell's name")
      }
      _ = take()
    }
    return name
  }

  private mutating func state() throws(CellTextError) -> CellDefinition.State {
    let (name, place) = try newName("a state's name")
    var state = CellDefinition.State(
      name: name, storedName: CellDefinition.State.usualNames[name] ?? name)
    state.place.value = place
    if takes("=") { state.storedName = try storedName("the state's full name") }
    if takes("[") {
      repeat { state.shape.append(try expression()) } while takes(",")
      try expect("]", "after the state's number of units")
      try check(state.shape.count, TextLimits.axes, "axes")
    }
    return state
  }

  /// A name that something has in the graph: in quotes where it is not a name of the notation.
  private mutating func storedName(_ what: String) throws(CellTextError) -> String {
    let place = token.place
    let name: String
    switch token.kind {
    case .name(let plain): name = plain
    case .quoted(let text): name = text
    default: throw unexpected(what)
    }
    _ = take()
    let isPlain = name.unicodeScalars.allSatisfy { $0.value >= 32 && $0.value != 127 }
    guard isPlain, !name.isEmpty, !name.hasPrefix("."), !name.hasSuffix("."),
      name.utf8.count <= TextLimits.nameLength
    else {
      throw CellTextError(
        place,
        expected:
          "\(what): at most \(TextLimits.nameLength) bytes, no control characters, no dot at an end",
        found: TextScanner.quoted(name))
    }
    return name
  }

  private mutating func sizes() throws(CellTextError) -> CellDefinition.Sizes {
    var sizes = CellDefinition.Sizes()
    repeat {
      let (name, place) = try name("I = H, I = SIZE or H = SIZE")
      try expect("=", "after the size's name")
      switch (name, token.kind) {
      case (Reserved.inputSize, .name(Reserved.hiddenSize)): sizes.areEqual = true
      case (Reserved.inputSize, .number(let value)): sizes.input = try size(value)
      case (Reserved.hiddenSize, .number(let value)): sizes.hidden = try size(value)
      default:
        throw CellTextError(
          place, expected: "I = H, I = SIZE or H = SIZE", found: "\(name) = \(token.description)")
      }
      _ = take()
    } while takes(",")
    return sizes
  }

  private func size(_ value: Double) throws(CellTextError) -> Int {
    guard value >= 1, value <= Double(TextLimits.width), value == value.rounded() else {
      throw unexpected("a whole number from 1 to \(TextLimits.width)")
    }
    return Int(value)
  }

  private mutating func statement(_ definition: inout CellDefinition) throws(CellTextError) {
    guard case .name(let first) = token.kind else {
      throw unexpected(
        "an equation: NAME = ..., or a state's new value: \(definition.states[0].name)' = ...")
    }
    if case .name = following(1) {
      switch first {
      case Reserved.option: return try option(&definition)
      case Reserved.optional: return try optional(&definition)
      default:
        if let kind = CellDefinition.Kind(rawValue: first) {
          return try parameter(kind, &definition)
        }
      }
    }
    let (name, place) = try name("an equation")
    let target: CellDefinition.Target
    if name == Reserved.output {
      target = .output
    } else if name.hasSuffix("'") {
      target = .update(String(name.dropLast()))
    } else if Reserved.names.contains(name) {
      throw CellTextError(
        place, expected: "the name of a new value",
        found: "\(name), which has a meaning of its own",
        suggestion: name + "1")
    } else {
      target = .value(name)
    }
    guard takes("=") else {
      throw unexpected(
        "= after \(name)",
        suggestion: nearestName(to: name, among: [Reserved.option, Reserved.parameter]))
    }
    let term = try expression()
    definition.equations.append(.init(target: target, term: term, place: Ignored(place)))
  }

  private mutating func option(_ definition: inout CellDefinition) throws(CellTextError) {
    _ = take()
    let (name, place) = try name("an option's name")
    guard !definition.options.contains(where: { $0.name == name }) else {
      throw CellTextError(place, expected: "a new option", found: "\(name) again")
    }
    try expect("=", "after the option's name")
    definition.options.append(SavedOption(name: name, value: try optionValue(0)))
    try check(definition.options.count, TextLimits.options, "options")
  }

  private func check(_ count: Int, _ limit: Int, _ what: String) throws(CellTextError) {
    guard count <= limit else { throw unexpected("at most \(limit) \(what)") }
  }

  private mutating func optionValue(_ depth: Int) throws(CellTextError) -> OptionValue {
    guard depth < 16 else { throw unexpected("at most 16 lists, one in the other") }
    let token = take()
    switch token.kind {
    case .quoted(let text): return .text(text)
    case .number(let value): return Self.option(value)
    case .name("true"): return .bool(true)
    case .name("false"): return .bool(false)
    case .name("none"): return .none
    case .sign("-"):
      guard case .number(let value) = self.token.kind else { throw unexpected("a number") }
      _ = take()
      return Self.option(-value)
    case .sign("["):
      var values: [OptionValue] = []
      while self.token.kind != .sign("]") {
        values.append(try optionValue(depth + 1))
        guard takes(",") else { break }
      }
      try expect("]", "after a list")
      return .list(values)
    case .sign("{"):
      var values: [String: OptionValue] = [:]
      while case .quoted(let name) = self.token.kind {
        _ = take()
        try expect(":", "after a name")
        values[name] = try optionValue(depth + 1)
        guard takes(",") else { break }
      }
      try expect("}", "after values by name")
      return .named(values)
    default:
      throw CellTextError(
        token.place, expected: "a number, \"text\", true, false, none or a list",
        found: token.description)
    }
  }

  private static func option(_ value: Double) -> OptionValue {
    Int(exactly: value).map { .integer($0) } ?? .number(value)
  }

  /// A declared bias, which is zero where biases are off.
  private mutating func optional(_ definition: inout CellDefinition) throws(CellTextError) {
    _ = take()
    guard case .name(let name) = token.kind, let kind = CellDefinition.Kind(rawValue: name),
      case .name = following(1)
    else { throw unexpected("parameter or signal, and a bias's name") }
    try parameter(kind, &definition)
    let last = definition.parameters.count - 1
    guard definition.parameters[last].isSignal else {
      throw CellTextError(
        definition.parameters[last].place.value, expected: "a bias, which is a vector",
        found: "a matrix")
    }
    definition.parameters[last].isOptional = true
  }

  private mutating func parameter(
    _ kind: CellDefinition.Kind, _ definition: inout CellDefinition
  ) throws(CellTextError) {
    _ = take()
    let (name, place) = try newName("a parameter's name")
    var parameter = CellDefinition.Parameter(
      name: name, storedName: kind == .blocks ? ParameterNames.stored(name) : name, shape: [],
      kind: kind)
    parameter.place.value = place
    if takes("=") { parameter.storedName = try storedName("the parameter's full name") }
    try expect("[", "and the parameter's sizes, as in \(name)[H]")
    repeat { parameter.shape.append(try expression()) } while takes(",")
    let count = parameter.shape.count
    guard
      kind == .blocks ? count <= 2 : count <= TextLimits.axes && (kind == .signal || count >= 2)
    else {
      throw CellTextError(
        place,
        expected: kind == .blocks
          ? "one size for a vector, or two for a matrix" : "2 to \(TextLimits.axes) sizes",
        found: "\(count)")
    }
    try expect("]", "after the parameter's sizes")
    if takes("~") { parameter.start = try start() }
    definition.parameters.append(parameter)
  }

  private mutating func start() throws(CellTextError) -> CellDefinition.Start {
    if case .number = token.kind { return try constantStart() }
    if token.kind == .sign("-") { return try constantStart() }
    let (name, place) = try name("a number, or how it starts: uniform(-1, 1), for example")
    guard let word = StartWord.all.first(where: { $0.name == name }) else {
      throw CellTextError(
        place, expected: "a word for how a parameter starts", found: name,
        suggestion: nearestName(to: name, among: StartWord.all.map(\.name)))
    }
    var start = CellDefinition.Start(word: name)
    start.place.value = place
    guard word.count != 0 || word.isOfBlock else { return start }
    try expect("(", "after \(name)")
    if word.isOfBlock {
      start.block = try storedName("a block's name")
    } else {
      repeat { start.numbers.append(try expression()) } while takes(",")
      guard start.numbers.count == word.count || word.count == StartWord.anyCount else {
        throw CellTextError(
          place, expected: word.count == 1 ? "one number" : "\(word.count) numbers",
          found: "\(start.numbers.count)")
      }
    }
    try expect(")", "after \(name)")
    return start
  }

  private mutating func constantStart() throws(CellTextError) -> CellDefinition.Start {
    let place = token.place
    var start = CellDefinition.Start(word: StartWord.constant, numbers: [try expression()])
    start.place.value = place
    return start
  }
}

extension CellDefinition.State {
  /// States that a text calls by a letter.
  static let usualNames = ["h": "hidden", "c": "cell"]
}
