/// Caches a weight packed for products, until the weight changes.
///
/// Packing takes longer than a product of few rows, so a weight is packed when it is used for the second time.
package final class PackedOnce: Sendable {
  /// The weight used last, by the stamp of its contents, and its packed transpose if it was used twice.
  private struct Entry {
    var stamp: UInt64?
    var matrix: PackedMatrix?
  }

  private let last = Guarded(Entry())

  package init() {}

  /// The transpose of a weight `[O, I]`, packed; nil at its first use.
  func transpose(of weight: Tensor) -> PackedMatrix? {
    let stamp = weight.storage.stamp
    let (isKnown, known) = last.withLock { entry in
      let isKnown = entry.stamp == stamp
      if !isKnown { entry = Entry(stamp: stamp) }
      return (isKnown, entry.matrix)
    }
    guard isKnown, known == nil else { return known }
    let matrix = PackedMatrix(
      StridedMatrix(weight.elements, rows: weight.shape[0], columns: weight.shape[1])
        .transposed, precision: .highest)
    last.withLock { if $0.stamp == stamp { $0.matrix = matrix } }
    return matrix
  }
}
