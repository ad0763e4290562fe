import TensorCore

/// The parameters of a text: those that it declares, and those whose names say what they are.
extension TextEvaluation {
  /// Adds the declared parameters, in the order of their lines.
  mutating func declareParameters() throws(CellTextError) {
    for parameter in definition.parameters {
      try checkName(of: parameter)
      var shape: [Int] = []
      for term in parameter.shape { shape.append(try size(term)) }
      let start = try parameter.start.map { start throws(CellTextError) in
        try initialization(start)
      }
      if case .values(let values) = start, values.count != Self.count(shape) {
        throw CellTextError(
          parameter.place.value, expected: "\(Self.count(shape)) values",
          found: "\(values.count)")
      }
      try register(parameter.storedName, shape, parameter.kind, parameter.place.value)
      try declare(parameter, shape, start)
    }
    for parameter in definition.parameters where !parameter.isOptional || builder.hasBias {
      try checkOpposite(parameter)
    }
  }

  /// A parameter's name is new, and says whether it is a matrix.
  private func checkName(of parameter: CellDefinition.Parameter) throws(CellTextError) {
    let place = parameter.place.value
    guard values[parameter.name] == nil, declared[parameter.name] == nil else {
      throw CellTextError(
        place, expected: "a new name for a parameter", found: "\(parameter.name) again")
    }
    if let isMatrix = ParameterNames.isMatrix(parameter.name), parameter.kind == .blocks,
      isMatrix != (parameter.shape.count == 2)
    {
      throw CellTextError(
        place, expected: isMatrix ? "two sizes of a matrix" : "one size of a vector",
        found: "\(parameter.shape.count)")
    }
    guard
      parameter.kind != .blocks || parameter.shape.count == 1
        || parameter.storedName.hasPrefix("weight_")
    else {
      throw CellTextError(
        place, expected: "a name that begins with W_, for a matrix", found: parameter.name,
        suggestion: "W_" + parameter.name)
    }
  }

  /// Adds a parameter to the trace: a block, a published array, or, without biases, zeros for an optional one.
  private mutating func declare(
    _ parameter: CellDefinition.Parameter, _ shape: [Int], _ start: Initialization?
  ) throws(CellTextError) {
    let place = parameter.place.value
    if parameter.isOptional, !builder.hasBias {
      let width = Self.count(shape)
      guard width <= TextLimits.width else { throw tooMany(place) }
      values[parameter.name] = .signal(builder.constant(0, width: width))
      try count(place)
    } else if parameter.kind == .blocks {
      trace.declare(
        parameter.storedName, rows: shape.count == 2 ? shape[0] : 1,
        columns: shape[shape.count - 1], isVector: shape.count == 1, start)
      declared[parameter.name] = DeclaredParameter(
        storedName: parameter.storedName, shape: shape, initialization: start)
    } else {
      let id = trace.published(
        parameter.storedName, shape, isSignal: parameter.isSignal, start)
      values[parameter.name] =
        parameter.isSignal
        ? .signal(id) : .matrix(id, groups: shape.dropLast(2).reduce(1, *))
      try count(place)
    }
  }

  /// A block can be the opposite of another block of its parameter, of the same shape, that is no opposite itself.
  private func checkOpposite(_ parameter: CellDefinition.Parameter) throws(CellTextError) {
    guard let start = parameter.start, let block = start.block else { return }
    guard parameter.kind == .blocks else {
      throw CellTextError(
        start.place.value, expected: "a parameter with blocks", found: parameter.name)
    }
    let whole = Self.whole(parameter.storedName)
    let other = definition.parameters.first {
      $0.kind == .blocks && $0.storedName == (block.isEmpty ? whole : "\(whole).\(block)")
    }
    guard let other, other.start?.block == nil,
      declared[other.name]?.shape == declared[parameter.name]?.shape
    else {
      throw CellTextError(
        start.place.value,
        expected: "a declared block of \(whole) with as many rows, no opposite itself",
        found: block)
    }
  }

