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
    return isKnown ? known ?? packed(weight, stamp) : nil
  }

  /// The same of a weight that will be used many times: packed at its first use.
  func packedTranspose(of weight: Tensor) -> PackedMatrix {
    transpose(of: weight) ?? packed(weight, weight.storage.stamp)
  }

  private func packed(_ weight: Tensor, _ stamp: UInt64) -> PackedMatrix {
    let matrix = PackedMatrix(
      StridedMatrix(weight.elements, rows: weight.shape[0], columns: weight.shape[1])
        .transposed, precision: .highest)
    last.withLock { if $0.stamp == stamp { $0.matrix = matrix } }
    return matrix
  }
}
