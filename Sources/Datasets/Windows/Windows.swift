import Requirements

/// How a long stream of tokens is cut into batches of windows.
///
/// A window is T consecutive tokens, its targets the T tokens that follow one place later; a batch
/// is B windows. With N tokens and an offset o, the first o tokens are left out, and
///
/// - **sequential** partitioning cuts what is left into B rows of `(N - o - 1) / B` tokens each, one
///   after another; batch `i` takes columns `i * T ..< (i + 1) * T` of every row. Row `r` of a batch
///   goes on where row `r` of the batch before ended, so the state is carried over.
/// - **random** sampling cuts what is left into `(N - o - 1) / T` windows, one after another, and
///   takes them B at a time in an order that is new in every epoch. Every batch starts from zero.
///
/// (Divisions round down.) In both, no token is input twice in an epoch, and what does not fill a
/// last batch is left out: fewer than `B * (T + 1)` tokens for sequential, `B * T + T` for random.
/// An offset that is drawn anew for every epoch lets those take part in other epochs, and moves the
/// borders between windows.
public struct Windows: Hashable, Sendable {
  /// How windows follow each other.
  public enum Sampling: String, Codable, CaseIterable, Sendable {
    /// Windows continue from batch to batch.
    case sequential
    /// Windows come in random order.
    case random
  }

  /// How windows follow each other.
  public let sampling: Sampling
  /// B, the number of windows in a batch.
  public let batchSize: Int
  /// T, the number of tokens in a window.
  public let sequenceLength: Int
  /// The number of tokens left out at the beginning; nil for one drawn from `0..<T` in every epoch.
  public let offset: Int?

  /// A way of cutting.
  ///
  /// - Precondition: `batchSize` and `sequenceLength` are positive, `offset` is not negative.
  public init(
    _ sampling: Sampling = .sequential, batchSize: Int, sequenceLength: Int, offset: Int? = nil
  ) {
    let fault = Self.fault(batchSize: batchSize, sequenceLength: sequenceLength, offset: offset)
    require(fault == nil, fault ?? "")
    self.sampling = sampling
    self.batchSize = batchSize
    self.sequenceLength = sequenceLength
    self.offset = offset
  }

  /// The number of tokens that one batch needs whatever the offset: `B * T + 1` and the largest offset.
  public var minimumTokenCount: Int {
    batchSize * sequenceLength + 1 + (offset ?? sequenceLength - 1)
  }

  /// The same with as many rows as `tokenCount` tokens can fill, and no more than now; nil where
  /// they cannot fill one.
  ///
  /// For short validation texts, which must be measured too.
  public func shrunk(toFit tokenCount: Int) -> Windows? {
    let free = tokenCount - 1 - (offset ?? sequenceLength - 1)
    let rows = min(batchSize, free / sequenceLength)
    guard rows > 0 else { return nil }
    return Windows(sampling, batchSize: rows, sequenceLength: sequenceLength, offset: offset)
  }

  private static func fault(batchSize: Int, sequenceLength: Int, offset: Int?) -> String? {
    let (area, overflow) = batchSize.multipliedReportingOverflow(by: sequenceLength)
    guard batchSize > 0, sequenceLength > 0, (offset ?? 0) >= 0, !overflow, area < 1 << 40,
      (offset ?? 0) < 1 << 40
    else {
      return "windows of \(sequenceLength) tokens, \(batchSize) in a batch, offset \(offset ?? 0)"
    }
    return nil
  }
}

extension Windows: Codable {
  private enum CodingKeys: String, CodingKey { case sampling, batchSize, sequenceLength, offset }

  /// Reads what was encoded.
  ///
  /// - Throws: `DecodingError` where a number is not one that ``init(_:batchSize:sequenceLength:offset:)`` takes.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    sampling = try container.decode(Sampling.self, forKey: .sampling)
    batchSize = try container.decode(Int.self, forKey: .batchSize)
    sequenceLength = try container.decode(Int.self, forKey: .sequenceLength)
    offset = try container.decodeIfPresent(Int.self, forKey: .offset)
    let fault = Self.fault(batchSize: batchSize, sequenceLength: sequenceLength, offset: offset)
    guard let fault else { return }
    throw DecodingError.dataCorruptedError(
      forKey: .batchSize, in: container, debugDescription: "impossible: \(fault)")
  }
}

/// Windows of tokens side by side, with their targets: the input of one training step.
public struct TokenBatch: Equatable, Sendable {
  /// The tokens of the windows, [B, T], one row after another.
  public let inputs: [Int32]
  /// For each input the token that follows it, [B, T].
  public let targets: [Int32]
  /// B, the number of windows.
  public let batchSize: Int
  /// T, the number of tokens in a window.
  public let sequenceLength: Int
  /// Whether every row goes on where the same row of the batch before ended, so that the state is
  /// carried over; otherwise it starts from zero.
  public let continuesPrevious: Bool
}
