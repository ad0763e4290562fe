extension CellGraph {
  /// The graph's equations as a text for its sizes; reading it gives an equal graph.
  ///
  /// - Returns: nil for a graph that the notation cannot say: one with masks or other signals from outside that layers
  ///   have added.
  public func text(name: String = "cell") -> String? {
    guard var definition = EquationReader.definition(of: self, name: name) else { return nil }
    definition.sizes = .init(input: inputSize, hidden: hiddenSize)
    return TextWriter(definition).text
  }
}

extension CellText {
  /// Writes a cell's equations as a text: one for all sizes where the equations have one form, else one for each of the
  /// sizes that are asked for.
  ///
  /// - Parameters:
  ///   - cell: A cell, with its options.
  ///   - name: The text's name for it.
  ///   - sizes: Input and hidden sizes for which the text must have equations.
  ///   - listsOptions: Whether the text lists the options that the cell was made with.
  /// - Returns: nil if the notation or its limits do not suffice.
  public init?(
    writing cell: some RecurrentCell, name: String, for sizes: [(input: Int, hidden: Int)] = [],
    listsOptions: Bool = true
  ) {
    if let text = Self.underlying(cell) {
      self = text
      return
    }
    var printer = CellPrinter(cell, name, listsOptions: listsOptions)
    guard let text = printer.text(for: sizes.map { .init(input: $0.input, hidden: $0.hidden) })
    else { return nil }
    self = text
  }

  private static func underlying(_ cell: any RecurrentCell) -> CellText? {
    cell as? CellText
  }
}

/// Prints a cell at several sizes, and finds the form that they have in common.
private struct CellPrinter<Cell: RecurrentCell> {
  typealias Sizes = Generalization.Sizes

  private let cell: Cell
  private let name: String
  private let options: [SavedOption]
  private var graphs: [Sizes: CellGraph] = [:]

  init(_ cell: Cell, _ name: String, listsOptions: Bool) {
    self.cell = cell
    self.name = name
    options = listsOptions ? (cell as? any Encodable).map(SavedOption.options) ?? [] : []
  }

  mutating func text(for wanted: [Sizes]) -> CellText? {
    let unequal = examples(areEqual: false)
    let equal = examples(areEqual: true)
    let definitions = generalDefinitions(unequal, equal)
    guard let exact = exactDefinitions(wanted, beside: definitions) else { return nil }
    let all = exact + definitions
    guard !all.isEmpty else { return nil }
    let kept = kept
    let text = all.map { TextWriter($0, keeping: kept).text }.joined(separator: "\n")
    guard let result = try? CellText(text) else { return nil }
    for sizes in wanted + unequal.prefix(1) + equal.prefix(1) {
      guard let graph = graph(sizes) else { continue }
      if (try? result.validate(inputSize: sizes.input, hiddenSize: sizes.hidden)) == nil {
        if wanted.contains(sizes) { return nil } else { continue }
      }
      let read = CellGraph(result, inputSize: sizes.input, hiddenSize: sizes.hidden)
      guard read == graph else { return nil }
    }
    return result
  }

  /// A definition for all sizes, and one for equal sizes where that is another.
  private mutating func generalDefinitions(
    _ unequal: [Sizes], _ equal: [Sizes]
  ) -> [CellDefinition] {
    var definitions: [CellDefinition] = []
    let general = common(unequal)
    if var general, general.states.count > 0 {
      general.options = options
      if !reproduces(general, equal) {
        if var special = common(equal) {
          special.sizes.areEqual = true
          special.options = options
          definitions.append(special)
        }
      }
      definitions.append(general)
    } else if var special = common(equal) {
      special.sizes.areEqual = true
      special.options = options
      definitions.append(special)
    }
    return definitions
  }

