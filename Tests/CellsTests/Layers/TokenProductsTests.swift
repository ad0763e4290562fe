import Cells
import TensorCore
import Testing

/// A layer that picks products of a table's rows gives the bits of the layer that reads the rows.
@Suite struct TokenProductsTests {
  /// An output whose product of the input comes after one of the state.
  struct LateInput: RecurrentCell {
    func equations(_ cell: inout CellBuilder) {
      let (x, h) = (cell.input, cell.state("hidden"))
      let new = tanh(cell.affine(h, "hh") + cell.affine(x, "ih"))
      cell.update(h, to: new)
      cell.output(cell.affine(new, "ho") + cell.affine(x, "io"))
    }
  }

  struct Case: CustomTestStringConvertible {
    var cell: any RecurrentCell & Sendable
    var layers = 1
    var direction = Recurrent.Direction.forward
    var options = Recurrent.Options()

    var testDescription: String { "\(cell), \(layers), \(direction), \(options.connection)" }
  }

  static let cases: [Case] = {
    let cells: [any RecurrentCell & Sendable] = [
      RNN(), LSTM(), GRU(), LSTM(hasPeepholes: true), SRU(), MinimalRNN(), QRNN(),
      GatedDeltaNet(heads: 2), S6(),
    ]
    var cases = (cells + [LateInput()]).map { Case(cell: $0) }
    for merge in [Recurrent.Merge.concatenate, .sum] {
      cases.append(Case(cell: GRU(), layers: 2, direction: .bidirectional(merge: merge)))
    }
    cases.append(Case(cell: LSTM(), layers: 2))
    cases.append(Case(cell: LSTM(), direction: .reverse))
    var options = [Recurrent.Options](repeating: .init(), count: 4)
    options[0].connection = .residual
    options[1].connection = .highway
    options[2].normalizesProducts = true
    options[3].block = Recurrent.Block()
    for options in options { cases.append(Case(cell: GRU(), layers: 2, options: options)) }
    var learned = Recurrent.Options()
    learned.learnsInitialState = true
    cases.append(Case(cell: LSTM(), options: learned))
    return cases
  }()

  private static let rows = 5
  private static let size = 64

  private static func table(seed: UInt64 = 2) -> Tensor {
    var generator = Philox(seed: seed)
    return Tensor(normal: [rows, size], using: &generator)
  }

  private static func layer(
    _ example: Case, layout: Recurrent.Layout = .timeFirst
  ) -> Recurrent {
    var generator = Philox(seed: 1)
    var layer = Recurrent(
      example.cell, inputSize: size, hiddenSize: size, layers: example.layers,
      direction: example.direction, layout: layout, options: example.options, using: &generator)
    layer.updateParameters { _, parameter in
      parameter =
        parameter + Tensor(uniform: parameter.shape, from: -0.2, to: 0.2, using: &generator)
    }
    return layer
  }

  private static func tokens(_ count: Int) -> [Int32] { (0..<count).map { Int32($0 * 7 % rows) } }

  private static func expectSame(
    _ found: (output: Tensor, state: RecurrentState),
    _ expected: (output: Tensor, state: RecurrentState), _ text: String
  ) {
    #expect(found.output.shape == expected.output.shape, "\(text)")
    #expect(found.output.scalars == expected.output.scalars, "\(text)")
    #expect(found.state.names == expected.state.names, "\(text)")
    for (a, b) in zip(found.state.tensors, expected.state.tensors) {
      #expect(a.scalars == b.scalars, "\(text)")
    }
  }

  @Test(arguments: cases, [1, 3, 17])
  func picksTheBitsOfTheRows(_ example: Case, batch: Int) {
    let (layer, table, products) = (Self.layer(example), Self.table(), TokenProducts())
    var lengths: [Int]? = nil
    for (steps, isRagged) in [(1, false), (6, false), (6, true), (1, false)] {
      let tokens = Self.tokens(steps * batch)
      if isRagged { lengths = (0..<batch).map { steps - $0 % steps } }
      let start = layer.zeroState(batch: batch)
      let plain = layer(
        table.gatheringRows(tokens, shape: [steps, batch]), from: start, lengths: lengths)
      let found = products(
        layer, tokens, shape: [steps, batch], of: table, from: start, lengths: lengths)
      Self.expectSame(found, plain, "\(steps) steps")
      lengths = nil
    }
    #expect(products.areKnown)
  }

