import TensorCore
import Testing

@testable import Cells

/// Cells that pick rows of products: their equations, and how they are scheduled.
@Suite struct PickedRowsTests {
  private static let rows = 5

  private static func cell(_ cell: some RecurrentCell) -> CellGraph {
    CellGraph(cell, inputSize: 4, hiddenSize: 6)
  }

  /// Mixtures of an input and the last one, in the forms that equations may write them.
  struct Mixtures: RecurrentCell {
    func equations(_ cell: inout CellBuilder) {
      let (x, h) = (cell.input, cell.state("hidden"))
      let last = cell.delay(x)
      let (a, b) = (cell.parameter("a", [x.width]), cell.parameter("b", [1]))
      let mixed = x + (last - x) * a
      let new = tanh(
        cell.affine(h, "hh") + cell.affine(mixed, "ih") + cell.affine(b - last, "lh"))
      let cut = (last * 2 + b)[1..<x.width]
      // Not a sum: read as it is.
      let product = last * x
      cell.update(h, to: new)
      cell.output(
        cell.affine(new, "ho") + cell.affine(-cut, "co") + cell.affine(product, "po")
          + cell.affine(x, "io"))
    }
  }

  /// A mixture of what is computed of an input.
  struct MixtureOfProducts: RecurrentCell {
    func equations(_ cell: inout CellBuilder) {
      let h = cell.state("hidden")
      let a = tanh(cell.affine(cell.input, "ia"))
      cell.update(h, to: tanh(cell.affine(h, "hh") + cell.affine(cell.delay(a) + a, "ah")))
      cell.output(cell.affine(h, "ho"))
    }
  }

