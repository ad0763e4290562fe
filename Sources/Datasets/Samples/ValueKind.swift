import FileCore

/// The kind of a task's input or target, with the names, tokenizer or scales that a model needs to be used after
/// training.
public enum ValueKind: Sendable {
  /// Token IDs of a text, [T], by a tokenizer.
  case text(any Tokenizer)
  /// IDs of named symbols, [T]: separated words, tags, phonemes.
  case symbols(Vocabulary)
  /// A vector at each step, [T, F].
  case features([Column])
  /// One class.
  case label(Vocabulary)
  /// One vector, [F].
  case vector([Column])

  /// Whether it has steps.
  public var isSequence: Bool {
    switch self {
    case .text, .symbols, .features: true
    case .label, .vector: false
    }
  }

  /// Whether values are IDs, not numbers.
  public var isDiscrete: Bool {
    switch self {
    case .text, .symbols, .label: true
    case .features, .vector: false
    }
  }

  /// The number of IDs, or F, the number of features.
  public var size: Int {
    switch self {
    case .text(let tokenizer): tokenizer.vocabulary.count
    case .symbols(let names), .label(let names): names.count
    case .features(let columns), .vector(let columns): columns.count
    }
  }

  /// Printable names of the IDs or the features.
  public var names: [String] {
    switch self {
    case .text(let tokenizer): tokenizer.vocabulary
    case .symbols(let names), .label(let names): names.names
    case .features(let columns), .vector(let columns): columns.map(\.name)
    }
  }

  /// One word for messages: `text`, `symbols`, `features`, `label` or `vector`.
  public var word: String {
    switch self {
    case .text: "text"
    case .symbols: "symbols"
    case .features: "features"
    case .label: "label"
    case .vector: "vector"
    }
  }

  /// The error in a value of this kind: expected and found; nil if it is valid.
  func fault(in value: SampleValue, isTarget: Bool) -> (expected: String, found: String)? {
    func idFault(_ ids: [Int32]) -> (String, String)? {
      let size = size
      let wrong = ids.first {
        !(0..<size).contains(Int($0)) && !(isTarget && $0 == SampleValue.ignored)
      }
      return wrong.map { ("ids below \(size)", "\($0)") }
    }
    func numberFault(_ numbers: [Float], _ width: Int) -> (String, String)? {
      guard width == size else { return (size.counted("numbers"), width.grouped) }
      let wrong = numbers.first { !$0.isFinite && !(isTarget && $0.isNaN) }
      return wrong.map { ("finite numbers", "\($0)") }
    }
    return switch (self, value) {
    case (.text, .tokens(let ids)), (.symbols, .tokens(let ids)): idFault(ids)
    case (.label, .label(let id)): idFault([id])
    case (.features, .features(let sequence)): numberFault(sequence.values, sequence.width)
    case (.vector, .vector(let numbers)): numberFault(numbers, numbers.count)
    default: (word, value.word)
    }
  }
}

extension SampleValue {
  fileprivate var word: String {
    switch self {
    case .tokens: "tokens"
    case .features: "features"
    case .label: "label"
    case .vector: "vector"
    }
  }
}

/// A column of numbers: its name, and the scaling of its numbers for a model.
///
/// Samples contain `(number - offset) / scale`.
public struct Column: Codable, Hashable, Sendable {
  /// The column's name.
  public var name: String
  /// The number that is subtracted: the training part's mean, or 0.
  public var offset: Double
  /// The divisor: the training part's standard deviation, or 1.
  public var scale: Double

  /// A column; by default without scaling.
  public init(_ name: String, offset: Double = 0, scale: Double = 1) {
    self.name = name
    self.offset = offset
    self.scale = scale
  }

  /// A column scaled to mean 0 and standard deviation 1; a constant column has scale 1.
  ///
  /// Numbers that are not finite are ignored.
  public init(_ name: String, standardizing numbers: some Collection<Double>) {
    var scale = RunningScale()
    for number in numbers where number.isFinite { scale.add(number) }
    self.init(name, offset: scale.mean, scale: scale.deviation)
  }

  /// The scaled number for samples.
  public func scaled(_ number: Double) -> Float { Float((number - offset) / scale) }

  /// The unscaled number of a sample's value.
  public func number(of value: Float) -> Double { Double(value) * scale + offset }

  /// The unscaled number with as many digits as a sample's value determines: 1 where ``number(of:)`` is 0.99999994.
  ///
  /// It is the number of fewest digits whose ``scaled(_:)`` value is this one, but for the rounding of single precision.
  package func shownNumber(of value: Float) -> Double {
    let number = number(of: value)
    let rounding = max(Double(value.ulp) * scale.magnitude, Double(Float(number).ulp)) / 2
    // The double-precision arithmetic of scaling adds a little.
    return number.shortest(within: rounding * (1 + 1e-6))
  }
}

extension ValueKind: Codable {
  private enum CodingKeys: String, CodingKey { case kind, tokenizer, names, columns }

  /// Writes the kind's word, and its tokenizer, names or columns.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(word, forKey: .kind)
    switch self {
    case .text(let tokenizer):
      try container.encode(AnyTokenizer(tokenizer), forKey: .tokenizer)
    case .symbols(let names), .label(let names): try container.encode(names, forKey: .names)
    case .features(let columns), .vector(let columns):
      try container.encode(columns, forKey: .columns)
    }
  }

  /// Decodes a kind; the kinds of tokenizer are those of the decoder's ``TokenizerRegistry``.
  ///
  /// - Throws: `DecodingError` if a part is missing, malformed or unknown.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    let word = try container.decode(String.self, forKey: .kind)
    switch word {
    case "text":
      self = .text(try container.decode(AnyTokenizer.self, forKey: .tokenizer).base)
    case "symbols": self = .symbols(try container.decode(Vocabulary.self, forKey: .names))
    case "label": self = .label(try container.decode(Vocabulary.self, forKey: .names))
    case "features": self = .features(try container.decode([Column].self, forKey: .columns))
    case "vector": self = .vector(try container.decode([Column].self, forKey: .columns))
    default:
      throw DecodingError.dataCorruptedError(
        forKey: .kind, in: container,
        debugDescription: "expected text, symbols, features, label or vector, found \(word)")
    }
  }
}
