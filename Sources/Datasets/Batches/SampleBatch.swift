import Requirements

/// A batch of samples: the input of one training step. Time is the first axis: [T, B].
public struct SampleBatch: Equatable, Sendable {
  /// The input.
  public let input: BatchValue
  /// The target.
  public let target: BatchValue
  /// B, the number of samples.
  public let count: Int

  private init(input: BatchValue, target: BatchValue, count: Int) {
    (self.input, self.target, self.count) = (input, target, count)
  }

  /// Stacks samples and pads the shorter ones at their end.
  ///
  /// Inputs are padded with 0, targets with ignored values: ``SampleValue/ignored``, or NaN.
  ///
  /// - Precondition: there is at least one sample, and all have the same kinds and widths.
  public init(padding samples: [Sample]) {
    require(!samples.isEmpty, "expected one sample or more, found none")
    count = samples.count
    input = BatchValue(samples.map(\.input), padding: 0, 0)
    target = BatchValue(samples.map(\.target), padding: SampleValue.ignored, .nan)
  }
}

extension SampleBatch {
  /// The same with target IDs from `limit` on ignored.
  package func ignoring(targetsFrom limit: Int) -> SampleBatch {
    SampleBatch(input: input, target: target.ignoring(idsFrom: limit), count: count)
  }
}

/// The input or target of a ``SampleBatch``.
public enum BatchValue: Equatable, Sendable {
  /// Sequences of tokens.
  case tokens(PaddedTokens)
  /// Sequences of vectors.
  case features(PaddedFeatures)
  /// A class of each sample, [B].
  case labels([Int32])
  /// A vector of each sample, [B, F].
  case vectors([Float], width: Int)

  /// The number of steps of each sample, [B]; nil for values without steps.
  public var lengths: [Int]? {
    switch self {
    case .tokens(let padded): padded.lengths
    case .features(let padded): padded.lengths
    case .labels, .vectors: nil
    }
  }

  fileprivate init(_ values: [SampleValue], padding id: Int32, _ number: Float) {
    switch values[0] {
    case .tokens:
      self = .tokens(
        PaddedTokens(
          values.map { if case .tokens(let ids) = $0 { ids } else { mixed($0) } }, padding: id))
    case .features:
      self = .features(
        PaddedFeatures(
          values.map { if case .features(let steps) = $0 { steps } else { mixed($0) } },
          padding: number))
    case .label:
      self = .labels(values.map { if case .label(let id) = $0 { id } else { mixed($0) } })
    case .vector(let first):
      self = .vectors(
        values.flatMap { value -> [Float] in
          guard case .vector(let numbers) = value, numbers.count == first.count else {
            return mixed(value)
          }
          return numbers
        }, width: first.count)
    }
  }
}

extension BatchValue {
  /// The same with IDs from `limit` on ignored.
  fileprivate func ignoring(idsFrom limit: Int) -> BatchValue {
    func known(_ ids: [Int32]) -> [Int32] {
      ids.map { $0 < limit ? $0 : SampleValue.ignored }
    }
    return switch self {
    case .tokens(let padded): .tokens(PaddedTokens(known(padded.ids), lengths: padded.lengths))
    case .labels(let ids): .labels(known(ids))
    case .features, .vectors: self
    }
  }
}

private func mixed<Value>(_ value: SampleValue) -> Value {
  failure("a batch of samples of different kinds: \(value)")
}

/// A batch of padded token sequences.
public struct PaddedTokens: Equatable, Sendable {
  /// The tokens, [T, B], padded at the end of time: sample `b` at step `t` is `ids[t * B + b]`.
  public let ids: [Int32]
  /// The number of steps of each sample, [B].
  public let lengths: [Int]

  /// B.
  public var batchSize: Int { lengths.count }
  /// T, the longest sample's number of steps.
  public var stepCount: Int { lengths.max() ?? 0 }

  fileprivate init(_ ids: [Int32], lengths: [Int]) { (self.ids, self.lengths) = (ids, lengths) }

  /// Sequences padded with a token.
  public init(_ sequences: [[Int32]], padding: Int32) {
    lengths = sequences.map(\.count)
    let (rows, steps) = (sequences.count, lengths.max() ?? 0)
    var ids = [Int32](repeating: padding, count: steps * rows)
    for (row, sequence) in sequences.enumerated() {
      for (step, id) in sequence.enumerated() { ids[step * rows + row] = id }
    }
    self.ids = ids
  }
}

/// A batch of padded vector sequences.
public struct PaddedFeatures: Equatable, Sendable {
  /// The numbers, [T, B, F], padded at the end of time: feature `f` of sample `b` at step `t` is
  /// `values[(t * B + b) * F + f]`.
  public let values: [Float]
  /// F, the number of features of a step.
  public let width: Int
  /// The number of steps of each sample, [B].
  public let lengths: [Int]

  /// B.
  public var batchSize: Int { lengths.count }
  /// T, the longest sample's number of steps.
  public var stepCount: Int { lengths.max() ?? 0 }

  /// Sequences padded with a number.
  ///
  /// - Precondition: all have the same width.
  public init(_ sequences: [FeatureSequence], padding: Float = 0) {
    let width = sequences.first?.width ?? 1
    lengths = sequences.map(\.count)
    let (rows, steps) = (sequences.count, lengths.max() ?? 0)
    var values = [Float](repeating: padding, count: steps * rows * width)
    for (row, sequence) in sequences.enumerated() {
      require(
        sequence.width == width,
        "expected features of width \(width) in all samples, found \(sequence.width)")
      for step in 0..<sequence.count {
        let start = (step * rows + row) * width
        for (feature, value) in sequence[step].enumerated() { values[start + feature] = value }
      }
    }
    self.values = values
    self.width = width
  }
}