  /// A definition for each of the sizes that the general ones do not give; nil if one cannot be written.
  private mutating func exactDefinitions(
    _ wanted: [Sizes], beside definitions: [CellDefinition]
  ) -> [CellDefinition]? {
    let missing = wanted.filter { sizes in
      guard
        let first = definitions.first(where: {
          $0.sizes.contains(input: sizes.input, hidden: sizes.hidden)
        })
      else { return true }
      return !reproduces(first, [sizes])
    }
    var exact: [CellDefinition] = []
    for sizes in missing
    where !exact.contains(where: { $0.sizes.contains(input: sizes.input, hidden: sizes.hidden) }) {
      guard let graph = graph(sizes),
        var definition = EquationReader.definition(of: graph, name: name)
      else { return nil }
      definition.sizes = .init(input: sizes.input, hidden: sizes.hidden)
      definition.options = options
      exact.append(definition)
    }
    return exact
  }

  /// Whether a definition gives the cell's graphs at these sizes.
  private mutating func reproduces(_ definition: CellDefinition, _ sizes: [Sizes]) -> Bool {
    let text = TextWriter(definition, keeping: kept).text
    guard let read = try? TextParser.definitions(text).first else { return false }
    for sizes in sizes {
      guard let graph = graph(sizes) else { continue }
      let other = try? TextEvaluation.graph(
        read, inputSize: sizes.input, hiddenSize: sizes.hidden, bias: true)
      guard other == graph else { return false }
    }
    return true
  }

  private mutating func common(_ sizes: [Sizes]) -> CellDefinition? {
    var found: [(Sizes, CellDefinition)] = []
    for sizes in sizes {
      guard let graph = graph(sizes),
        let definition = EquationReader.definition(of: graph, name: name)
      else { return nil }
      found.append((sizes, definition))
    }
    guard found.count > 2, let common = Generalization.common(found) else { return nil }
    return reproduces(common, sizes) ? common : nil
  }

  /// Sizes that suit the cell's options, which no number of its equations is likely to be.
  private func examples(areEqual: Bool) -> [Sizes] {
    var hidden: [Int] = []
    var least = 11
    while hidden.count < 3, let next = suitable(from: least, areEqual: areEqual) {
      hidden.append(next)
      least = next + 1
    }
    guard hidden.count == 3 else { return [] }
    if areEqual { return hidden.map { Sizes(input: $0, hidden: $0) } }
    let input = (1...3).map { hidden[2] + 6 + 4 * $0 }
    return [
      (input[0], hidden[0]), (input[1], hidden[0]), (input[0], hidden[1]), (input[2], hidden[2]),
    ].map { Sizes(input: $0, hidden: $1) }
  }

  private func suitable(from least: Int, areEqual: Bool) -> Int? {
    (least..<least + 100).first {
      (try? cell.validate(inputSize: areEqual ? $0 : 1, hiddenSize: $0)) != nil
    }
  }

  private mutating func graph(_ sizes: Sizes) -> CellGraph? {
    if let known = graphs[sizes] { return known }
    guard (try? cell.validate(inputSize: sizes.input, hiddenSize: sizes.hidden)) != nil else {
      return nil
    }
    let graph = CellGraph(cell, inputSize: sizes.input, hiddenSize: sizes.hidden)
    graphs[sizes] = graph
    return graph
  }

  /// The parameters that the cell has even where biases are off, each block by itself.
  private var kept: Set<String> {
    guard let sizes = graphs.keys.min(by: { ($0.hidden, $0.input) < ($1.hidden, $1.input) }) else {
      return []
    }
    let graph = CellGraph(
      cell, inputSize: sizes.input, hiddenSize: sizes.hidden, bias: false)
    return Set(
      graph.parameters.flatMap { parameter in
        parameter.blocks.map { parameter.name + ($0.name.isEmpty ? "" : "." + $0.name) }
      })
  }
}

extension SavedOption {
  /// The options of a cell that can be saved; those of other cells are not known.
  static func options(of cell: any Encodable) -> [SavedOption] {
    guard case .named(let values)? = try? OptionValue(encoding: cell) else { return [] }
    return values.sorted { $0.key < $1.key }.map { SavedOption(name: $0.key, value: $0.value) }
  }
}
