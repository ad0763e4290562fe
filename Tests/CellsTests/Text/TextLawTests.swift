import Cells
import FileCore
import Testing

/// Reading what was printed gives the same graph, node for node.
@Suite struct TextLawTests {
  typealias Subject = ZooLawTests.Subject

  static let sizes = [(input: 3, hidden: 4), (input: 8, hidden: 8), (input: 5, hidden: 12)]

  @Test(arguments: ZooLawTests.all)
  func everyCellOfTheZooReadsBack(_ subject: Subject) throws {
    try check(subject.cell, subject.testDescription, sizes: 3)
  }

  /// The text of a cell for all sizes, or for the first of those that suit it, and of its graph for each.
  private func check(_ cell: some RecurrentCell, _ name: String, sizes count: Int) throws {
    let sizes = Self.sizes.filter {
      (try? cell.validate(inputSize: $0.input, hiddenSize: $0.hidden)) != nil
    }.prefix(count)
    #expect(!sizes.isEmpty)
    let text = try #require(CellText(writing: cell, name: "cell", for: Array(sizes)), "\(name)")
    for (input, hidden) in sizes {
      let graph = CellGraph(cell, inputSize: input, hiddenSize: hidden)
      #expect(
        CellGraph(text, inputSize: input, hiddenSize: hidden) == graph, "\(name): \(text)")
      let own = try CellText(#require(graph.text()))
      #expect(CellGraph(own, inputSize: input, hiddenSize: hidden) == graph, "\(name): \(own)")
    }
    // What is read is printed the same again.
    let read = CellGraph(text, inputSize: sizes[0].input, hiddenSize: sizes[0].hidden)
    let first = CellGraph(cell, inputSize: sizes[0].input, hiddenSize: sizes[0].hidden)
    #expect(read.text() == first.text())
  }

  /// The values of options that are names.
  private static let words = [
    "tanh", "relu", "inputAndForget", "inputOnly", "forgetOnly", "coupled", "afterProduct",
    "beforeProduct", "zeroOrderHold", "euler", "full", "stateAndBias", "state", "bias", "first",
    "second", "third", "f", "fo", "ifo",
  ]

  /// Every option of every cell, one after the other, with another number or with all other names.
  @Test(arguments: CellRegistry.standard.entries.map(\.name))
  func everyOptionReadsBack(_ name: String) throws {
    let cell = try CellRegistry.standard.cell(named: name)
    guard case .object(var saved) = try JSONValue(encoding: cell),
      case .object(let options)? = saved["options"]
    else { return }
    for (option, value) in options {
      let others: [JSONValue] =
        switch value {
        case .bool(let value): [.bool(!value)]
        case .number(let text):
          [.number("\((Double(text) ?? 1) / 2)"), .number("2"), .number("4"), .number("1")]
        case .string: Self.words.map { .string($0) }
        case .null: [.number("0.5"), .number("2")]
        default: [.array([.number("1"), .number("3")])]
        }
      for other in others where other != value {
        var changed = options
        changed[option] = other
        saved["options"] = .object(changed)
        guard let named = try? JSONValue.object(saved).decoded(as: NamedCell.self),
          Self.sizes.contains(where: {
            (try? named.validate(inputSize: $0.input, hiddenSize: $0.hidden)) != nil
          })
        else { continue }
        try check(named.base, "\(name), \(option): \(other)", sizes: 2)
        if case .number = other { break }
      }
    }
  }

  @Test func optionsTogetherReadBack() throws {
    for hasPeepholes in [false, true] {
      for hasLayerNorm in [false, true] {
        for gates in ["inputAndForget", "inputOnly", "coupled"].compactMap({
          LSTM.Gates(rawValue: $0)
        }) {
          for projectionSize in [nil, 2] {
            let cell = LSTM(
              gates: gates, hasPeepholes: hasPeepholes, hasLayerNorm: hasLayerNorm,
              projectionSize: projectionSize, forgetBias: hasPeepholes ? 1 : nil)
            try check(cell, "\(cell)", sizes: 2)
          }
        }
      }
    }
  }

  @Test(arguments: RandomCell.blocksOfHundred)
  func randomGraphsReadBack(_ block: Int) throws {
    for seed in UInt64(block * 100)..<UInt64(block * 100 + 100) {
      let (input, hidden) = (Int(seed % 4) + 1, Int(seed / 4 % 5) + 1)
      let cell = RandomCell(seed: seed, length: 14 + Int(seed % 30))
      let graph = CellGraph(cell, inputSize: input, hiddenSize: hidden)
      let text = try #require(graph.text())
      let read = CellGraph(
        try CellText(text, file: "seed \(seed)"), inputSize: input, hiddenSize: hidden)
      #expect(read == graph, "seed \(seed): \(text)")
    }
  }

  /// Cells whose parameters start with a list of numbers, as long as their sizes say, or with products of matrices
  /// as long: a text of them is for the sizes that are asked for.
  static let ofAskedSizes = ["s6", "rwkv6", "rwkv7"]

  /// Cells whose number of equations does not depend on their sizes have one text for all sizes.
  @Test(arguments: ZooLawTests.all)
  func textsAreForAllSizes(_ subject: Subject) throws {
    guard !Self.ofAskedSizes.contains(subject.testDescription) else {
      return checkNone(subject.cell)
    }
    try checkSizes(subject.cell)
  }

  private func checkNone(_ cell: some RecurrentCell) {
    #expect(CellText(writing: cell, name: "cell") == nil)
  }

  private func checkSizes(_ cell: some RecurrentCell) throws {
    let text = try #require(CellText(writing: cell, name: "cell"))
    #expect(
      text.description.replacing("for I = H", with: "").contains("for I = ") == false, "\(text)")
    if (try? cell.validate(inputSize: 30, hiddenSize: 24)) != nil {
      #expect(throws: Never.self) { try text.validate(inputSize: 30, hiddenSize: 24) }
    }
  }
}
