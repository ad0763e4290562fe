import TensorCore

/// What a recurrent layer needs of the rows of a table of tokens: their products with the input weights. A step then picks
/// a row, and multiplies states alone.
///
/// In inference the products are computed when the layer has read as many tokens as the table has rows, with the same
/// weights: then they cost what was spent already, and a short text never pays for them. A step of learning, after which
/// the weights are others, computes them where its tokens are twice as many as the rows. Its gradients are first summed for
/// each row, so that the products of the backward pass are as few. The results are the same to the bit, the gradients within
/// rounding.
package final class TokenProducts: Sendable {
  /// The most numbers of a table of products.
  private static let mostNumbers = 1 << 20
  /// The least work of a call, tokens times I times H: to look for the products takes longer than less of it.
  private static let leastWork = 4096

  /// What is known for the weights used last.
  private struct Known {
    /// The stamps of the table's contents, and of the weights of each direction of the first layer.
    var table: UInt64?
    var weights: [[UInt64]] = []
    var tokensRead = 0
    /// Whether enough tokens were read; then there is a reader, unless there are no products or too many.
    var isDecided = false
    var reader: Reader?
    /// The reader for single tokens that picks rows for the token before too.
    var readerOfTwo: Reader?

    init() {}

    init(_ table: Tensor, _ weights: ArraySlice<[Tensor]>) {
      self.table = table.storage.stamp
      self.weights = weights.map { $0.map(\.storage.stamp) }
    }

    func isFor(_ table: Tensor, _ weights: [[Tensor]]) -> Bool {
      self.table == table.storage.stamp
        && self.weights.indices.allSatisfy { weights[$0].haveStamps(self.weights[$0]) }
    }
  }

  private struct Reader {
    /// By direction.
    var products: [[Tensor]]
    var structure: Recurrent.Structure
    var past: [(state: Int, product: Int)]

    /// The layer with its weights, those of a whole layer, and the products.
    func layer(_ weights: [[Tensor]]) -> Recurrent {
      var weights = weights
      for (place, products) in products.enumerated() { weights[place] += products }
      return Recurrent(structure, weights: weights)
    }

    /// The token whose products the states of the first layer hold; nil for none.
    func token(before state: RecurrentState) -> Int32? {
      (0..<products[0][0].shape[0]).first { row in
        past.allSatisfy { past in
          let products = products[0][past.product]
          let width = products.shape[1]
          return haveSameBits(
            products.elements + row * width, state.tensors[past.state].elements, count: width)
        }
      }.map { Int32($0) }
    }
  }

  private let known = Guarded(Known())

  package init() {}

  /// Whether there are products for the weights used last.
  package var areKnown: Bool { known.withLock { $0.reader != nil } }

  /// The layer's output and states for tokens, whose rows of the table it reads: ids in the layer's layout, `[T, B]` or
  /// `[B, T]`.
  package func callAsFunction(
    _ layer: Recurrent, _ tokens: [Int32], shape: [Int], of table: Tensor,
    from state: RecurrentState, lengths: [Int]? = nil
  ) -> (output: Tensor, state: RecurrentState) {
    let (layer, x) = reading(layer, tokens, shape, table, state)
    return layer(x, from: state, lengths: lengths)
  }

  /// The same in training mode: the layer's masks are sampled from a random generator.
  package func callAsFunction(
    _ layer: Recurrent, _ tokens: [Int32], shape: [Int], of table: Tensor,
    from state: RecurrentState, lengths: [Int]? = nil,
    using generator: inout some RandomNumberGenerator
  ) -> (output: Tensor, state: RecurrentState) {
    // Masks that the first cells sample may act on the input, or between it and its products.
    let (layer, x) =
      layer.options.isRandom
      ? (layer, table.gatheringRows(tokens, shape: shape))
      : reading(layer, tokens, shape, table, state)
    return layer(x, from: state, lengths: lengths, using: &generator)
  }

  /// A layer for the tokens, and what it reads: the rows of the table, or numbers of rows of the products.
  func reading(
    _ layer: Recurrent, _ tokens: [Int32], _ shape: [Int], _ table: Tensor, _ state: RecurrentState
  ) -> (layer: Recurrent, x: Tensor) {
    guard Self.isWorth(layer, tokens.count),
      let reader = reader(layer, table, state, readingMore: tokens.count)
    else { return (layer, table.gatheringRows(tokens, shape: shape)) }
    return (reader.layer(layer.weights), table.numbers(ofRows: tokens, shape: shape))
  }

  /// Steps of a layer from some states of one row, token after token; nil while it is still open whether they are to read
  /// products, and in learning.
  ///
  /// Where the layer mixes its input with the last one, steps read products of both from the first token on: their results
  /// are those of the layer within rounding, and depend on the states and tokens alone, not on what was read before. Then
  /// it is also nil if the states are not those after a token.
  package func steps(
    _ layer: Recurrent, of table: Tensor, from state: RecurrentState
  ) -> TokenSteps? {
    guard layer.hasSingleSteps, layer.mode(for: table, state.tensors) == .inference else {
      return nil
    }
    let state = layer.ordered(state, batch: 1)
    // Products of most cells have a number or more for each unit.
    let isLarge = table.shape[0] * layer.hiddenSize > Self.mostNumbers
    guard Self.isWorth(layer, 1), Precision.current.inUse == .highest, !isLarge,
      Self.haveAllBits(layer, table)
    else { return TokenSteps(layer, of: table, reading: .row, from: state) }
    if let reader = readerOfTwo(layer, table) {
      return reader.token(before: state).map { token in
        TokenSteps(
          reader.layer(layer.weights), of: table, reading: .numberAfter(token), from: state)
      }
    }
    let known = known.withLock { [weights = layer.weights] in
      $0.isDecided && $0.isFor(table, weights) ? $0 : nil
    }
    guard let known else { return nil }
    guard let reader = known.reader else {
      return TokenSteps(layer, of: table, reading: .row, from: state)
    }
    return TokenSteps(reader.layer(layer.weights), of: table, reading: .number, from: state)
  }

  /// The reader of two tokens; nil for a layer that mixes no two inputs, and where there are too many products.
  private func readerOfTwo(_ layer: Recurrent, _ table: Tensor) -> Reader? {
    guard layer.structure.splitAtInput(rows: table.shape[0], readingPast: true) != nil else {
      return nil
    }
    let weights = layer.weights
    if let reader = known.withLock({ $0.isFor(table, weights) ? $0.readerOfTwo : nil }) {
      return reader
    }
    let new = Self.reader(layer, table, readingPast: true)
    known.withLock { known in
      if !known.isFor(table, weights) { known = Known(table, weights[..<layer.direction.count]) }
      known.readerOfTwo = new
    }
    return new
  }

  /// Whether some tokens are enough work to look for the products.
  private static func isWorth(_ layer: Recurrent, _ tokens: Int) -> Bool {
    tokens * layer.inputSize * layer.hiddenSize >= leastWork
  }

  /// Whether the numbers of a table, and of the weights that it is multiplied by, are of 32 bits.
  private static func haveAllBits(_ layer: Recurrent, _ table: Tensor) -> Bool {
    table.encoded == nil
      && !layer.weights[..<layer.direction.count].joined().contains(where: \.isSmall)
  }

  /// The layer that reads products; nil as long as too few tokens were read, and where it would not give the same bits.
  private func reader(
    _ layer: Recurrent, _ table: Tensor, _ state: RecurrentState, readingMore count: Int
  ) -> Reader? {
    // Products of less precision may depend on the number of rows.
    guard Precision.current.inUse == .highest else { return nil }
    if layer.mode(for: table, state.tensors) != .inference {
      return count >= 2 * table.shape[0] ? Self.reader(layer, table) : nil
    }
    let weights = layer.weights
    let (isDecided, reader) = known.withLock { known in
      if !known.isFor(table, weights) { known = Known(table, weights[..<layer.direction.count]) }
      known.tokensRead += count
      return (known.isDecided || known.tokensRead < table.shape[0], known.reader)
    }
    if isDecided { return reader }
    let new = Self.reader(layer, table)
    known.withLock { known in
      if known.isFor(table, weights) { (known.isDecided, known.reader) = (true, new) }
    }
    return new
  }

  private static func reader(
    _ layer: Recurrent, _ table: Tensor, readingPast: Bool = false
  ) -> Reader? {
    let directions = layer.direction.count
    let weights = Array(layer.weights[..<directions])
    guard haveAllBits(layer, table),
      let split = layer.structure.splitAtInput(rows: table.shape[0], readingPast: readingPast),
      split.width * table.shape[0] <= mostNumbers
    else { return nil }
    let products = split.products(of: table, weights: weights)
    // What was packed for the input's products is not needed any more.
    if !readingPast { for cache in layer.caches[..<directions] { cache.removeAll() } }
    return Reader(products: products, structure: split.reader, past: split.past)
  }
}

extension Tensor {
  /// Whether its numbers are in fewer than 32 bits.
  fileprivate var isSmall: Bool { weightFormat != .float32 }
}
