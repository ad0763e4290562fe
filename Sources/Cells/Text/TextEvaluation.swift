import TensorCore

/// States a cell's text in the cell language, for given sizes.
///
/// Everything that the language requires is checked before it is stated, so that a text cannot stop the process.
struct TextEvaluation {
  let definition: CellDefinition
  let builder: CellBuilder
  /// What names stand for: the input, the states, the equations' values so far.
  var values: [String: TextValue] = [:]
  var declared: [String: DeclaredParameter] = [:]
  /// The shapes of undeclared parameters that were mentioned.
  var mentioned: [String: [Int]] = [:]
  /// Of each parameter as a whole: whether it is a vector, and the columns of a matrix.
  var wholes: [String: (isVector: Bool, columns: Int, isWhole: Bool)] = [:]
  /// The parameters' names in the graph.
  var storedNames: Set<String> = []
  private var updated: Set<String> = []
  private var hasOutput = false
  /// What was asked for so far, and the nodes that were counted.
  var (parameterCount, unitCount, counted) = (0, 0, 0)

  struct DeclaredParameter {
    var storedName: String
    var shape: [Int]
    var initialization: Initialization?
  }

  var trace: Trace { builder.trace }

  /// The text's graph.
  static func graph(
    _ definition: CellDefinition, inputSize: Int, hiddenSize: Int, bias: Bool
  ) throws(CellTextError) -> CellGraph {
    let builder = CellBuilder(
      Trace(), inputSize: inputSize, hiddenSize: hiddenSize, hasBias: bias)
    try state(definition, in: builder)
    return builder.trace.finish(inputSize: inputSize, hiddenSize: hiddenSize)
  }

  /// States the equations of a text.
  static func state(
    _ definition: CellDefinition, in builder: CellBuilder
  ) throws(CellTextError) {
    var evaluation = TextEvaluation(definition: definition, builder: builder)
    try evaluation.stateNames()
    try evaluation.declareParameters()
    for equation in definition.equations { try evaluation.state(equation) }
    for state in definition.states where !evaluation.updated.contains(state.name) {
      throw CellTextError(
        state.place.value, expected: "an equation for each state's new value",
        found: "none for \(state.name)", suggestion: "\(state.name)' = \(state.name)")
    }
  }

  private init(definition: CellDefinition, builder: CellBuilder) {
    self.definition = definition
    self.builder = builder
  }

  /// A number of units as a text says it: a text for all sizes is tried at some, which its writer has not chosen.
  private func size(_ count: Int) -> String {
    switch count {
    case builder.hiddenSize: "H"
    case builder.inputSize: "I"
    default: "\(count)"
    }
  }

  private func units(_ count: Int) -> String {
    count == 1 ? Word.units(1) : "\(size(count)) units"
  }

  // MARK: States

  private mutating func stateNames() throws(CellTextError) {
    values[definition.input] = .signal(builder.input)
    var stored = Set<String>()
    for state in definition.states {
      var shape: [Int] = []
      for term in state.shape { shape.append(try size(term)) }
      if shape.isEmpty { shape = [builder.hiddenSize] }
      guard Self.count(shape) <= TextLimits.width else { throw tooMany(state.place.value) }
      guard values[state.name] == nil, stored.insert(state.storedName).inserted else {
        throw CellTextError(
          state.place.value, expected: "a new name for a state", found: "\(state.name) again")
      }
      values[state.name] = .signal(builder.state(state.storedName, shape: shape))
      try count(state.place.value)
    }
  }

  // MARK: Equations

  private mutating func state(_ equation: CellDefinition.Equation) throws(CellTextError) {
    let place = equation.place.value
    switch equation.target {
    case .value(let name):
      guard values[name] == nil, declared[name] == nil else {
        throw CellTextError(
          place, expected: "a new name", found: "\(name) again", suggestion: name + "2")
      }
      values[name] = try value(equation.term)
    case .output:
      guard !hasOutput else {
        throw CellTextError(place, expected: "one output", found: "y again")
      }
      hasOutput = true
      let output = try signal(equation.term)
      builder.output(output)
      values[Reserved.output] = .signal(output)
    case .update(let name): try update(name, to: equation.term, place)
    }
  }