  @Test(
    arguments: [
      LSTM(), GRU(), LSTM(hasPeepholes: true), MinimalRNN(), S6(),
    ] as [any RecurrentCell & Sendable])
  func equationsAreThoseOfTheWhole(_ subject: any RecurrentCell & Sendable) throws {
    let whole = Self.cell(subject)
    try expectSame(try #require(InputProducts(whole)), whole)
    #expect(InputProducts(whole, readingPast: true) == nil)
  }

  @Test(
    arguments: [
      Mixtures(), MixtureOfProducts(), RWKV7(heads: 2), RWKV6(heads: 2),
    ] as [any RecurrentCell & Sendable])
  func equationsOfMixturesAreThoseOfTheWhole(_ subject: any RecurrentCell & Sendable) throws {
    let whole = Self.cell(subject)
    let split = try #require(InputProducts(whole, readingPast: true))
    #expect(split.past.count == 1)
    try expectSame(split, whole)
  }

  /// Whether the two cells of a split give what the whole one does, with the numbers of rows.
  private func expectSame(_ split: InputProducts, _ whole: CellGraph) throws {
    var generator = Philox(seed: 3)
    func numbers(_ count: Int) -> [Dual] {
      (0..<count).map { _ in Dual(Double.random(in: -0.5...0.5, using: &generator)) }
    }
    let parameters = whole.parameters.map { numbers($0.rows * $0.columns) }
    let table = (0..<Self.rows).map { _ in numbers(4) }

    // Each row's products, one beside the other, cut into a matrix for each.
    let computing = Oracle(split.computing, parameters: parameters)
    let products = table.map { computing.step([$0], []).output }
    var start = 0
    let ranges = split.widths.map { width in
      defer { start += width }
      return start..<start + width
    }
    let matrices = ranges.map { range in products.flatMap { $0[range] } }
    #expect(start == products[0].count)

    let picked = [3, 0, 4, 4, 1, 2]
    var states = whole.states.map { numbers($0.width) }
    for past in split.past { states[past.state] = Array(products[1][ranges[past.product]]) }
    let expected = Oracle(whole, parameters: parameters)
      .run(picked.map { [table[$0]] }, from: states)
    let rows = zip(picked, [1] + picked).map { now, before in
      [[now, before].prefix(split.past.isEmpty ? 1 : 2).map { Dual(Double($0)) }]
    }
    let found = Oracle(split.picking(fromRows: Self.rows), parameters: parameters + matrices)
      .run(rows, from: states)
    func close(_ a: [[Dual]], _ b: [[Dual]]) -> Bool {
      zip(a.joined(), b.joined()).allSatisfy { abs($0.value - $1.value) < 1e-12 }
    }
    #expect(close(found.outputs, expected.outputs) && close(found.states, expected.states))
  }

  /// No product of a mixture is left.
  @Test func productsOfMixturesArePicked() throws {
    let split = try #require(InputProducts(Self.cell(RWKV7(heads: 2)), readingPast: true))
    let plan = Plan(split.picking(fromRows: Self.rows), learns: false)
    let steps = plan.forward.earlierSteps + plan.forward.before + plan.forward.loop
    let inputs = steps.compactMap { step -> Int? in
      if case .product(let product) = step { product.signal.columns } else { nil }
    }
    // The second ones of the pairs of low rank are of what follows the mixtures' products.
    #expect(inputs.count == 3)
    #expect(steps.count { if case .pickedRows = $0 { true } else { false } } >= 12)
  }

  /// A row is picked in the step that adds to it, and its sums over the steps are by row: no signal holds rows of all steps.
  @Test func rowsArePickedWhereTheyAreAddedTo() throws {
    let split = try #require(InputProducts(Self.cell(LSTM())))
    let plan = Plan(split.picking(fromRows: Self.rows), learns: true)
    let picks = plan.forward.loop.compactMap { step -> Place? in
      if case .pickedRows(_, _, accumulates: false, let target) = step { target } else { nil }
    }
    let products = plan.forward.loop.compactMap { step -> Place? in
      if case .product(let product) = step, product.accumulates { product.destination } else { nil }
    }
    #expect(picks.count == 1 && picks == products)
    #expect(plan.forward.before.isEmpty)
    let backward = try #require(plan.backward?.schedule)
    let sums = backward.sums.compactMap { sum -> [Int]? in
      if case .byRow(_, let signal, let target) = sum {
        [signal.columns, target.rows, target.columns]
      } else {
        nil
      }
    }
    #expect(sums == [[24, Self.rows, 24]])
    // Nothing but the number is kept of the input.
    #expect(plan.forward.kept.contains { $0.columns == 1 })
  }

  /// A bias comes before the row, and a second product is added to both.
  @Test func biasesAndSeveralRowsAreAdded() throws {
    var graph = Graph()
    let number = graph.add(.sequence(0), columns: 1)
    let row = graph.add(.oneHot(number, count: 3))
    let shapes = [[3, 2], [3, 2], [2]]
    let parameters = (0..<3).map {
      graph.add(.parameter($0), rows: $0 == 2 ? 1 : 3, columns: 2)
    }
    let terms = parameters[..<2].map { ProductTerm(signal: row, weight: $0, isTransposed: true) }
    let output = graph.add(.affine(Array(terms), biases: [parameters[2]]))
    let cell = CellGraph(
      graph: graph, inputSize: 1, hiddenSize: 2, states: [],
      parameters: shapes.enumerated().map {
        .init(name: "p\($0)", shape: $1, isSignal: $1.count == 1, blocks: [])
      }, sequences: [.init(name: "input", width: 1)], updates: [], output: output)
    let layer = Recurrent(
      .init(
        [.shared(cell)], [PreparedCache()], hiddenSize: 2, direction: .forward, layout: .timeFirst,
        options: .init()),
      weights: [
        [
          Tensor([1, 2, 3, 4, 5, 6], shape: [3, 2]),
          Tensor([10, 20, 30, 40, 50, 60], shape: [3, 2]),
          Tensor([100, 200]),
        ]
      ])
    let x = Tensor([2, 0, 1, 2], shape: [2, 2, 1])
    let output1 = layer(x, from: layer.zeroState(batch: 2)).output
    #expect(output1.scalars == [155, 266, 111, 222, 133, 244, 155, 266])
  }
}
