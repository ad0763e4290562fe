/// Batches of samples without end, epoch after epoch, from any position.
///
/// Samples that can be had in any order come in a new random order in every epoch. Those that are
/// read from a stream come in the stream's order, shuffled within pools of at least
/// ``shufflePool`` samples, so that no more than a pool is in memory.
///
/// ```swift
/// var batches = SampleStream(task, collator: PaddingCollator(batchSize: 32), seed: 1)
/// let batch = try batches.nextBatch()
/// let saved = batches.cursor                                    // Codable
/// var again = try SampleStream(task, collator: collator, resuming: saved)
/// try again.nextBatch() == batches.nextBatch()                  // true
/// ```
public struct SampleStream: Sendable {
  /// How many samples of a stream are shuffled at once, at least.
  public static let shufflePool = 1024

  /// Where the next batch stands.
  public private(set) var cursor: SampleCursor
  /// What makes the batches.
  public let collator: any Collator

  private let task: TaskSamples
  private var epoch: SampleEpoch

  /// The batches of a task's training samples, from the first epoch on.
  public init(_ task: TaskSamples, collator: any Collator, seed: UInt64) {
    self.task = task
    self.collator = collator
    cursor = SampleCursor(seed: seed)
    epoch = SampleEpoch(task, task.training, collator: collator, seed: seed, number: 0)
  }

  /// The batches of a task's training samples from a saved position on.
  ///
  /// - Throws: ``DatasetError/cursorMismatch(what:expected:found:)`` where the position lies outside its
  ///   epoch, or what reading throws.
  public init(_ task: TaskSamples, collator: any Collator, resuming cursor: SampleCursor) throws {
    self.init(task, collator: collator, seed: cursor.seed)
    try cursor.check()
    epoch = SampleEpoch(
      task, task.training, collator: collator, seed: cursor.seed, number: cursor.epoch)
    try epoch.resume(at: cursor.pool, batch: cursor.batch)
    self.cursor = cursor
  }

  /// The number of batches of an epoch, where it is known without reading all samples.
  public var batchesPerEpoch: Int? { task.training.count.flatMap(collator.batchCount) }

  /// The batch at ``cursor``, which moves on; after an epoch's last batch, to the next epoch.
  ///
  /// - Throws: ``DatasetError/noSamples(epoch:)`` where an epoch has no batch,
  ///   ``DatasetError/badSample(index:what:expected:found:)``, or what reading throws.
  public mutating func nextBatch() throws -> SampleBatch {
    var batch = try epoch.next()
    if batch == nil {
      guard cursor.pool.index > 0 || cursor.batch > 0 else {
        throw DatasetError.noSamples(epoch: cursor.epoch)
      }
      cursor = SampleCursor(seed: cursor.seed, epoch: cursor.epoch + 1)
      epoch = SampleEpoch(
        task, task.training, collator: collator, seed: cursor.seed, number: cursor.epoch)
      batch = try epoch.next()
    }
    guard let batch else { throw DatasetError.noSamples(epoch: cursor.epoch) }
    cursor.pool = epoch.pool
    cursor.batch = epoch.batch
    return batch
  }

  /// Whether the next batch is the first of an epoch; reads ahead to know it.
  public mutating func isAtEpochEnd() throws -> Bool {
    guard cursor.pool.index > 0 || cursor.batch > 0 else { return true }
    return try epoch.isAtEnd()
  }
}

/// A position in a stream of batches: all that is needed to go on from there to the bit.
public struct SampleCursor: Codable, Hashable, Sendable {
  /// The seed of the orders of all epochs.
  public let seed: UInt64
  /// The number of the epoch, from 0.
  public internal(set) var epoch: Int
  /// Where the pool of samples begins from which the last batch was made.
  public internal(set) var pool = SamplePlace()
  /// The number of that pool's batches that were used.
  public internal(set) var batch = 0

  /// The beginning of an epoch.
  public init(seed: UInt64, epoch: Int = 0) {
    self.seed = seed
    self.epoch = epoch
  }

  func check() throws(DatasetError) {
    let numbers = [epoch, pool.index, pool.offset, pool.line, batch]
    guard let wrong = numbers.first(where: { $0 < 0 || $0 >= 1 << 60 }) else { return }
    throw .cursorMismatch(what: "position", expected: "0 or more", found: "\(wrong)")
  }
}
