import Datasets
import Requirements

/// What a model's last layer gives for each tag or number, beside what ``SequenceInterface`` determines.
public enum OutputHead: Hashable, Sendable {
  /// Logits for classes and tags, one number for numbers.
  case plain
  /// Scores of tags and of pairs of neighbours: a ``ConditionalRandomField`` over the tags of a sequence.
  case chain
  /// Quantiles of each number, at rising shares between 0 and 1.
  case quantiles([Double])
  /// The parameters of a distribution of each number.
  case likelihood(Likelihood)

  /// Whether its loss is another measure than the squared error, so that levels and guesses in that measure say nothing.
  package var hasOwnLoss: Bool {
    switch self {
    case .plain, .chain: false
    case .quantiles, .likelihood: true
    }
  }

  /// The most quantiles.
  private static let mostQuantiles = 99

  func validate(for interface: SequenceInterface) throws(InvalidSetting) {
    switch self {
    case .plain: return
    case .chain:
      guard interface.shape == .manyToManyInStep, interface.target.isDiscrete else {
        throw InvalidSetting(
          "random field", expected: "a tag at each step", found: interface.target.word)
      }
    case .quantiles(let levels):
      try Self.validate(levels)
      try Self.checkNumbers(interface, "quantiles")
    case .likelihood: try Self.checkNumbers(interface, "likelihood")
    }
  }

  private static func validate(_ levels: [Double]) throws(InvalidSetting) {
    try InvalidSetting.check("quantiles", levels.count, in: 1...mostQuantiles)
    let isRising = zip(levels, levels.dropFirst()).allSatisfy { $0 < $1 }
    guard isRising, levels.allSatisfy({ 0 < $0 && $0 < 1 }) else {
      throw InvalidSetting(
        "quantiles", expected: "rising shares between 0 and 1",
        found: levels.map { "\($0)" }.joined(separator: ","))
    }
  }

  private static func checkNumbers(
    _ interface: SequenceInterface, _ name: String
  ) throws(InvalidSetting) {
    guard !interface.target.isDiscrete else {
      throw InvalidSetting(name, expected: "numbers as answers", found: interface.target.word)
    }
  }
}

/// The distributions that a likelihood head gives.
public enum Likelihood: String, Codable, CaseIterable, Sendable {
  /// A mean and a standard deviation.
  case gaussian
  /// A location, a scale and degrees of freedom: for errors with outliers.
  case student
  /// A mean and a dispersion: for counts.
  case negativeBinomial = "negative-binomial"
}

extension OutputHead: LosslessStringConvertible, Codable {
  /// Parses `plain`, `crf`, `quantiles:0.1,0.5,0.9` or the name of a ``Likelihood``; nil for any other text.
  public init?(_ text: String) {
    let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
    switch parts.first {
    case "plain" where parts.count == 1: self = .plain
    case "crf" where parts.count == 1: self = .chain
    case "quantiles" where parts.count == 2:
      let levels = parts[1].split(separator: ",", omittingEmptySubsequences: false).map {
        Double(String($0))
      }
      guard levels.allSatisfy({ $0 != nil }) else { return nil }
      self = .quantiles(levels.compactMap(\.self))
    default:
      guard let likelihood = Likelihood(rawValue: text) else { return nil }
      self = .likelihood(likelihood)
    }
  }

  /// The text that ``init(_:)`` reads.
  public var description: String {
    switch self {
    case .plain: "plain"
    case .chain: "crf"
    case .quantiles(let levels): "quantiles:" + levels.map { "\($0)" }.joined(separator: ",")
    case .likelihood(let likelihood): likelihood.rawValue
    }
  }

  /// Encodes the text.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }

  /// Decodes the text.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    guard let head = OutputHead(text) else {
      throw DecodingError.dataCorruptedError(
        in: container,
        debugDescription:
          "expected plain, crf, quantiles:0.1,0.9, gaussian, student or negative-binomial, found \(text)"
      )
    }
    self = head
  }
}
