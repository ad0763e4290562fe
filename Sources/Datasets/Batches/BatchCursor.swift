/// The position of a batch in its epoch, which is enough to resume there bit-exactly.
///
/// ```swift
/// var batches = try SampleEpoch(task, task.training, collator: collator, seed: 1)
/// _ = try batches.next()
/// let saved = batches.cursor                                    // Codable
/// var again = try SampleEpoch(task, task.training, collator: collator, seed: 1, from: saved)
/// try again.next() == batches.next()                            // true
/// ```
public struct BatchCursor: Codable, Hashable, Sendable {
  /// The index of the epoch, from 0.
  public let epoch: Int
  /// The index of the batch in its epoch, from 0.
  public let position: Int
  /// The pool of the batch's samples, if they are read in pools; nil if only ``position`` is known.
  public let pool: Pool?

  /// A batch of a pool of samples.
  public struct Pool: Codable, Hashable, Sendable {
    /// The place of the pool's first sample.
    public let start: SamplePlace
    /// The index of the batch in the pool, from 0.
    public let batch: Int

    /// A batch of the pool that begins at `start`.
    public init(start: SamplePlace, batch: Int) {
      self.start = start
      self.batch = batch
    }
  }

  /// A position in an epoch; by default the first batch of the first epoch.
  public init(epoch: Int = 0, position: Int = 0, pool: Pool? = nil) {
    self.epoch = epoch
    self.position = position
    self.pool = pool
  }

  /// Checks that no number is negative or too large, as in a damaged file.
  ///
  /// - Throws: ``DatasetError/cursorMismatch(what:expected:found:)``.
  public func validate() throws(DatasetError) {
    var numbers = [epoch, position]
    if let pool {
      numbers += [pool.start.index, pool.start.offset, pool.start.line, pool.batch]
    }
    guard let wrong = numbers.first(where: { $0 < 0 || $0 >= 1 << 60 }) else { return }
    throw .cursorMismatch(what: "position", expected: "0 or more", found: "\(wrong)")
  }
}