  /// Single steps, each from the states of the one before.
  @Test(arguments: cases.filter { $0.direction == .forward })
  func stepsGiveTheBitsOfTheRows(_ example: Case) {
    let (layer, table, products) = (
      Self.layer(example, layout: .batchFirst), Self.table(), TokenProducts()
    )
    var (state, other) = (layer.zeroState(batch: 1), layer.zeroState(batch: 1))
    for (step, token) in Self.tokens(3 * Self.rows).enumerated() {
      let plain = layer(table.gatheringRows([token], shape: [1, 1]), from: state)
      let found = products(layer, [token], shape: [1, 1], of: table, from: other)
      Self.expectSame(found, plain, "step \(step)")
      (state, other) = (plain.state, found.state)
      #expect(products.areKnown == (step + 1 >= Self.rows))
    }
  }

  /// Every cell of the registry. Those that first mix their input with a state have no products of it, and read the rows.
  @Test(arguments: ZooLawTests.registered)
  func everyCell(_ subject: ZooLawTests.Subject) {
    var generator = Philox(seed: 5)
    let layer = Recurrent(subject.cell, inputSize: 64, hiddenSize: 64, using: &generator)
    let table = Tensor(normal: [Self.rows, 64], using: &generator)
    let products = TokenProducts()
    for batch in [2, 1, 1] {
      let (steps, start) = (6, layer.zeroState(batch: batch))
      let tokens = Self.tokens(steps * batch)
      let plain = layer(table.gatheringRows(tokens, shape: [steps, batch]), from: start)
      let found = products(layer, tokens, shape: [steps, batch], of: table, from: start)
      Self.expectSame(found, plain, "\(subject) of \(batch)")
    }
    let mixing = ["mogrifier", "rwkv6", "rwkv7"]
    #expect(products.areKnown != mixing.contains(subject.testDescription), "\(subject)")
  }

