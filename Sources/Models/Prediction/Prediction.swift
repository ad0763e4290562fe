import Checkpoint
import Datasets
import FileCore

/// A model's answer to one input.
public struct Prediction: Sendable {
  /// The input.
  public let input: SampleValue
  /// The answer.
  public let answer: SampleValue
  /// The answer's probability, for a class or a written sequence.
  public let probability: Double?
  /// The probabilities of all classes, for a class.
  public let probabilities: [Double]
  /// Rising quantiles of the answer's numbers, by a model with a head for them: see ``OutputHead``.
  public let quantiles: [Quantile]

  /// Numbers that are not exceeded with a probability.
  public struct Quantile: Sendable {
    /// The probability.
    public let share: Double
    /// The numbers.
    public let value: SampleValue
  }

  init(
    _ input: SampleValue, _ answer: SampleValue, probability: Double? = nil,
    probabilities: [Double] = [], quantiles: [Quantile] = []
  ) {
    self.input = input
    self.answer = answer
    self.probability = probability
    self.probabilities = probabilities
    self.quantiles = quantiles
  }

  /// The answer as text; numbers with quantiles have the first and the last of them behind: `0.52 (0.31 to 0.74)`.
  public func text(_ interface: SequenceInterface) -> String {
    let kind = interface.target
    guard let low = quantiles.first?.value.steps, let high = quantiles.last?.value.steps,
      quantiles.count > 1
    else { return kind.text(of: answer) }
    let texts = zip(answer.steps, zip(low, high)).map { step, bounds in
      "\(kind.text(of: step)) (\(kind.text(of: bounds.0)) to \(kind.text(of: bounds.1)))"
    }
    return texts.joined(separator: "; ")
  }

  /// The same line with the input as it was written, and other fields of its line.
  public func json(
    _ interface: SequenceInterface, input: JSONValue, others: [ExactString: JSONValue]
  ) -> String {
    guard case .object(let own) = object(interface) else { return json(interface) }
    var members = others.merging(own) { _, own in own }
    members["input"] = input
    return JSONValue.object(members).text
  }

  /// One line of JSON: `{"answer":"XY","input":"EacXbYB","probability":0.98}`. For a class it has the probabilities of
  /// all classes, for numbers with quantiles these by their shares; numbers are in their original scale.
  public func json(_ interface: SequenceInterface) -> String { object(interface).text }

  private func object(_ interface: SequenceInterface) -> JSONValue {
    var members = [
      "input": interface.input.json(of: input), "answer": interface.target.json(of: answer),
    ]
    if let probability { members["probability"] = JSONValue(Float(probability)) }
    if !probabilities.isEmpty {
      let pairs = zip(interface.target.names, probabilities).map { name, probability in
        (ExactString(name), JSONValue(Float(probability)))
      }
      members["probabilities"] = .object(Dictionary(pairs) { first, _ in first })
    }
    if !quantiles.isEmpty {
      members["quantiles"] = JSONValue(
        members: Dictionary(
          uniqueKeysWithValues: quantiles.map {
            ("\($0.share)", interface.target.json(of: $0.value))
          }))
    }
    return JSONValue(members: members)
  }
}

extension SampleValue {
  /// The vectors of all steps, or the one.
  fileprivate var steps: [SampleValue] {
    guard case .features(let sequence) = self else { return [self] }
    return (0..<sequence.count).map { .vector(Array(sequence[$0])) }
  }
}

extension ValueKind {
  /// A value as JSON: text as a string, symbols as strings, numbers in their original scale.
  func json(of value: SampleValue) -> JSONValue {
    func numbers(_ values: some Sequence<Float>) -> JSONValue {
      .array(
        zip(values, columns).map { value, column in JSONValue(Float(column.shownNumber(of: value)))
        })
    }
    switch (self, value) {
    case (.symbols(let names), .tokens(let ids)):
      return .array(ids.map { $0 < 0 ? .null : .string(names.name(of: $0)) })
    case (_, .features(let sequence)):
      return .array((0..<sequence.count).map { numbers(sequence[$0]) })
    case (_, .vector(let values)): return numbers(values)
    default: return .string(text(of: value))
    }
  }
}
