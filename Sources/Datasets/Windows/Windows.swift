import Requirements

/// How a long sequence of tokens is split into batches of windows.
///
/// A window is T consecutive tokens; its targets are the T tokens one position later. A batch is B windows. Of N
/// tokens the first o (the offset) are skipped, and
///
/// - **sequential** partitioning splits the rest into B consecutive rows of `(N - o - 1) / B` tokens each; batch `i`
///   takes columns `i * T ..< (i + 1) * T` of every row. Row `r` of a batch continues row `r` of the previous batch,
///   so the state is carried over.
/// - **random** sampling splits the rest into `(N - o - 1) / T` consecutive windows and takes them B at a time, in a
///   new random order in every epoch. Every batch starts from the initial state.
///
/// (Divisions round down.) In both, no token is input twice in an epoch, and tokens that do not fill a last batch are
/// skipped: fewer than `B * (T + 1)` tokens for sequential, `B * T + T` for random. A random offset in every epoch
/// includes them in other epochs and moves the borders of windows.
public struct Windows: Hashable, Sendable {
  /// The order of windows.
  public enum Sampling: String, Codable, CaseIterable, Sendable {
    /// Windows continue from batch to batch.
    case sequential
    /// Windows are in random order.
    case random
  }

  /// The order of windows.
  public let sampling: Sampling
  /// B, the number of windows in a batch.
  public let batchSize: Int
  /// T, the number of tokens in a window.
  public let sequenceLength: Int
  /// The number of tokens skipped at the beginning; nil for a random one in `0..<T` for every epoch.
  public let offset: Int?

  /// Windows of the given kind and sizes.
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

  /// The number of tokens that one batch needs at any offset: `B * T + 1` plus the largest offset.
  public var minimumTokenCount: Int {
    batchSize * sequenceLength + 1 + (offset ?? sequenceLength - 1)
  }

  /// The same windows with at most as many rows as `tokenCount` tokens can fill; nil if they can't fill one.
  ///
  /// For short validation texts.
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

  /// Decodes windows.
  ///
  /// - Throws: `DecodingError` if a number is not valid for ``init(_:batchSize:sequenceLength:offset:)``.
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

/// A batch of windows with their targets: the input of one training step.
public struct TokenBatch: Equatable, Sendable {
  /// The tokens of the windows, [B, T], row-major.
  public let inputs: [Int32]
  /// The next token of each input, [B, T].
  public let targets: [Int32]
  /// B, the number of windows.
  public let batchSize: Int
  /// T, the number of tokens in a window.
  public let sequenceLength: Int
  /// Whether every row continues the same row of the previous batch, so that the state is carried over; otherwise it
  /// starts from the initial state.
  public let continuesPrevious: Bool
}
