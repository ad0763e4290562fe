import Checkpoint
import FileCore
import Models

/// A model measured on data that it does not learn from.
public struct Evaluation: Sendable, Hashable, Codable {
  /// A number with its name: `perplexity`.
  public struct Metric: Sendable, Hashable, Codable {
    /// What is measured, in words for a table's head.
    public let name: String
    /// The number.
    public let value: Double

    /// A name and its number.
    public init(_ name: String, _ value: Double) {
      self.name = name
      self.value = value
    }
  }

  /// Numbers over time for a plot: what came, and what the model said would come.
  public struct Curve: Sendable, Hashable, Codable {
    /// What the curve is called in a legend.
    public let name: String
    /// Its values, one a step.
    public let values: [Double]

    /// A name and its values.
    public init(_ name: String, _ values: [Double]) {
      self.name = name
      self.values = values
    }
  }

  /// The mean loss, by which the best model is chosen.
  public var loss: Double
  /// What else was measured, the most telling first.
  public var metrics: [Metric]
  /// Which class was taken for which, for a classifier or tagger.
  public var confusion: ConfusionMatrix?
  /// Curves to lay over each other, for a forecaster.
  public var curves: [Curve]
  /// What the model makes of some inputs, each a line for people.
  public var samples: [String]

  /// A loss with what else was measured.
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

  /// The metric of a name.
  public subscript(name: String) -> Double? { metrics.first { $0.name == name }?.value }

  /// One line: `loss 0.2471, perplexity 1.280`.
  public var line: String {
    let others = metrics.map { "\($0.name) \($0.value.text(4))" }
    return (["loss \(loss.text(4))"] + others).joined(separator: ", ")
  }

  /// One line of JSON with all that was measured.
  public var json: String {
    let others = metrics.map { ($0.name, JSONValue.number("\($0.value)")) }
    var members = Dictionary(others, uniquingKeysWith: { first, _ in first })
    members["loss"] = .number("\(loss)")
    for (name, value) in members where value == .number("nan") || value == .number("inf") {
      members[name] = .null
    }
    if let confusion {
      let rows = confusion.rows.map { row in
        let measures = [
          "precision": row.precision, "recall": row.recall, "F1": row.f1,
        ].mapValues { JSONValue.number("\($0)") }
        return (ExactString(row.name), JSONValue(members: measures))
      }
      members["classes"] = .object(
        Dictionary(rows, uniquingKeysWith: { first, _ in first }))
    }
    return JSONValue(members: members).text
  }
}
