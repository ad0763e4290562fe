import Checkpoint
import FileCore
import Models

/// The evaluation of a model on data that it is not trained on.
public struct Evaluation: Sendable, Hashable, Codable {
  /// A number with its name: `perplexity`.
  public struct Metric: Sendable, Hashable, Codable {
    /// The name of the metric, as for a table's header.
    public let name: String
    /// The number.
    public let value: Double

    /// A name and its number.
    public init(_ name: String, _ value: Double) {
      self.name = name
      self.value = value
    }

    /// Reads what was encoded.
    public init(from decoder: any Decoder) throws {
      let values = try decoder.container(keyedBy: CodingKeys.self)
      name = try values.decode(String.self, forKey: .name)
      value = try values.decode(AnyNumber.self, forKey: .value).value
    }

    private enum CodingKeys: String, CodingKey { case name, value }

    /// Encodes the number, or as a text one that JSON has not: a perplexity may be infinite.
    public func encode(to encoder: any Encoder) throws {
      var values = encoder.container(keyedBy: CodingKeys.self)
      try values.encode(name, forKey: .name)
      try values.encode(AnyNumber(value: value), forKey: .value)
    }
  }

  /// Numbers over time for a plot: targets or predictions.
  public struct Curve: Sendable, Hashable, Codable {
    /// The curve's name in a legend.
    public let name: String
    /// Its values, one for each step.
    public let values: [Double]

    /// A name and its values.
    public init(_ name: String, _ values: [Double]) {
      self.name = name
      self.values = values
    }
  }

  /// A class, tag or character of a test set that the model does not know.
  public struct UnknownTarget: Sendable, Hashable, Codable {
    /// Its name.
    public let name: String
    /// How often it occurs; each time counts as a wrong answer.
    public let count: Int

    /// The name and the number for messages: `meh (3)`; white space and other marks stand in quotes.
    fileprivate var description: String {
      let isWord = name.unicodeScalars.contains { $0.properties.isAlphabetic || $0.value > 0x2000 }
      let text = name.unicodeScalars.map { $0.escaped(asASCII: false) }.joined()
      return (isWord || Double(name) != nil ? name : "\"\(text)\"") + " (\(count))"
    }

    /// A name and how often it occurs.
    public init(name: String, count: Int) {
      self.name = name
      self.count = count
    }
  }

  /// The mean loss, which determines the best model; over the targets that the model knows.
  public var loss: Double
  /// Other metrics, the most important first.
  public var metrics: [Metric]
  /// The confusion matrix of a classifier or tagger.
  public var confusion: ConfusionMatrix?
  /// The target and prediction curves of a forecaster.
  public var curves: [Curve]
  /// Example answers, one line each.
  public var samples: [String]
  /// Answers beside the right ones, the worst first; then some that are right.
  public var answers: [Answer] = []
  /// Predicted numbers beside the true ones, for each column.
  public var comparisons: [Comparison] = []
  /// Classes, tags or characters that the model does not know; none while training.
  public var unknownTargets: [UnknownTarget] = []

  private enum CodingKeys: String, CodingKey {
    case loss, metrics, confusion, curves, samples, answers, comparisons
  }

  /// An evaluation of a loss and other metrics.
  public init(
    loss: Double, metrics: [Metric] = [], confusion: ConfusionMatrix? = nil,
    curves: [Curve] = [], samples: [String] = []
  ) {
    self.loss = loss
    self.metrics = metrics
    self.confusion = confusion
    self.curves = curves
    self.samples = samples
  }

  /// Reads what was encoded, also by versions that knew no answers and comparisons.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    loss = try values.decode(AnyNumber.self, forKey: .loss).value
    metrics = try values.decode([Metric].self, forKey: .metrics)
    confusion = try values.decodeIfPresent(ConfusionMatrix.self, forKey: .confusion)
    curves = try values.decode([Curve].self, forKey: .curves)
    samples = try values.decode([String].self, forKey: .samples)
    answers = try values.decodeIfPresent([Answer].self, forKey: .answers) ?? []
    comparisons = try values.decodeIfPresent([Comparison].self, forKey: .comparisons) ?? []
  }

  /// Encodes all but the unknown targets, of which a training has none.
  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(AnyNumber(value: loss), forKey: .loss)
    try values.encode(metrics, forKey: .metrics)
    try values.encodeIfPresent(confusion, forKey: .confusion)
    try values.encode(curves, forKey: .curves)
    try values.encode(samples, forKey: .samples)
    try values.encode(answers, forKey: .answers)
    try values.encode(comparisons, forKey: .comparisons)
  }

  /// The metric of a name.
  public subscript(name: String) -> Double? { metrics.first { $0.name == name }?.value }

  /// One line: `loss 0.2471, perplexity 1.280`.
  public var line: String {
    let others = metrics.map { "\($0.name) \($0.value.significant)" }
    return (["loss \(loss.significant)"] + others).joined(separator: ", ")
  }

  /// One line that lists the targets which the model does not know; nil if it knows all.
  public var remark: String? {
    guard !unknownTargets.isEmpty else { return nil }
    return "unknown to the model, counted as wrong: " + unknownTargets.map(\.description).listed()
  }

  /// One line of JSON with all metrics.
  public var json: String { json(beside: nil) }

  /// One line of JSON with all metrics, what guessing gives, and further members.
  public func json(beside guess: Baseline?, _ more: [String: JSONValue] = [:]) -> String {
    let others = metrics.map { ($0.name, JSONValue($0.value)) }
    var members = Dictionary(others, uniquingKeysWith: { first, _ in first })
    members.merge(more) { first, _ in first }
    members["loss"] = JSONValue(loss)
    if let confusion {
      let rows = confusion.rows.map { row in
        let measures = [
          "precision": row.precision, "recall": row.recall, "F1": row.f1,
        ].mapValues { JSONValue($0) }
        return (ExactString(row.name), JSONValue(members: measures))
      }
      members["classes"] = .object(
        Dictionary(rows, uniquingKeysWith: { first, _ in first }))
    }
    if let guess {
      var own = ["loss": JSONValue(guess.loss), "method": .string(guess.method)]
      if let accuracy = guess.accuracy { own["accuracy"] = JSONValue(accuracy) }
      members["guessing"] = JSONValue(members: own)
    }
    if !unknownTargets.isEmpty {
      let counts = unknownTargets.map {
        (ExactString($0.name), JSONValue($0.count))
      }
      members["unknown targets"] = .object(
        Dictionary(counts, uniquingKeysWith: { first, _ in first }))
    }
    return JSONValue(members: members).text
  }
}
