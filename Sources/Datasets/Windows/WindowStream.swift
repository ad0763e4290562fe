/// Batches without end, epoch after epoch, from any position.
///
/// ```swift
/// var batches = try WindowStream(tokens, windows: windows, seed: 1)
/// let batch = batches.nextBatch()
/// let saved = batches.cursor                                       // Codable
/// var again = try WindowStream(tokens, windows: windows, resuming: saved)
/// again.nextBatch() == batches.nextBatch()                         // true
/// ```
public struct WindowStream: Sendable {
  /// The way the tokens are cut.
  public let windows: Windows
  /// The position of the batch that comes next.
  public private(set) var cursor: WindowCursor
  /// The epoch in which the next batch stands.
  public private(set) var epoch: WindowEpoch

  private let tokens: [Int32]

  /// The batches from the first epoch on.
  ///
  /// - Throws: ``DatasetError/tooShort(tokens:needed:)``.
  public init(_ tokens: [Int32], windows: Windows, seed: UInt64) throws(DatasetError) {
    let cursor = WindowCursor(seed: seed, epoch: 0, position: 0, tokenCount: tokens.count)
    try self.init(tokens, windows: windows, resuming: cursor)
  }

  /// The batches from the first epoch on, with a seed drawn from a generator.
  ///
  /// - Throws: ``DatasetError/tooShort(tokens:needed:)``.
  public init(
    _ tokens: [Int32], windows: Windows, using generator: inout some RandomNumberGenerator
  ) throws(DatasetError) {
    try self.init(tokens, windows: windows, seed: generator.next())
  }

  /// The batches from a saved position on.
  ///
  /// - Throws: ``DatasetError/tooShort(tokens:needed:)``, or
  ///   ``DatasetError/cursorMismatch(what:expected:found:)`` where the position was saved with
  ///   another number of tokens or lies outside its epoch.
  public init(_ tokens: [Int32], windows: Windows, resuming cursor: WindowCursor)
    throws(DatasetError)
  {
    guard cursor.tokenCount == tokens.count else {
      throw .cursorMismatch(
        what: "tokens", expected: "\(cursor.tokenCount)", found: "\(tokens.count)")
    }
    guard cursor.epoch >= 0, cursor.epoch < Int.max else {
      throw .cursorMismatch(what: "epoch", expected: "0 or more", found: "\(cursor.epoch)")
    }
    let epoch = try WindowEpoch(
      tokens, windows: windows, seed: cursor.seed, number: cursor.epoch)
    guard epoch.indices.contains(cursor.position) else {
      throw .cursorMismatch(
        what: "batch", expected: "0 to \(epoch.count - 1)", found: "\(cursor.position)")
    }
    self.tokens = tokens
    self.windows = windows
    self.cursor = cursor
    self.epoch = epoch
  }

  /// The batch at ``cursor``, which moves on; after an epoch's last batch, to the next epoch.
  public mutating func nextBatch() -> TokenBatch {
    let batch = epoch[cursor.position]
    cursor.position += 1
    guard cursor.position == epoch.count else { return batch }
    let number = cursor.epoch + 1
    // Tokens that were enough for one epoch are enough for every epoch.
    if let next = try? WindowEpoch(tokens, windows: windows, seed: cursor.seed, number: number) {
      epoch = next
    }
    cursor.epoch = number
    cursor.position = 0
    return batch
  }
}

/// A position in a stream of batches: all that is needed to go on from there to the bit.
public struct WindowCursor: Codable, Hashable, Sendable {
  /// The seed of the offsets and orders of all epochs.
  public let seed: UInt64
  /// The number of the epoch, from 0.
  public fileprivate(set) var epoch: Int
  /// The number of the next batch in its epoch, from 0.
  public fileprivate(set) var position: Int
  /// The number of tokens in the stream.
  public let tokenCount: Int

  /// A position.
  public init(seed: UInt64, epoch: Int, position: Int, tokenCount: Int) {
    self.seed = seed
    self.epoch = epoch
    self.position = position
    self.tokenCount = tokenCount
  }
}
