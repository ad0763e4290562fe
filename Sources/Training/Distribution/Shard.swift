import Datasets
import Requirements

/// One of the parts that a step's batches are cut into. Each part's gradient is computed alone, and the parts' gradients
/// are summed in the order of a fixed binary tree, so that the sum does not depend on which process computed which part.
public struct Shard: Hashable, Sendable {
  /// The number of the shard, from 0.
  public let index: Int
  /// The number of shards.
  public let count: Int

  /// The only shard: the whole batch.
  public static let whole = Shard(0, of: 1)

  /// A shard.
  ///
  /// - Precondition: `index` is in `0..<count`.
  public init(_ index: Int, of count: Int) {
    require(0..<count ~= index, "expected a shard in 0..<\(count), found \(index)")
    self.index = index
    self.count = count
  }

  /// The shard's rows of a batch of `batchSize` rows: consecutive, and at most one more than those of another shard.
  /// Some shards of a batch with fewer rows than shards are empty.
  public func rows(of batchSize: Int) -> Range<Int> {
    index * batchSize / count..<(index + 1) * batchSize / count
  }
}

/// The batch of one step, or of a part of its accumulation, cut into shards.
public struct ShardedBatch<Batch: Sendable>: Sendable {
  /// The own shards, in order; nil for one without rows.
  public let shards: [Batch?]
  /// The number of units in the whole batch, all ranks together.
  public let size: Int

  /// A batch that was cut.
  public init(shards: [Batch?], size: Int) {
    self.shards = shards
    self.size = size
  }
}

/// A sequence of batches, each cut into shards.
public struct ShardedBatches<Base: BatchSequence, Part: Sendable>: BatchSequence {
  private var base: Base
  private let cut: @Sendable (Base.Batch) -> ShardedBatch<Part>

  /// The batches of a sequence, cut by a function. The sequence may have only the places of what the function reads.
  public init(_ base: Base, _ cut: @escaping @Sendable (Base.Batch) -> ShardedBatch<Part>) {
    self.base = base
    self.cut = cut
  }

  /// The position of the next batch.
  public var cursor: BatchCursor { base.cursor }

  /// The next batch, cut.
  public mutating func next() throws -> ShardedBatch<Part>? { try base.next().map(cut) }
}
