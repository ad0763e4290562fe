/// Keeps a weight packed for products of few rows, as long as it stays as it is.
///
/// Packing takes longer than one such product, so it is done when the weight comes a second time.
package final class PackedOnce: Sendable {
  /// The weight that was seen last, by the stamp of its contents, and its transpose once it is packed.
  private struct Seen {
    var stamp: UInt64?
    var matrix: PackedMatrix?
  }

  private let seen = Guarded(Seen())

  package init() {}

  /// The transpose of a weight `[O, I]`, packed; nil at first sight of it.
  func transpose(of weight: Tensor) -> PackedMatrix? {
    let stamp = weight.storage.stamp
    let (isKnown, known) = seen.withLock { seen in
      let isKnown = seen.stamp == stamp
      if !isKnown { seen = Seen(stamp: stamp) }
      return (isKnown, seen.matrix)
    }
    guard isKnown, known == nil else { return known }
    let matrix = PackedMatrix(
      StridedMatrix(weight.elements, rows: weight.shape[0], columns: weight.shape[1])
        .transposed, precision: .highest)
    seen.withLock { if $0.stamp == stamp { $0.matrix = matrix } }
    return matrix
  }
}
