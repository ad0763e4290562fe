/// One epoch over a source's samples, batch by batch, from the first or any other batch on.
///
/// It depends only on the source, the collator, a seed and its number. Without a seed the samples are in the source's
/// order, as for evaluation. With a seed ``IndexedSamples`` are in random order; other samples are shuffled within
/// pools of at least ``shufflePool`` samples, so that only one pool is in memory.
public struct SampleEpoch: Sendable {
  /// The smallest pool of a stream's samples that are shuffled together.
  public static let shufflePool = 1024

  private let task: TaskSamples
  private let source: any SampleSource
  private let collator: any Collator
  private let seed: UInt64?
  /// The index of the epoch, from 0.
  private let number: Int
  private let poolSize: Int
  /// The random order of indexed samples; nil for the source's order.
  private let order: [Int]?

  /// The place of the pool after ``pending``.
  private var place = SamplePlace()
  /// The batches of the current pool, its place, and the number of batches already taken.
  private var pending: [SampleBatch] = []
  private var pool = SamplePlace()
  private var taken = 0
  /// The index of the next batch.
  private var position: Int

  /// The epoch of a cursor, from the cursor's batch on, in a random order that depends on the seed and the epoch's
  /// number; without a seed in the source's order.
  ///
  /// If the cursor has a pool, reading starts there; otherwise all batches before the position are read and skipped.
  ///
  /// - Parameters:
  ///   - task: the description that every sample is checked against.
  ///   - source: the samples.
  ///   - collator: puts samples together to batches.
  ///   - seed: the seed of the order; nil for the source's order.
  ///   - cursor: the epoch and the place in it.
  /// - Throws: ``DatasetError/cursorMismatch(what:expected:found:)`` if the epoch has no such position, or errors of
  ///   reading.
  public init(
    _ task: TaskSamples, _ source: any SampleSource, collator: any Collator, seed: UInt64? = nil,
    from cursor: BatchCursor = BatchCursor()
  ) throws {
    try cursor.validate()
    self.task = task
    self.source = source
    self.collator = collator
    self.seed = seed
    number = cursor.epoch
    position = cursor.pool == nil ? 0 : cursor.position
    let indexed = source as? any IndexedSamples
    if let indexed, let seed {
      order = Self.order(of: indexed.sampleCount, seed: seed, number: number)
    } else {
      order = nil
    }
    let wanted = max(collator.poolSize, 1)
    poolSize = seed != nil && indexed == nil ? Self.shuffledPoolSize(of: wanted) : wanted
    if let pool = cursor.pool {
      try go(to: pool)
    } else {
      while position < cursor.position, try next() != nil {}
    }
  }

  /// The position of the next batch; that of the first one needs no pool.
  public var cursor: BatchCursor {
    guard position > 0 else { return BatchCursor(epoch: number) }
    let next =
      taken < pending.count
      ? BatchCursor.Pool(start: pool, batch: taken) : .init(start: place, batch: 0)
    return BatchCursor(epoch: number, position: position, pool: next)
  }

  /// The next batch; nil at the end.
  ///
  /// - Throws: ``DatasetError/badSample(index:what:expected:found:)``, or errors of reading.
  public mutating func next() throws -> SampleBatch? {
    while taken == pending.count {
      guard try readPool() else { return nil }
    }
    taken += 1
    position += 1
    return pending[taken - 1]
  }

  /// The random order of indexed samples in epoch `number`.
  static func order(of count: Int, seed: UInt64, number: Int) -> [Int] {
    var generator = SplitMix64(seed: seed, stream: UInt64(bitPattern: Int64(number)))
    return generator.permutation(count)
  }

  /// The samples of a stream that are shuffled together: whole pools of a collator.
  static func shuffledPoolSize(of poolSize: Int) -> Int {
    (shufflePool + poolSize - 1) / poolSize * poolSize
  }

  /// The random generator of a pool: of the order of a stream's samples, then of the collator.
  static func generator(ofPool start: SamplePlace, seed: UInt64, number: Int) -> SplitMix64 {
    SplitMix64(seed: seed ^ UInt64(start.index), stream: ~UInt64(bitPattern: Int64(number)))
  }

  /// Seeks to a pool and skips its first batches.
  private mutating func go(to pool: BatchCursor.Pool) throws {
    place = pool.start
    guard pool.batch > 0 else { return }
    guard try readPool(), pool.batch < pending.count else {
      throw DatasetError.cursorMismatch(
        what: "batch", expected: "a number below \(pending.count)", found: "\(pool.batch)")
    }
    taken = pool.batch
  }

  /// Reads the next pool; false at the end.
  private mutating func readPool() throws -> Bool {
    let start = place
    var samples = try read()
    guard !samples.isEmpty else { return false }
    for (index, sample) in samples.enumerated() {
      try task.check(sample, index: start.index + index)
    }
    var generator = Self.generator(ofPool: start, seed: seed ?? 0, number: number)
    if seed != nil && order == nil {
      samples = generator.permutation(samples.count).map { samples[$0] }
    }
    // A collator never gets more samples at once than its pool size.
    let size = max(collator.poolSize, 1)
    pending = stride(from: 0, to: samples.count, by: size).flatMap { first in
      collator.batches(
        Array(samples[first..<min(first + size, samples.count)]), using: &generator)
    }
    pool = start
    taken = 0
    return true
  }

  /// The samples of the next pool; fewer at the end.
  private mutating func read() throws -> [Sample] {
    if let order, let indexed = source as? any IndexedSamples {
      guard place.index < order.count else { return [] }
      let range = place.index..<min(place.index + poolSize, order.count)
      place.index = range.upperBound
      return try range.map { try indexed.sample(at: order[$0]) }
    }
    var samples: [Sample] = []
    while samples.count < poolSize {
      let more = try source.samples(from: &place, limit: poolSize - samples.count)
      if more.isEmpty { break }
      samples += more
    }
    return samples
  }
}
