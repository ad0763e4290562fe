/// Keeps a weight packed for products of few rows, as long as it stays as it is.
///
/// Packing takes longer than one such product, so it is done when the weight comes a second time.
///
/// It may be sent between threads because the lock guards all that changes.
package final class PackedOnce: @unchecked Sendable {
  private let lock = Lock()
  private var stamp: UInt64?
  private var matrix: PackedMatrix?

  package init() {}

  /// The transpose of a weight `[O, I]`, packed; nil at first sight of it.
  func transpose(of weight: Tensor) -> PackedMatrix? {
    lock.withLock {
      guard stamp == weight.storage.stamp else {
        (stamp, matrix) = (weight.storage.stamp, nil)
        return nil
      }
      if let matrix { return matrix }
      matrix = PackedMatrix(
        StridedMatrix(weight.storage.pointer, rows: weight.shape[0], columns: weight.shape[1])
          .transposed, precision: .highest)
      return matrix
    }
  }
}