  /// Steps in one memory, begun after each token, say what the layer says; those of mixtures within rounding, and with the
  /// same bits wherever they begin.
  @Test(arguments: ZooLawTests.registered)
  func stepsOfEveryCell(_ subject: ZooLawTests.Subject) throws {
    var generator = Philox(seed: 5)
    for block in [nil, Recurrent.Block()] {
      var options = Recurrent.Options()
      options.block = block
      let layer = Recurrent(
        subject.cell, inputSize: 64, hiddenSize: 64, options: options, using: &generator)
      let table = Tensor(normal: [Self.rows, 64], using: &generator)
      let products = TokenProducts()
      var state = layer.zeroState(batch: 1)
      var begun: [TokenSteps] = []
      for (place, token) in Self.tokens(3 * Self.rows).enumerated() {
        if let steps = products.steps(layer, of: table, from: state) { begun.append(steps) }
        let outputs = begun.indices.map { begun[$0](token).array(64) }
        for output in outputs { #expect(output == outputs[0], "token \(place)") }
        let (output, next) = products(layer, [token], shape: [1, 1], of: table, from: state)
        state = begun.first?.state ?? next
        if let found = outputs.first {
          Self.expectClose([found], [output.scalars], "token \(place)")
          Self.expectClose(
            state.tensors.map(\.scalars), next.tensors.map(\.scalars), "token \(place)")
        }
      }
      #expect(begun.count >= Self.rows, "\(subject)")
    }
  }

  /// The zero state is not that after a token, unless a token's row is zero.
  @Test func stepsOfMixturesBeginAfterAToken() throws {
    let layer = Self.layer(Case(cell: RWKV7()))
    var table = Self.table()
    let start = layer.zeroState(batch: 1)
    let products = TokenProducts()
    #expect(products.steps(layer, of: table, from: start) == nil)
    let (_, next) = products(layer, [2], shape: [1, 1], of: table, from: start)
    #expect(products.steps(layer, of: table, from: next) != nil)
    table = concatenate([table.slice(0..<4), Tensor(zeros: [1, Self.size])])
    var steps = try #require(products.steps(layer, of: table, from: start))
    let found = steps(1).array(Self.size)
    let (output, _) = layer(table.gatheringRows([1], shape: [1, 1]), from: start)
    Self.expectClose([found], [output.scalars], "from zeros")
  }

  /// A change of the weights or of the table is followed, and the new products wait for as many tokens.
  @Test func changesAreFollowed() {
    var (layer, table) = (Self.layer(Case(cell: GRU())), Self.table())
    let products = TokenProducts()
    let tokens = Self.tokens(6)
    func check(_ text: String) {
      let start = layer.zeroState(batch: 2)
      let plain = layer(table.gatheringRows(tokens, shape: [3, 2]), from: start)
      let found = products(layer, tokens, shape: [3, 2], of: table, from: start)
      Self.expectSame(found, plain, text)
      #expect(products.areKnown, "\(text)")
    }
    check("first")
    layer.updateParameters { _, value in value = value * 0.5 }
    check("other weights")
    table = Self.table(seed: 3)
    check("another table")
    _ = products(
      layer, [1], shape: [1, 1], of: Self.table(seed: 4), from: layer.zeroState(batch: 1))
    #expect(!products.areKnown)
  }

  /// A layer and the table that it reads.
  private struct Reader: Module {
    typealias Learned = (output: [Float], gradients: [[Float]])

    var layer: Recurrent
    var table: Tensor

    mutating func visitParameters(_ visitor: inout ParameterVisitor) {
      visitor.visit("layer", &layer)
      visitor.visit("table", &table)
    }

    /// The output of a function, and the gradients of a sum of its elements and their squares.
    func learning(
      _ body: (Recurrent, Tensor) -> Tensor
    ) -> Learned {
      var output: [Float] = []
      let (_, gradients) = valueAndGradient(of: self) { model in
        let y = body(model.layer, model.table)
        output = y.scalars
        return (y * y + y).sum()
      }
      return (output, parameters.map { gradients[$0.name]?.scalars ?? [] })
    }

    /// What learning from tokens of two rows gives by their products and by the rows of the table, with the same masks.
    func learningWithMasks(
      _ tokens: [Int32]
    ) -> (found: Learned, rows: Learned) {
      let shape = [tokens.count / 2, 2]
      let rows = learning {
        var generator = Philox(seed: 7)
        let x = $1.gatheringRows(tokens, shape: shape)
        return $0(x, from: $0.zeroState(batch: 2), using: &generator).output
      }
      let found = learning {
        var generator = Philox(seed: 7)
        return TokenProducts()(
          $0, tokens, shape: shape, of: $1, from: $0.zeroState(batch: 2), using: &generator
        ).output
      }
      return (found, rows)
    }
  }

  private static func expectClose(_ found: [[Float]], _ expected: [[Float]], _ text: String) {
    for (a, b) in zip(found, expected) {
      let largest = b.reduce(1e-3) { max($0, abs($1)) }
      #expect(a.count == b.count && a.allSatisfy(\.isFinite), "\(text)")
      #expect(zip(a, b).allSatisfy { abs($0 - $1) <= 2e-5 * largest }, "\(text)")
    }
  }

  /// Learning sees the same outputs to the bit. Gradients are summed token by token, and so differ in their rounding.
  @Test(arguments: cases)
  func learningPicksTheBitsOfTheRows(_ example: Case) {
    let both = Reader(layer: Self.layer(example), table: Self.table())
    let products = TokenProducts()
    for (steps, isRagged) in [(6, false), (6, true), (1, false)] {
      let batch = 2 * Self.rows
      let tokens = Self.tokens(steps * batch)
      let lengths = isRagged ? (0..<batch).map { steps - $0 % steps } : nil
      let plain = both.learning {
        $0(
          $1.gatheringRows(tokens, shape: [steps, batch]), from: $0.zeroState(batch: batch),
          lengths: lengths
        ).output
      }
      let found = both.learning {
        products(
          $0, tokens, shape: [steps, batch], of: $1, from: $0.zeroState(batch: batch),
          lengths: lengths
        ).output
      }
      #expect(found.output == plain.output)
      Self.expectClose(found.gradients, plain.gradients, "\(steps) steps, \(isRagged)")
      #expect(plain.gradients.contains { $0.contains { $0 != 0 } })
    }
    // What is learned with is gone with the step.
    #expect(!products.areKnown)
  }

  /// A window with a memory, whole or with some steps' states alone, gives the bits of one without; engines that go on with
  /// what they know of earlier windows read the rows.
  @Test(arguments: [
    GradientEngine.bptt, .checkpointed(every: 5), .tbptt(every: 20, through: 25), .snap1,
  ])
  func windowsWithMemory(_ engine: GradientEngine) throws {
    let both = Reader(layer: Self.layer(Case(cell: LSTM())), table: Self.table())
    let tokens = Self.tokens(40)
    let memories = try (0..<2).map { _ in
      try RecurrentMemory(of: both.layer, engine: engine, batch: 2)
    }
    let rows = both.learning {
      $0($1.gatheringRows(tokens, shape: [20, 2]), with: memories[0])
    }
    let found = both.learning {
      TokenProducts()($0, tokens, shape: [20, 2], of: $1, with: memories[1])
    }
    #expect(found.output == rows.output)
    guard [.bptt, .checkpointed(every: 5)].contains(engine) else {
      #expect(found.gradients == rows.gradients)
      return
    }
    let whole = both.learning {
      TokenProducts()($0, tokens, shape: [20, 2], of: $1, from: $0.zeroState(batch: 2)).output
    }
    #expect(found.gradients == whole.gradients && found.gradients != rows.gradients)
  }

  /// Sums by token are made of other numbers than sums by step: so bits tell which learning went by.
  @Test func learningNeedsEnoughTokens() {
    let both = Reader(layer: Self.layer(Case(cell: LSTM())), table: Self.table())
    for (steps, isByToken) in [(1, false), (4, false), (20, true)] {
      let tokens = Self.tokens(steps * 2)
      let plain = both.learning {
        $0($1.gatheringRows(tokens, shape: [steps, 2]), from: $0.zeroState(batch: 2)).output
      }
      let found = both.learning {
        TokenProducts()(
          $0, tokens, shape: [steps, 2], of: $1, from: $0.zeroState(batch: 2)
        ).output
      }
      #expect((found.gradients != plain.gradients) == isByToken, "\(steps) steps")
    }
  }

  /// Dropout between the layers leaves the first layer's products alone.
  @Test func dropoutBetweenLayersPicksRows() {
    var generator = Philox(seed: 1)
    let layer = Recurrent(
      GRU(), inputSize: Self.size, hiddenSize: Self.size, layers: 2,
      direction: .bidirectional(merge: .concatenate),
      dropout: 0.5, using: &generator)
    let both = Reader(layer: layer, table: Self.table())
    let (found, plain) = both.learningWithMasks(TokenProductsTests.tokens(40))
    #expect(found.output == plain.output && found.gradients != plain.gradients)
    Self.expectClose(found.gradients, plain.gradients, "dropout")
  }

  /// A layer whose cells sample masks reads the rows, with the same masks.
  @Test func randomLayersReadTheRows() {
    var options = Recurrent.Options()
    options.zoneout["hidden"] = 0.5
    let both = Reader(
      layer: Self.layer(Case(cell: LSTM(), options: options)), table: Self.table())
    let (found, plain) = both.learningWithMasks(TokenProductsTests.tokens(40))
    #expect(found.output == plain.output && found.gradients == plain.gradients)
  }

  /// With weights in 8 bits the rows are read.
  @Test func smallWeightsReadTheRows() {
    var layer = Self.layer(Case(cell: LSTM()))
    layer.encodeWeights(as: .int8)
    let products = TokenProducts()
    let tokens = Self.tokens(12)
    let start = layer.zeroState(batch: 2)
    let plain = layer(Self.table().gatheringRows(tokens, shape: [6, 2]), from: start)
    let found = products(layer, tokens, shape: [6, 2], of: Self.table(), from: start)
    Self.expectSame(found, plain, "int8")
    #expect(!products.areKnown)
  }
}
