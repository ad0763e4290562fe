import Datasets
import Models

// Training and evaluation on several ranks.
extension SequenceTask {
  public func batches(
    from cursor: BatchCursor, seed: UInt64, shards: Range<Int>, of count: Int
  ) throws -> any BatchSequence<ShardedBatch<SampleBatch>> {
    let rows: @Sendable (Int) -> [Range<Int>] = { size in
      shards.map { Shard($0, of: count).rows(of: size) }
    }
    if count > 1, collator.bucketPool == 1 {
      let epoch = try PartialSampleEpoch(
        samples, samples.training, batchSize: collator.batchSize, seed: seed, rows: rows,
        from: cursor)
      return ShardedBatches(epoch) { ShardedBatch(shards: $0.parts, size: $0.count) }
    }
    return ShardedBatches(try batches(from: cursor, seed: seed)) { batch in
      guard count > 1 else { return ShardedBatch(shards: [batch], size: batch.count) }
      let parts = rows(batch.count).map { $0.isEmpty ? nil : batch.rows($0) }
      return ShardedBatch(shards: parts, size: batch.count)
    }
  }

  /// Each part has every `count`-th batch.
  public func evaluate(
    _ model: SequenceNetwork, sharing share: EvaluationShare
  ) throws -> Evaluation? {
    guard let validation = samples.validation else { return nil }
    let batches = try SampleEpoch(samples, validation, collator: collator)
    return try SequenceEvaluator(saved(model), language: language)
      .evaluate([batches], sharing: share)
  }
}

extension PartialSampleEpoch: BatchSequence {}

extension SampleBatch {
  /// Some rows as a batch of their own, padded to their longest.
  fileprivate func rows(_ range: Range<Int>) -> SampleBatch {
    SampleBatch(
      padding: range.map { Sample(input.value(of: $0), target.value(of: $0)) })
  }
}