  private func initialization(
    _ start: CellDefinition.Start
  ) throws(CellTextError) -> Initialization {
    if let block = start.block { return .opposite(ofBlock: block) }
    var numbers: [Double] = []
    for term in start.numbers { numbers.append(try number(term)) }
    guard let word = StartWord.all.first(where: { $0.name == start.word }),
      numbers.allSatisfy({ $0.isFinite }), word.suits(numbers)
    else {
      let expected = StartWord.all.first { $0.name == start.word }?.expected ?? "a start"
      throw CellTextError(
        start.place.value, expected: "\(expected) for \(start.word)",
        found: numbers.map(numberText).joined(separator: ", "))
    }
    return word.make(numbers)
  }

  /// The parameter that a block belongs to.
  private static func whole(_ name: String) -> String {
    name.split(separator: ".", maxSplits: 1).first.map(String.init) ?? name
  }

  /// Checks that blocks of one parameter fit together, and that there are not too many numbers.
  private mutating func register(
    _ name: String, _ shape: [Int], _ kind: CellDefinition.Kind, _ place: TextPlace
  ) throws(CellTextError) {
    let whole = kind == .blocks ? Self.whole(name) : name
    let (isVector, columns) = (shape.count == 1, shape.count == 1 ? 1 : shape[1])
    guard wholes[whole] == nil || kind == .blocks && wholes[whole]?.isWhole == false else {
      throw CellTextError(
        place, expected: "one name for each parameter", found: "another name for \(whole)")
    }
    if let known = wholes[whole] {
      guard known.isVector == isVector else {
        throw CellTextError(
          place,
          expected: known.isVector
            ? "a vector, as other blocks of \(whole)" : "a matrix, as other blocks of \(whole)",
          found: isVector ? "a vector" : "a matrix")
      }
      guard known.columns == columns else {
        throw CellTextError(
          place, expected: "\(known.columns) columns, as other blocks of \(whole)",
          found: "\(columns)", suggestion: "a name of its own instead of a block")
      }
    }
    guard !whole.hasPrefix("initial_") else {
      throw CellTextError(
        place, expected: "a name without initial_, which learned initial states have", found: name)
    }
    guard storedNames.insert(name).inserted else {
      throw CellTextError(
        place, expected: "one name for each parameter", found: "another name for \(name)")
    }
    guard storedNames.count <= TextLimits.blocks else {
      throw CellTextError(
        place, expected: "at most \(TextLimits.blocks) parameters, each block counted",
        found: "more")
    }
    wholes[whole] = (isVector, columns, kind != .blocks)
    try addNumbers(Self.count(shape), place)
  }

  mutating func addNumbers(_ count: Int, _ place: TextPlace) throws(CellTextError) {
    parameterCount += count
    guard parameterCount <= TextLimits.parameters else {
      throw CellTextError(
        place, expected: "at most \(TextLimits.parameters) numbers of parameters and matrices",
        found: "more")
    }
  }

  /// The parameter of a name; nil if the name is none. `columns` is what a product needs of an undeclared matrix.
  mutating func parameter(
    _ name: String, columns: Int?, _ place: TextPlace
  ) throws(CellTextError) -> TextValue? {
    let stored: String
    var (shape, start): ([Int], Initialization?) = ([builder.hiddenSize], nil)
    if let known = declared[name] {
      (stored, shape, start) = (known.storedName, known.shape, known.initialization)
    } else if let isMatrix = ParameterNames.isMatrix(name) {
      if ParameterNames.isBias(name), !builder.hasBias {
        return .signal(builder.constant(0, width: builder.hiddenSize))
      }
      stored = ParameterNames.stored(name)
      if isMatrix { shape.append(columns ?? builder.hiddenSize) }
      if let known = mentioned[name] {
        shape = known
      } else {
        try register(stored, shape, .blocks, place)
        mentioned[name] = shape
      }
    } else {
      return nil
    }
    let isVector = shape.count == 1
    let id = trace.parameterBlock(
      stored, rows: isVector ? 1 : shape[0], columns: shape[shape.count - 1], isVector: isVector,
      start)
    try count(place)
    return isVector ? .signal(id) : .matrix(id)
  }
}
