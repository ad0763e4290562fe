/// One epoch over samples of which only some rows of each batch are made, as by one of several processes that share a
/// batch: of an indexed source only these are read; of a stream, whose records must be passed over, only these are decoded.
///
/// The order is that of ``SampleEpoch`` with a ``PaddingCollator`` without buckets.
public struct PartialSampleEpoch: Sendable {
  /// Some rows of a batch.
  public struct Batch: Equatable, Sendable {
    /// The rows, padded to the longest of their part; nil for a part without rows.
    public let parts: [SampleBatch?]
    /// The number of samples in the whole batch.
    public let count: Int
  }

  private let task: TaskSamples
  private let source: any SampleSource
  private let batchSize: Int
  private let seed: UInt64
  private let rows: @Sendable (_ batchSize: Int) -> [Range<Int>]
  private let number: Int
  /// The random order of indexed samples; nil for a stream.
  private let order: [Int]?
  /// The index of the next batch.
  private var position: Int

  // Of a stream: the shuffled samples of the current pool with their indices, its place and that of the next one, and the
  // number of its batches that were taken.
  private var pool: [(index: Int, sample: DeferredSample)] = []
  private var start = SamplePlace()
  private var place = SamplePlace()
  private var taken = 0

  /// The epoch of a cursor, from the cursor's batch on.
  ///
  /// - Parameters:
  ///   - task: the description that every sample is checked against.
  ///   - source: the samples.
  ///   - batchSize: the number of samples of a batch; the last one may have fewer.
  ///   - seed: the seed of the order.
  ///   - rows: the parts of a batch of some size that are made.
  ///   - cursor: the position of the first batch.
  /// - Throws: ``DatasetError/cursorMismatch(what:expected:found:)`` if the epoch has no such position, or errors of
  ///   reading.
  public init(
    _ task: TaskSamples, _ source: any SampleSource, batchSize: Int, seed: UInt64,
    rows: @escaping @Sendable (_ batchSize: Int) -> [Range<Int>],
    from cursor: BatchCursor = BatchCursor()
  ) throws {
    try cursor.validate()
    self.task = task
    self.source = source
    self.batchSize = batchSize
    self.seed = seed
    self.rows = rows
    number = cursor.epoch
    position = cursor.position
    order = (source as? any IndexedSamples).map {
      SampleEpoch.order(of: $0.sampleCount, seed: seed, number: cursor.epoch)
    }
    guard order == nil else { return }
    if let pool = cursor.pool {
      try go(to: pool)
    } else {
      position = 0
      while position < cursor.position, try nextSamples() != nil {}
    }
  }

  /// The position of the next batch.
  public var cursor: BatchCursor {
    guard order == nil, position > 0 else {
      return BatchCursor(epoch: number, position: position)
    }
    let next =
      taken * batchSize < pool.count
      ? BatchCursor.Pool(start: start, batch: taken) : .init(start: place, batch: 0)
    return BatchCursor(epoch: number, position: position, pool: next)
  }

  /// The parts of the next batch; nil at the end.
  ///
  /// - Throws: ``DatasetError/badSample(index:what:expected:found:)``, or errors of reading.
  public mutating func next() throws -> Batch? {
    guard let samples = try nextSamples() else { return nil }
    let parts = try rows(samples.count).map { rows -> SampleBatch? in
      guard !rows.isEmpty else { return nil }
      return SampleBatch(
        padding: try rows.map { row in
          let sample = try samples[row].sample.make()
          try task.check(sample, index: samples[row].index)
          return sample
        })
    }
    return Batch(parts: parts, count: samples.count)
  }

  /// The samples of the next batch, not yet made, with their indices.
  private mutating func nextSamples() throws -> [(index: Int, sample: DeferredSample)]? {
    if let order, let indexed = source as? any IndexedSamples {
      let (first, overflow) = position.multipliedReportingOverflow(by: batchSize)
      guard !overflow, first < order.count else { return nil }
      position += 1
      return (first..<min(order.count, first + batchSize)).map { index in
        (index, DeferredSample { try indexed.sample(at: order[index]) })
      }
    }
    if taken * batchSize >= pool.count {
      guard try readPool() else { return nil }
    }
    let first = taken * batchSize
    taken += 1
    position += 1
    return Array(pool[first..<min(pool.count, first + batchSize)])
  }

  private mutating func go(to pool: BatchCursor.Pool) throws {
    place = pool.start
    guard pool.batch > 0 else { return }
    guard try readPool(), pool.batch * batchSize < self.pool.count else {
      throw DatasetError.cursorMismatch(
        what: "batch",
        expected: "a number below \((self.pool.count + batchSize - 1) / batchSize)",
        found: "\(pool.batch)")
    }
    taken = pool.batch
  }

  /// Reads the next pool of a stream; false at the end.
  private mutating func readPool() throws -> Bool {
    start = place
    let size = SampleEpoch.shuffledPoolSize(of: batchSize)
    var samples: [DeferredSample] = []
    while samples.count < size {
      let more = try source.deferredSamples(from: &place, limit: size - samples.count)
      if more.isEmpty { break }
      samples += more
    }
    var generator = SampleEpoch.generator(ofPool: start, seed: seed, number: number)
    pool = generator.permutation(samples.count).map { (start.index + $0, samples[$0]) }
    taken = 0
    return !samples.isEmpty
  }
}
