import TensorCore

/// A layer in two: the products of its input, and the layer that picks rows of them.
struct InputSplit: Sendable {
  /// The layer that reads numbers of rows. Each of its first cells has the weights of the whole layer's, then the products.
  let reader: Recurrent.Structure
  /// The numbers of a row of all products.
  let width: Int
  /// The states that hold what is known of the token before, with the product that they are equal to: there are some if
  /// the reader reads the numbers of two tokens.
  let past: [(state: Int, product: Int)]
  /// For each direction, the layer that computes the products, and the units of each.
  private let computing: [(layer: Recurrent.Structure, widths: [Int])]

  /// Nil where a direction's cell has no products of its input, or none of the step before, where that is to be read.
  init?(_ layer: Recurrent.Structure, rows: Int, readingPast: Bool) {
    let directions = layer.direction.count
    let products = layer.plans[..<directions].compactMap {
      InputProducts($0.cell, readingPast: readingPast)
    }
    guard products.count == directions else { return nil }
    let readers = products.map { PlanCache.shared($0.picking(fromRows: rows)) }
    width = products.reduce(0) { $0 + $1.widths.reduce(0, +) }
    past = products[0].past
    computing = products.map { products in
      let structure = Recurrent.Structure(
        [.shared(products.computing)], [PreparedCache()],
        hiddenSize: products.computing.hiddenSize, direction: .forward, layout: .timeFirst,
        options: .init())
      return (structure, products.widths)
    }
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
      let layer = Recurrent(computing.layer, weights: [weights])
      let all = layer(rows, from: layer.zeroState(batch: table.shape[0])).output
        .reshaped(to: [table.shape[0], computing.widths.reduce(0, +)])
      // Nobody reads these weights again before they change.
      computing.layer.caches[0].removeAll()
      return computing.widths.count == 1 ? [all] : all.split(computing.widths, along: 1)
    }
  }
}
