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

    func isFor(_ table: Tensor, _ weights: [[Tensor]]) -> Bool {
      self.table == table.storage.stamp
        && self.weights.indices.allSatisfy { weights[$0].haveStamps(self.weights[$0]) }
    }
  }

  private struct Reader {
    /// By direction.
    var products: [[Tensor]]
    var structure: Recurrent.Structure

    /// The layer with its weights, those of a whole layer, and the products.
    func layer(_ weights: [[Tensor]]) -> Recurrent {
      var weights = weights
      for (place, products) in products.enumerated() { weights[place] += products }
      return Recurrent(structure, weights: weights)
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
  package func steps(
    _ layer: Recurrent, of table: Tensor, from state: RecurrentState
  ) -> TokenSteps? {
    guard layer.hasSingleSteps, layer.mode(for: table, state) == .inference else { return nil }
    let areRows = !Self.isWorth(layer, 1) || Precision.current.inUse != .highest
    if areRows { return TokenSteps(layer, of: table, from: state) }
    let known = known.withLock { [weights = layer.weights] in
      $0.isDecided && $0.isFor(table, weights) ? $0 : nil
    }
    guard let known else { return nil }
    guard let reader = known.reader else { return TokenSteps(layer, of: table, from: state) }
    return TokenSteps(reader.layer(layer.weights), ofProductsOf: table, from: state)
  }

  /// Whether some tokens are enough work to look for the products.
  private static func isWorth(_ layer: Recurrent, _ tokens: Int) -> Bool {
    tokens * layer.inputSize * layer.hiddenSize >= leastWork
  }

  /// The layer that reads products; nil as long as too few tokens were read, and where it would not give the same bits.
  private func reader(
    _ layer: Recurrent, _ table: Tensor, _ state: RecurrentState, readingMore count: Int
  ) -> Reader? {
    // Products of less precision may depend on the number of rows.
    guard Precision.current.inUse == .highest else { return nil }
    if layer.mode(for: table, state) != .inference {
      return count >= 2 * table.shape[0] ? Self.reader(layer, table) : nil
    }
    let weights = layer.weights
    let (isDecided, reader) = known.withLock { known in
      if !known.isFor(table, weights) {
        known = Known(
          table: table.storage.stamp,
          weights: weights[..<layer.direction.count].map { $0.map(\.storage.stamp) })
      }
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

  private static func reader(_ layer: Recurrent, _ table: Tensor) -> Reader? {
    let directions = layer.direction.count
    let weights = Array(layer.weights[..<directions])
    guard table.encoded == nil, !weights.joined().contains(where: \.isSmall),
      let split = layer.structure.splitAtInput(rows: table.shape[0]),
      split.width * table.shape[0] <= mostNumbers
    else { return nil }
    let products = split.products(of: table, weights: weights)
    // What was packed for the input's products is not needed any more.
    for cache in layer.caches[..<directions] { cache.removeAll() }
    return Reader(products: products, structure: split.reader)
  }
}

/// Steps of a recurrent layer over one row of tokens.
package struct TokenSteps: Sendable {
  private let steps: RecurrentSteps
  private let table: Tensor
  /// Whether the layer reads the numbers of the table's rows.
  private let readsNumbers: Bool

  /// Steps of a layer that reads the rows of a table.
  fileprivate init(_ layer: Recurrent, of table: Tensor, from state: RecurrentState) {
    steps = RecurrentSteps(layer, batch: 1, from: state)
    (self.table, readsNumbers) = (table, false)
  }

  /// Steps of a layer that reads the rows' numbers.
  fileprivate init(_ layer: Recurrent, ofProductsOf table: Tensor, from state: RecurrentState) {
    steps = RecurrentSteps(layer, batch: 1, from: state)
    (self.table, readsNumbers) = (table, true)
  }

  /// The layer's output after a token.
  package func callAsFunction(_ token: Int32) -> Floats {
    steps { row in
      if readsNumbers {
        table.requireRow(Int(token))
        row.storage[row.offset] = Float(token)
      } else {
        table.writeRow(Int(token), into: row)
      }
    }
  }

  /// The states after the last token.
  package var state: RecurrentState { steps.state }

  /// Whether steps are still taken as they were prepared: with the same threads and precision.
  package var areCurrent: Bool { steps.areCurrent }
}

extension Tensor {
  /// Whether its numbers are in fewer than 32 bits.
  fileprivate var isSmall: Bool { weightFormat != .float32 }
}

/// A layer in two: the products of its input, and the layer that picks rows of them.
struct InputSplit: Sendable {
  /// The layer that reads numbers of rows. Each of its first cells has the weights of the whole layer's, then the products.
  let reader: Recurrent.Structure
  /// The numbers of a row of all products.
  let width: Int
  /// For each direction, the cell that computes the products, and the units of each.
  private let computing: [(plan: PlanCache, widths: [Int])]

  /// Nil where a direction's cell has no products of its input.
  init?(_ layer: Recurrent.Structure, rows: Int) {
    let directions = layer.direction.count
    let products = layer.plans[..<directions].compactMap { InputProducts($0.cell) }
    guard products.count == directions else { return nil }
    let readers = products.map { PlanCache.shared($0.picking(fromRows: rows)) }
    width = products.reduce(0) { $0 + $1.widths.reduce(0, +) }
    computing = products.map { (.shared($0.computing), $0.widths) }
    reader = Recurrent.Structure(
      readers + layer.plans[directions...],
      readers.map { _ in PreparedCache() } + layer.caches[directions...],
      hiddenSize: layer.hiddenSize, direction: layer.direction, dropout: layer.dropout,
      layout: layer.layout, options: layer.options)
  }

  /// The products of the rows of a table with the weights of the first layer's directions: matrices `[V, width]`, by
  /// direction.
  func products(of table: Tensor, weights: [[Tensor]]) -> [[Tensor]] {
    let rows = table.reshaped(to: [1] + table.shape)
    return zip(computing, weights).map { computing, weights in
      let layer = Recurrent(
        .init(
          [computing.plan], [PreparedCache()], hiddenSize: computing.plan.cell.hiddenSize,
          direction: .forward, layout: .timeFirst, options: .init()), weights: [weights])
      let all = layer(rows, from: layer.zeroState(batch: table.shape[0])).output
        .reshaped(to: [table.shape[0], computing.widths.reduce(0, +)])
      return computing.widths.count == 1 ? [all] : all.split(computing.widths, along: 1)
    }
  }
}
