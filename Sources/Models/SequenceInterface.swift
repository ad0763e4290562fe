import Datasets

/// What a model reads and what it answers: the kinds of both sides, with all names, tokenizers and scales.
public struct SequenceInterface: Codable, Sendable {
  /// What it reads.
  public let input: ValueKind
  /// What it answers.
  public let target: ValueKind
  /// How the steps of the two belong together, where both have steps.
  public let alignment: Alignment
  /// How many steps later the answer's numbers are, where the model foretells the numbers that it reads.
  public let stepsAhead: Int?

  /// Two sides.
  public init(
    input: ValueKind, target: ValueKind, alignment: Alignment = .inStep, stepsAhead: Int? = nil
  ) {
    self.input = input
    self.target = target
    self.alignment = alignment
    self.stepsAhead = stepsAhead
  }

  /// The sides of a task's samples.
  public init(_ samples: TaskSamples) {
    self.init(
      input: samples.input, target: samples.target, alignment: samples.alignment,
      stepsAhead: samples.stepsAhead)
  }

  /// Which of the shapes of sequence work this is.
  public var shape: SequenceShape {
    switch (input.isSequence, target.isSequence) {
    case (false, false): .oneToOne
    case (false, true): .oneToMany
    case (true, false): .manyToOne
    case (true, true): alignment == .inStep ? .manyToManyInStep : .manyToManyDelayed
    }
  }

  /// Whether the model writes a sequence of its own length, token by token.
  package var writes: Bool { shape == .oneToMany || shape == .manyToManyDelayed }

  func validate() throws(InvalidSetting) {
    for (name, kind) in [("input", input), ("target", target)] {
      try InvalidSetting.check("\(name)'s size", kind.size, in: 1...InvalidSetting.mostNames)
    }
    if let stepsAhead {
      try InvalidSetting.check("steps ahead", stepsAhead, in: 1...1_000_000)
      guard shape == .manyToManyInStep, !target.isDiscrete, input.columns == target.columns else {
        throw InvalidSetting(
          "forecast", expected: "the columns that are read, \(input.names.joined(separator: ", "))",
          found: target.names.joined(separator: ", "))
      }
    }
    if writes, !target.isDiscrete {
      throw InvalidSetting(
        "target", expected: "text or symbols, for a model that writes", found: target.word)
    }
  }
}
