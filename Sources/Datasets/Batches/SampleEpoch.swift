/// One pass over a source's samples, batch by batch.
///
/// A pass is a function of the source, the collator, a seed and its number, and of nothing else. Without
/// a seed the samples come in the source's order: that is how a model is measured.
public struct SampleEpoch: Sendable {
  private let task: TaskSamples
  private let source: any SampleSource
  private let collator: any Collator
  private let seed: UInt64?
  private let number: Int
  private let poolSize: Int
  /// The order of samples that can be had in any; nil for the source's own.
  private let order: [Int]?

  private var place = SamplePlace()
  private var pending: [SampleBatch] = []
  /// Where the pool begins that ``next()`` takes batches from.
  private(set) var pool = SamplePlace()
  /// The number of the pool's batches that were taken.
  private(set) var batch = 0

  /// The pass `number` over a source, in a random order that depends on the seed and the number; without
  /// a seed in the source's order.
  ///
  /// - Parameter task: what every sample is checked against.
  public init(
    _ task: TaskSamples, _ source: any SampleSource, collator: any Collator, seed: UInt64? = nil,
    number: Int = 0
  ) {
    self.task = task
    self.source = source
    self.collator = collator
    self.seed = seed
    self.number = number
    let indexed = source as? any IndexedSamples
    if let indexed, let seed {
      var generator = SplitMix64(seed: seed, stream: UInt64(bitPattern: Int64(number)))
      order = generator.permutation(indexed.sampleCount)
    } else {
      order = nil
    }
    let wanted = max(collator.poolSize, 1)
    // A stream is shuffled in pools that hold whole pools of the collator's.
    let pools = (SampleStream.shufflePool + wanted - 1) / wanted
    poolSize = seed != nil && indexed == nil ? wanted * pools : wanted
  }

  /// The next batch, or nil at the end.
  ///
  /// - Throws: ``DatasetError/badSample(index:what:expected:found:)``, or what reading throws.
  public mutating func next() throws -> SampleBatch? {
    while batch == pending.count {
      guard try readPool() else { return nil }
    }
    batch += 1
    return pending[batch - 1]
  }

  /// Whether no batch follows.
  mutating func isAtEnd() throws -> Bool {
    guard batch == pending.count else { return false }
    var ahead = self
    return try ahead.next() == nil
  }

  /// Goes to a pool and leaves out its first batches.
  mutating func resume(at place: SamplePlace, batch: Int) throws {
    self.place = place
    guard batch > 0 else { return }
    guard try readPool(), batch <= pending.count else {
      throw DatasetError.cursorMismatch(
        what: "batch", expected: "0 to \(pending.count)", found: "\(batch)")
    }
    self.batch = batch
  }

  /// Reads the next pool; false at the end.
  private mutating func readPool() throws -> Bool {
    let start = place
    var samples = try read()
    guard !samples.isEmpty else { return false }
    for (index, sample) in samples.enumerated() {
      try task.check(sample, index: start.index + index)
    }
    var generator = SplitMix64(
      seed: (seed ?? 0) ^ UInt64(start.index), stream: ~UInt64(bitPattern: Int64(number)))
    if seed != nil && order == nil {
      samples = generator.permutation(samples.count).map { samples[$0] }
    }
    // A collator never sees more at once than it asked for.
    let size = max(collator.poolSize, 1)
    pending = stride(from: 0, to: samples.count, by: size).flatMap { first in
      collator.batches(
        Array(samples[first..<min(first + size, samples.count)]), using: &generator)
    }
    pool = start
    batch = 0
    return true
  }

  /// The samples of the next pool, as many as there are.
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
