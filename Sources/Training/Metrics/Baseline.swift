import Datasets
import Models
import Requirements

/// What guessing gives where no model is asked: what a model must beat.
///
/// Guesses know the training samples: the most frequent class or tag, the mean of numbers, the value of the step before for a
/// forecast, the frequencies of tokens. They are measured on the validation samples, as the model is; on a test set, whose
/// training samples are not there, they know the test set itself, which no guess can beat.
public struct Baseline: Sendable, Hashable, Codable {
  /// How it guesses: "the most frequent class".
  public let method: String
  /// The loss in the model's own measure: nats, or the squared error of scaled numbers.
  public let loss: Double
  /// The share of right answers, of classes and tags.
  public let accuracy: Double?
  /// The metrics of a head that says how sure it is: coverage, and the CRPS of distributions.
  public internal(set) var metrics: [Evaluation.Metric]?

  /// The largest number of samples that are counted.
  static let mostSamples = 100_000

  /// One line that compares a model with it.
  public func line(for evaluation: Evaluation) -> String {
    var line = "guessing \(method) has a loss of \(loss.significant)"
    if let accuracy { line += " and an accuracy of \(accuracy.significant)" }
    let names = metrics.map { $0.map(\.name) } ?? []
    line += Self.text(metrics ?? []) + ", the model \(evaluation.loss.significant)"
    line += Self.text(evaluation.metrics.filter { names.contains($0.name) })
    if accuracy != nil, let own = evaluation["accuracy"] { line += " and \(own.significant)" }
    return line
  }

  /// ` (coverage of 0.8: 0.79, CRPS: 2.1)`; empty for none.
  private static func text(_ metrics: [Evaluation.Metric]) -> String {
    guard !metrics.isEmpty else { return "" }
    let parts = metrics.map { "\($0.name): \($0.value.significant)" }
    return " (\(parts.joined(separator: ", ")))"
  }
}

extension Baseline {
  /// The guess for samples, in the measure of a head; nil where there are none to measure it on.
  ///
  /// - Throws: what reading the samples throws.
  public init?(_ samples: TaskSamples, head: OutputHead = .plain) throws {
    guard let validation = samples.validation else { return nil }
    if samples.target.isDiscrete {
      try self.init(countingIn: samples.training, measuredOn: validation, samples)
    } else if let head = NumberHead(head, samples.target.columns) {
      try self.init(spreading: samples.training, measuredOn: validation, samples, head)
    } else {
      try self.init(averaging: samples.training, measuredOn: validation, samples)
    }
  }

  /// The guess for a test set, which knows its frequencies and means.
  ///
  /// - Throws: what reading the samples throws.
  public init?(testSet samples: TaskSamples, head: OutputHead = .plain) throws {
    var whole = samples
    whole.validation = samples.training
    try self.init(whole, head: head)
  }

  /// The guess for a text to measure on, which knows its frequencies.
  public init?(_ text: String, _ tokenizer: any Tokenizer) {
    let tokens = tokenizer.encode(text)
    var counts = TokenCounts(size: tokenizer.vocabulary.count)
    counts.add(tokens)
    guard let loss = counts.loss(of: tokens.dropFirst()) else { return nil }
    self.init(method: "by the frequencies of tokens", loss: loss, accuracy: nil)
  }

  /// The guess for a text: each token by its frequency; nil where there is no text to measure it on.
  public init?(_ corpus: TokenizedCorpus) {
    guard corpus.validation.count > 1 else { return nil }
    var counts = TokenCounts(size: corpus.tokenizer.vocabulary.count)
    counts.add(corpus.training)
    self.init(
      method: "by the frequencies of tokens",
      loss: counts.loss(of: corpus.validation.dropFirst()) ?? 0, accuracy: nil)
  }

