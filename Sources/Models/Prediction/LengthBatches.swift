/// Batches of sequences of like length, so that little of a batch is padding.
struct LengthBatches {
  /// The most sequences of a batch: a product with more rows is hardly faster.
  private static let mostRows = 64
  /// The most steps of a batch, padding counted; a longer sequence is alone.
  private static let mostSteps = 1 << 16

  /// The places of each batch's sequences in the list of lengths.
  private(set) var batches: [[Int]] = []

  /// Batches of sequences with these lengths.
  init(_ lengths: [Int]) {
    var batch: [Int] = []
    for index in lengths.indices.sorted(by: { (lengths[$0], $0) < (lengths[$1], $1) }) {
      // The longest of a batch comes last.
      let shortest = batch.first.map { lengths[$0] } ?? lengths[index]
      let isLike = lengths[index] <= shortest + shortest / 8
      let fits = (batch.count + 1) * lengths[index] <= Self.mostSteps
      if !batch.isEmpty, !isLike || !fits || batch.count == Self.mostRows {
        batches.append(batch)
        batch = []
      }
      batch.append(index)
    }
    if !batch.isEmpty { batches.append(batch) }
  }
}
