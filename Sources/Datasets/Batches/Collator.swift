import Requirements

/// Makes batches of samples: groups the samples, and pads or cuts them to equal lengths.
///
/// ```swift
/// struct Pairs: Collator {
///   func batches(_ pool: [Sample], using generator: inout some RandomNumberGenerator) -> [SampleBatch] {
///     stride(from: 0, to: pool.count, by: 2).map {
///       SampleBatch(padding: Array(pool[$0..<min($0 + 2, pool.count)]))
///     }
///   }
/// }
/// ```
public protocol Collator: Sendable {
  /// The number of samples in a pool; only the last pool of an epoch has fewer.
  var poolSize: Int { get }

  /// The batches of a pool, in the order of use.
  ///
  /// The result must depend only on the arguments, so that training can be resumed.
  func batches(_ pool: [Sample], using generator: inout some RandomNumberGenerator)
    -> [SampleBatch]
}

extension Collator {
  /// 1024 samples.
  public var poolSize: Int { 1024 }
}

/// Makes batches of `batchSize` samples, padding shorter ones at their end.
///
/// With buckets, a batch has samples of similar length, so that there is little padding: the samples of a pool of
/// `bucketPool` batches are sorted by length and split into batches, which are shuffled. Samples of equal length keep
/// their order.
public struct PaddingCollator: Collator, Hashable {
  /// B, the number of samples of a batch.
  public let batchSize: Int
  /// The number of batches in a pool that is sorted by length; 1 for no sorting.
  public let bucketPool: Int

  /// A collator with the given options.
  ///
  /// - Precondition: `batchSize` and `bucketPool` are positive.
  public init(batchSize: Int, bucketPool: Int = 1) {
    let (pool, overflow) = batchSize.multipliedReportingOverflow(by: bucketPool)
    require(
      batchSize > 0 && bucketPool > 0 && !overflow && pool < 1 << 40,
      "expected positive sizes with a product below 2^40, found batches of \(batchSize) samples from pools of \(bucketPool) batches"
    )
    self.batchSize = batchSize
    self.bucketPool = bucketPool
  }

  /// B times the number of batches in a pool.
  public var poolSize: Int { batchSize * bucketPool }

  /// The batches of a pool.
  public func batches(_ pool: [Sample], using generator: inout some RandomNumberGenerator)
    -> [SampleBatch]
  {
    var order = Array(pool.indices)
    if bucketPool > 1 {
      let lengths = pool.map { $0.input.length ?? $0.target.length ?? 0 }
      order.sort { (lengths[$0], $0) < (lengths[$1], $1) }
    }
    let batches = stride(from: 0, to: pool.count, by: batchSize).map { start in
      SampleBatch(padding: order[start..<min(start + batchSize, pool.count)].map { pool[$0] })
    }
    guard bucketPool > 1 else { return batches }
    return generator.permutation(batches.count).map { batches[$0] }
  }

  /// The number of batches: that of the samples divided by B, rounded up.
  public func batchCount(of samples: Int) -> Int { (samples + batchSize - 1) / batchSize }
}

/// Cuts samples with aligned input and target into windows, and passes these to another collator.
///
/// A sample of T steps gives consecutive windows of `length` steps; the last one may be shorter. Samples without steps,
/// or with delayed answers, are not cut. Every window starts from the initial state; ``Windows`` cuts one long text so
/// that states are carried over.
public struct WindowCollator<Base: Collator>: Collator {
  /// The number of steps of a window.
  public let length: Int
  /// The collator that makes batches of the windows.
  public let base: Base

  /// Windows for another collator.
  ///
  /// - Precondition: `length` is positive.
  public init(length: Int, _ base: Base) {
    require(length > 0, "expected windows of one step or more, found \(length)")
    self.length = length
    self.base = base
  }

  /// The pool size of the other collator.
  public var poolSize: Int { base.poolSize }

  /// The batches of a pool's windows.
  public func batches(_ pool: [Sample], using generator: inout some RandomNumberGenerator)
    -> [SampleBatch]
  {
    base.batches(pool.flatMap(windows), using: &generator)
  }

  private func windows(of sample: Sample) -> [Sample] {
    guard let steps = sample.input.length, sample.target.length == steps, steps > length else {
      return [sample]
    }
    return stride(from: 0, to: steps, by: length).map { start in
      let range = start..<min(start + length, steps)
      return Sample(sample.input.part(range), sample.target.part(range))
    }
  }
}

extension SampleValue {
  fileprivate func part(_ steps: Range<Int>) -> SampleValue {
    switch self {
    case .tokens(let ids): .tokens(Array(ids[steps]))
    case .features(let sequence): .features(sequence[steps])
    case .label, .vector: self
    }
  }
}