  private mutating func update(
    _ name: String, to term: Term, _ place: TextPlace
  ) throws(CellTextError) {
    guard let state = definition.states.first(where: { $0.name == name }), let old = values[name]
    else {
      throw CellTextError(
        place, expected: "a state's name before '", found: name,
        suggestion: nearestName(to: name, among: definition.states.map(\.name)))
    }
    guard updated.insert(name).inserted else {
      throw CellTextError(place, expected: "one new value of each state", found: "\(name)' again")
    }
    var new = try signal(term)
    let width = trace.graph[old.id].columns
    if new.width == 1, width > 1 { new = new.broadcast(to: width) }
    guard new.width == width else {
      throw CellTextError(
        term.place.value,
        expected: "\(units(width)), as state \(state.name) has", found: size(new.width),
        suggestion: "a product with a matrix, which changes the number of units")
    }
    builder.update(Signal(id: old.id, trace: trace), to: new)
    values[name + "'"] = .signal(new)
    try count(place)
  }

  private mutating func signal(_ term: Term) throws(CellTextError) -> Signal {
    guard case .signal(let id) = try value(term) else {
      throw CellTextError(
        term.place.value, expected: "a signal", found: "a matrix",
        suggestion: "a product of it with a signal: W x")
    }
    return Signal(id: id, trace: trace)
  }

  /// What an expression stands for; `columns` is what a product needs of an undeclared matrix.
  private mutating func value(
    _ term: Term, columns: Int? = nil
  ) throws(CellTextError) -> TextValue {
    let place = term.place.value
    let result: TextValue
    switch term.head {
    case .number(let value): result = .signal(builder.constant(value))
    case .name(let name): result = try named(name, columns: columns, place)
    case .function(let function): result = try applied(function, term)
    case .word(let word): result = try called(word, term)
    case .table(let table):
      let id = trace.add(.table(table))
      result = table.rows == 1 ? .signal(id) : .matrix(id)
    case .product:
      let signal = try signal(term.parts[1])
      result = try product(try value(term.parts[0], columns: signal.width), signal, term)
    }
    try count(place)
    return result
  }

  private mutating func named(
    _ name: String, columns: Int?, _ place: TextPlace
  ) throws(CellTextError) -> TextValue {
    if let known = values[name] { return known }
    if let parameter = try parameter(name, columns: columns, place) { return parameter }
    if let size = sizes[name] { return .signal(builder.constant(size)) }
    if name.hasSuffix("'"), values[String(name.dropLast())] != nil {
      throw CellTextError(
        place, expected: "a value that stands above", found: "\(name), which no line above gives")
    }
    let others = definition.equations.compactMap {
      if case .value(let name) = $0.target { name } else { nil }
    }
    if others.contains(name) {
      throw CellTextError(
        place, expected: "a value that stands above",
        found: "\(name), whose own equation is this one or below")
    }
    let known = Array(values.keys) + declared.keys + Word.names + others
    // Any name of one letter is near to any other.
    let near =
      name.count > 1
      ? nearestName(to: name, among: known)
      : known.first { $0.lowercased() == name.lowercased() }
    throw CellTextError(
      place, expected: "a value that stands above, or a declared parameter", found: name,
      suggestion: near ?? "parameter \(name)[H], on a line above")
  }

  private func product(
    _ value: TextValue, _ signal: Signal, _ term: Term
  ) throws(CellTextError) -> TextValue {
    guard let matrix = matrix(value) else {
      throw CellTextError(
        term.place.value, expected: "a matrix before what it multiplies", found: "a signal",
        suggestion: "*, which multiplies unit by unit")
    }
    let (rows, columns) = matrix.shape
    let width = matrix.isTransposed ? rows : columns * matrix.groups
    guard width == signal.width else {
      throw CellTextError(
        term.parts[1].place.value,
        expected: "\(units(width)), for a matrix of \(size(width)) columns",
        found: units(signal.width))
    }
    return .signal(builder.product(signal, matrix))
  }

  /// A value as a matrix: a row of numbers can be one too; nil for other signals.
  private func matrix(_ value: TextValue) -> Matrix? {
    switch value {
    case .matrix(let id, let groups, let isTransposed):
      return Matrix(id: id, trace: trace, groups: groups, isTransposed: isTransposed)
    case .signal(let id):
      guard case .table = trace.graph[id].operation else { return nil }
      return Matrix(id: id, trace: trace)
    }
  }

  private mutating func applied(
    _ function: ElementwiseFunction, _ term: Term
  ) throws(CellTextError) -> TextValue {
    var operands: [TextValue] = []
    for part in term.parts { operands.append(try value(part)) }
    let isMatrix = operands.contains { if case .matrix = $0 { true } else { false } }
    let nodes = operands.map { trace.graph[$0.id] }
    if isMatrix {
      try checkMatrices(function, operands, term)
    } else if let width = nodes.map(\.columns).max(),
      let wrong = nodes.firstIndex(where: { $0.columns != width && $0.columns != 1 })
    {
      throw CellTextError(
        term.parts[wrong].place.value,
        expected: "\(units(width)), or one, as the other operand has",
        found: size(nodes[wrong].columns),
        suggestion: "a product with a matrix, which changes the number of units")
    }
    let id = trace.add(.apply(function, operands.map(\.id)))
    if isMatrix { try addNumbers(trace.graph[id].rows * trace.graph[id].columns, term.place.value) }
    return isMatrix ? .matrix(id) : .signal(id)
  }