  private init?(
    countingIn training: any SampleSource, measuredOn validation: any SampleSource,
    _ samples: TaskSamples
  ) throws {
    // A sequence that is written has an end, which is one more token.
    let isWritten = [.oneToMany, .manyToManyDelayed, .manyToManyOrdered].contains(samples.shape)
    func tokens(_ value: SampleValue) -> [Int32] {
      switch value {
      case .label(let id): [id]
      case .tokens(let ids): isWritten ? ids + [Int32(samples.target.size)] : ids
      case .features, .vector: []
      }
    }
    var counts = TokenCounts(size: samples.target.size + (isWritten ? 1 : 0))
    try training.forEach(limit: Self.mostSamples) { counts.add(tokens($0.target)) }
    var measured: [Int32] = []
    try validation.forEach(limit: Self.mostSamples) { measured += tokens($0.target) }
    guard let loss = counts.loss(of: measured[...]) else { return nil }
    self.loss = loss
    if isWritten {
      (method, accuracy) = ("by the frequencies of symbols", nil)
    } else {
      let isClass = samples.shape == .manyToOne || samples.shape == .oneToOne
      method = "the most frequent \(isClass ? "class" : "tag")"
      let known = measured.filter { $0 >= 0 }
      accuracy = Double(known.count { $0 == counts.mostFrequent }) / Double(max(1, known.count))
    }
  }

  private init?(
    averaging training: any SampleSource, measuredOn validation: any SampleSource,
    _ samples: TaskSamples
  ) throws {
    let targets = samples.target.columns
    let last = LastValues(samples)
    var sums = [(sum: Double, count: Double)](repeating: (0, 0), count: targets.count)
    try training.forEach(limit: Self.mostSamples) { sample in
      for (index, value) in sample.target.numbers.enumerated() where !value.isNaN {
        sums[index % targets.count].sum += Double(value)
        sums[index % targets.count].count += 1
      }
    }
    let means = sums.map { $0.sum / max(1, $0.count) }
    var (error, total) = (0.0, 0)
    try validation.forEach(limit: Self.mostSamples) { sample in
      for (index, value) in sample.target.numbers.enumerated() where !value.isNaN {
        let guess = last?.value(index, of: sample) ?? means[index % targets.count]
        error += (Double(value) - guess) * (Double(value) - guess)
        total += 1
      }
    }
    guard total > 0 else { return nil }
    (loss, accuracy) = (error / Double(total), nil)
    method = last == nil ? "the mean" : "the last value"
  }
}

/// How often each token was seen, one of each more, so that none is impossible.
private struct TokenCounts {
  private var counts: [Double]

  init(size: Int) { counts = Array(repeating: 1, count: max(1, size)) }

  mutating func add(_ tokens: some Sequence<Int32>) {
    for token in tokens where counts.indices.contains(Int(token)) { counts[Int(token)] += 1 }
  }

  /// The token that was seen most.
  var mostFrequent: Int32 { Int32(counts.indices.max { counts[$0] < counts[$1] } ?? 0) }

  /// The mean of -log p over tokens; nil for none.
  func loss(of tokens: ArraySlice<Int32>) -> Double? {
    let total = counts.reduce(0, +)
    let known = tokens.filter { counts.indices.contains(Int($0)) }
    guard !known.isEmpty else { return nil }
    return known.reduce(0) { $0 - logarithm(counts[Int($1)] / total) } / Double(known.count)
  }
}

extension SampleSource {
  /// Goes through the samples, at most some of them.
  func forEach(limit: Int, _ body: (Sample) -> Void) throws {
    var (place, seen) = (SamplePlace(), 0)
    while seen < limit {
      let chunk = try samples(from: &place, limit: min(1024, limit - seen))
      if chunk.isEmpty { return }
      chunk.forEach(body)
      seen += chunk.count
    }
  }
}

extension SampleValue {
  /// The numbers, step after step; none where it has no numbers.
  var numbers: [Float] {
    switch self {
    case .features(let sequence): sequence.values
    case .vector(let numbers): numbers
    case .tokens, .label: []
    }
  }
}
