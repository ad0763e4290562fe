/// The place of a batch in its epoch: all that is needed to go on from there to the bit.
///
/// ```swift
/// var batches = try SampleEpoch(task, task.training, collator: collator, seed: 1)
/// _ = try batches.next()
/// let saved = batches.cursor                                    // Codable
/// var again = try SampleEpoch(task, task.training, collator: collator, seed: 1, from: saved)
/// try again.next() == batches.next()                            // true
/// ```
public struct BatchCursor: Codable, Hashable, Sendable {
  /// The number of the epoch, from 0.
  public let epoch: Int
  /// The number of the batch in its epoch, from 0.
  public let position: Int
  /// Where the samples of the batch are read, if they come in pools; nil where only ``position`` tells the place.
  public let pool: Pool?

  /// A batch of a pool of samples.
  public struct Pool: Codable, Hashable, Sendable {
    /// Where the pool begins.
    public let start: SamplePlace
    /// The number of the batch among those of the pool, from 0.
    public let batch: Int

    /// A batch of the pool that begins at `start`.
    public init(start: SamplePlace, batch: Int) {
      self.start = start
      self.batch = batch
    }
  }

  /// A place in an epoch; the first batch of the first one unless told otherwise.
  public init(epoch: Int = 0, position: Int = 0, pool: Pool? = nil) {
    self.epoch = epoch
    self.position = position
    self.pool = pool
  }

  /// Checks that no number is negative or beyond all measure, as in a damaged file.
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