  /// Of matrices there are sums, differences and products element by element, and multiples.
  private func checkMatrices(
    _ function: ElementwiseFunction, _ operands: [TextValue], _ term: Term
  ) throws(CellTextError) {
    let place = term.place.value
    for (operand, part) in zip(operands, term.parts) {
      if case .matrix(_, _, true) = operand { throw Self.transposed(part.place.value) }
    }
    guard [.add, .subtract, .multiply].contains(function) else {
      throw CellTextError(
        place, expected: "a signal, or a sum, difference or product of matrices",
        found: "another function of a matrix",
        suggestion: "a product of the matrix with a signal: W x")
    }
    if function == .multiply, term.parts[0].number != nil { return }
    let shapes = operands.map { [trace.graph[$0.id].rows, trace.graph[$0.id].columns] }
    let areMatrices = operands.allSatisfy { if case .matrix = $0 { true } else { false } }
    guard areMatrices else {
      throw CellTextError(
        place, expected: "two matrices, or a number times a matrix", found: "a signal and a matrix",
        suggestion: "a product without a sign: W x")
    }
    guard shapes[0] == shapes[1] else {
      throw CellTextError(
        place, expected: "matrices of one shape", found: "\(shapes[0]) and \(shapes[1])")
    }
  }

  private mutating func called(_ word: Word, _ term: Term) throws(CellTextError) -> TextValue {
    var given: [WordArguments.Value] = []
    for (index, part) in term.parts.enumerated() {
      switch word.argument(index) {
      case .number: given.append(.number(try number(part)))
      case .size:
        let isPlace = ["[", "chunk", "row"].contains(word.name)
        given.append(.number(Double(try size(part, least: isPlace ? 0 : 1))))
      case .signal: given.append(.node(try signal(part).id))
      case .matrix:
        guard let matrix = matrix(try value(part)) else {
          throw CellTextError(
            part.place.value, expected: "a matrix", found: "a signal")
        }
        if matrix.groups > 1, word.name == "transpose" {
          let transposed = matrix.transposed()
          return .matrix(
            transposed.id, groups: transposed.groups, isTransposed: transposed.isTransposed)
        }
        guard !matrix.isTransposed else { throw Self.transposed(part.place.value) }
        given.append(.node(matrix.id))
      }
    }
    let arguments = WordArguments(values: given, trace: trace)
    if let fault = word.fault(arguments) {
      throw CellTextError(term.place.value, expected: fault.expected, found: fault.found)
    }
    try checkRoom(word, arguments, term.place.value)
    let result = word.make(arguments)
    if case .matrix(let id, _, _) = result {
      try addNumbers(trace.graph[id].rows * trace.graph[id].columns, term.place.value)
    }
    return result
  }

  /// The matrices of groups, each transposed, are for products alone.
  private static func transposed(_ place: TextPlace) -> CellTextError {
    CellTextError(
      place, expected: "a matrix", found: "the transposed matrices of groups",
      suggestion: "transpose(stacked(W)), which is one matrix")
  }

  /// Checks before nodes are added what the text may ask for.
  private func checkRoom(
    _ word: Word, _ arguments: WordArguments, _ place: TextPlace
  ) throws(CellTextError) {
    var width = 0
    for (index, value) in arguments.values.enumerated() {
      if case .node = value { width += arguments.width(index) }
    }
    if word.name == "concatenate", width > TextLimits.width { throw tooMany(place) }
  }

  /// The numbers of a shape, at most a few more than any limit.
  static func count(_ shape: [Int]) -> Int {
    shape.reduce(1) { min($0 * $1, 2 * TextLimits.parameters) }
  }

  func tooMany(_ place: TextPlace) -> CellTextError {
    CellTextError(
      place,
      expected:
        "at most \(TextLimits.width) units of a signal, \(TextLimits.units) of all, and \(TextLimits.nodes) operations",
      found: "more")
  }

  /// Counts the nodes that were added since the last time.
  mutating func count(_ place: TextPlace) throws(CellTextError) {
    let nodes = trace.graph.nodes
    while counted < nodes.count {
      if nodes[counted].dependence > .parameters {
        unitCount += nodes[counted].columns
        guard nodes[counted].columns <= TextLimits.width else { throw tooMany(place) }
      }
      counted += 1
    }
    guard counted <= TextLimits.nodes, unitCount <= TextLimits.units else { throw tooMany(place) }
  }
}
