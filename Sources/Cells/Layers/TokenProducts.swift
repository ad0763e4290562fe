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
  /// The fewest units of an input whose products take longer in learning than to read them from memory.
  private static let leastUnits = 32
  /// The most numbers that learning holds for each unit of an input. The cotangents of two directions are added in
  /// memory of their own.
  private static let mostHeld = 16

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
    var products: Tensor
    var layer: Recurrent.Structure
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
    let reader =
      tokens.count * layer.inputSize * layer.hiddenSize >= Self.leastWork
      ? reader(layer, table, state, readingMore: tokens.count) : nil
    guard let reader else {
      return layer(table.gatheringRows(tokens, shape: shape), from: state, lengths: lengths)
    }
    return Recurrent(reader.layer, weights: layer.weights)(
      reader.products.gatheringRows(tokens, shape: shape), from: state, lengths: lengths)
  }

  /// The same in training mode: the layer's masks are sampled from a random generator.
  package func callAsFunction(
    _ layer: Recurrent, _ tokens: [Int32], shape: [Int], of table: Tensor,
    from state: RecurrentState, lengths: [Int]? = nil,
    using generator: inout some RandomNumberGenerator
  ) -> (output: Tensor, state: RecurrentState) {
    guard !layer.isRandom else {
      return layer(
        table.gatheringRows(tokens, shape: shape), from: state, lengths: lengths, using: &generator)
    }
    return self(layer, tokens, shape: shape, of: table, from: state, lengths: lengths)
  }

  /// The layer that reads products; nil as long as too few tokens were read, and where it would not give the same bits.
  private func reader(
    _ layer: Recurrent, _ table: Tensor, _ state: RecurrentState, readingMore count: Int
  ) -> Reader? {
    let weights = layer.weights
    let directions = layer.direction.count
    // Products of less precision may depend on the number of rows.
    guard table.encoded == nil, !weights[..<directions].joined().contains(where: \.isSmall),
      Precision.current.inUse == .highest
    else { return nil }
    if layer.mode(for: table, state) != .inference {
      return Self.isWorthwhile(layer, rows: table.shape[0], tokens: count)
        ? Self.reader(layer, table) : nil
    }
    let (isDecided, reader) = known.withLock { known in
      if !known.isFor(table, weights) {
        known = Known(
          table: table.storage.stamp,
          weights: weights[..<directions].map { $0.map(\.storage.stamp) })
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

  /// Whether a step of learning is faster with products, for little more memory.
  private static func isWorthwhile(_ layer: Recurrent, rows: Int, tokens: Int) -> Bool {
    guard layer.inputSize >= leastUnits, tokens >= 2 * rows,
      let split = layer.structure.splitAtInput
    else { return false }
    return split.width * layer.direction.count <= mostHeld * layer.inputSize
  }

  private static func reader(_ layer: Recurrent, _ table: Tensor) -> Reader? {
    guard let split = layer.structure.splitAtInput,
      split.width * table.shape[0] <= mostNumbers
    else { return nil }
    let directions = layer.direction.count
    let products = split.products(of: table, weights: Array(layer.weights[..<directions]))
    // What was packed for the input's products is not needed any more.
    for cache in layer.caches[..<directions] { cache.removeAll() }
    return Reader(products: products, layer: split.reader)
  }
}

extension Tensor {
  /// Whether its numbers are in fewer than 32 bits.
  fileprivate var isSmall: Bool { weightFormat != .float32 }
}

/// A layer in two: the products of its input, and the layer that reads them.
struct InputSplit: Sendable {
  /// The layer that reads the products of all directions, with the weights of the whole.
  let reader: Recurrent.Structure
  /// The numbers of a row of products.
  let width: Int
  /// The cell of each direction that computes them.
  private let computing: [PlanCache]

  /// Nil where a direction's cell has no products of its input.
  init?(_ layer: Recurrent.Structure) {
    let directions = layer.direction.count
    let products = layer.plans[..<directions].compactMap { InputProducts($0.cell) }
    guard products.count == directions else { return nil }
    let width = products.reduce(0) { $0 + $1.width }
    var start = 0
    var readers: [PlanCache] = []
    for part in products {
      readers.append(.shared(part.reading(from: start, of: width)))
      start += part.width
    }
    self.width = width
    computing = products.map { .shared($0.computing) }
    reader = Recurrent.Structure(
      readers + layer.plans[directions...],
      readers.map { _ in PreparedCache() } + layer.caches[directions...],
      hiddenSize: layer.hiddenSize, direction: layer.direction, dropout: layer.dropout,
      layout: layer.layout, options: layer.options)
  }

  /// The products of the rows of a table with the weights of the first layer's directions: `[V, width]`.
  func products(of table: Tensor, weights: [[Tensor]]) -> Tensor {
    let rows = table.reshaped(to: [1] + table.shape)
    let parts = zip(computing, weights).map { plan, weights in
      let layer = Recurrent(
        .init(
          [plan], [PreparedCache()], hiddenSize: plan.cell.hiddenSize, direction: .forward,
          layout: .timeFirst, options: .init()), weights: [weights])
      return layer(rows, from: layer.zeroState(batch: table.shape[0])).output
    }
    return concatenate(parts, along: 2).reshaped(to: [table.shape[0], width])
  }
}
