/// How a model's gradients are divided into buckets, which are exchanged one after the other, and each bucket into a
/// slice for each rank, which sums it up for all.
struct GradientLayout: Hashable, Sendable {
  /// Gradients that are exchanged together.
  struct Bucket: Hashable, Sendable {
    /// The positions of the parameters.
    var positions: [Int] = []
    /// The number of numbers.
    var count = 0
    /// The numbers of a row of the only parameter, a large matrix; 1 for several parameters.
    var rowWidth = 1

    /// The numbers that a rank sums up: whole rows, or whole cache lines.
    func slice(of rank: Int, of ranks: Int) -> Range<Int> {
      let unit = rowWidth > 1 ? rowWidth : 16
      let units = (count + unit - 1) / unit
      let start = min(count, units * rank / ranks * unit)
      return start..<min(count, units * (rank + 1) / ranks * unit)
    }
  }

  /// The buckets, in the order in which the backward pass usually completes them: the last parameters first.
  private(set) var buckets: [Bucket] = []
  /// The bucket of each parameter, and the place of its first number there.
  private(set) var places: [(bucket: Int, start: Int)]

  /// A large bucket costs little per number, but is complete later.
  static let usualBucketSize = 1 << 18

  /// The layout of parameters of the given shapes.
  init(_ shapes: [[Int]], bucketSize: Int = usualBucketSize) {
    places = Array(repeating: (0, 0), count: shapes.count)
    var open = Bucket()
    for (position, shape) in shapes.enumerated().reversed() {
      let count = shape.reduce(1, *)
      if count >= bucketSize {
        // Gradients of later parameters need not wait for those of earlier ones.
        if open.count >= bucketSize / 16 { close(&open) }
        places[position] = (buckets.count, 0)
        let width = shape.count == 2 ? max(1, shape[1]) : 1
        buckets.append(Bucket(positions: [position], count: count, rowWidth: width))
        continue
      }
      places[position].start = open.count
      open.positions.append(position)
      open.count += count
      if open.count >= bucketSize { close(&open) }
    }
    close(&open)
  }

  private mutating func close(_ bucket: inout Bucket) {
    guard !bucket.positions.isEmpty else { return }
    for position in bucket.positions { places[position].bucket = buckets.count }
    buckets.append(bucket)
    bucket = Bucket()
  }

  static func == (a: GradientLayout, b: GradientLayout) -> Bool { a.buckets == b.buckets }
  func hash(into hasher: inout Hasher) { hasher.combine(buckets) }
}
