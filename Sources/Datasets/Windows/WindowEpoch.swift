import Requirements

/// The batches of one epoch, as a lazy collection.
///
/// An epoch depends only on the tokens, the ``Windows``, a seed and its number.
public struct WindowEpoch: RandomAccessCollection, Sendable {
  /// The number of tokens skipped at the beginning.
  public let offset: Int
  /// The number of batches.
  public let count: Int

  /// B, the number of rows of a batch.
  public var batchSize: Int { windows.batchSize }

  private let tokens: [Int32]
  private let windows: Windows
  /// For random sampling, the numbers of the windows in the order of the batches' rows. The start of a window is affine
  /// in its number.
  private let order: [Int]
  private let rowLength: Int

  /// The epoch `number`, counted from 0.
  ///
  /// Its random generator is seeded by the seed and the number. It samples the offset if ``Windows/offset`` is nil,
  /// then the order of the windows for random sampling.
  ///
  /// - Throws: ``DatasetError/tooShort(tokens:needed:)`` if an epoch could be without a batch.
  public init(_ tokens: [Int32], windows: Windows, seed: UInt64, number: Int)
    throws(DatasetError)
  {
    guard tokens.count >= windows.minimumTokenCount else {
      throw .tooShort(tokens: tokens.count, needed: windows.minimumTokenCount)
    }
    var generator = SplitMix64(seed: seed, stream: UInt64(bitPattern: Int64(number)))
    let (rows, length) = (windows.batchSize, windows.sequenceLength)
    let offset = windows.offset ?? generator.draw(below: length)
    let usable = tokens.count - offset - 1
    switch windows.sampling {
    case .sequential:
      rowLength = usable / rows
      count = rowLength / length
      order = []
    case .random:
      rowLength = 0
      count = usable / length / rows
      order = generator.permutation(usable / length)
    }
    self.tokens = tokens
    self.windows = windows
    self.offset = offset
  }

  /// 0.
  public var startIndex: Int { 0 }
  /// ``count``.
  public var endIndex: Int { count }

  /// The batch at a position.
  public subscript(position: Int) -> TokenBatch {
    batch(at: position, rows: 0..<windows.batchSize)
  }

  /// Some rows of the batch at a position.
  public func batch(at position: Int, rows: Range<Int>) -> TokenBatch {
    require(indices.contains(position), "expected a batch in 0..<\(count), found \(position)")
    let length = windows.sequenceLength
    var inputs: [Int32] = []
    var targets: [Int32] = []
    inputs.reserveCapacity(rows.count * length)
    targets.reserveCapacity(rows.count * length)
    for row in rows {
      let start = start(of: row, in: position)
      inputs += tokens[start..<start + length]
      targets += tokens[start + 1..<start + 1 + length]
    }
    return TokenBatch(
      inputs: inputs, targets: targets, batchSize: rows.count, sequenceLength: length,
      continuesPrevious: windows.sampling == .sequential && position > 0)
  }

  /// The index in the tokens of a window's first input.
  public func start(of row: Int, in position: Int) -> Int {
    let rows = windows.batchSize
    require(
      0..<rows ~= row && 0..<count ~= position,
      "expected a row in 0..<\(rows) of a batch in 0..<\(count), found \(row) of \(position)")
    return switch windows.sampling {
    case .sequential:
      offset + row * rowLength + position * windows.sequenceLength
    case .random:
      offset + order[position * windows.batchSize + row] * windows.sequenceLength
    }
  }
}
