import Datasets
import FileCore

/// The input and answer of a model: their kinds, with all names, tokenizers and scales.
public struct SequenceInterface: Codable, Sendable {
  /// The input.
  public let input: ValueKind
  /// The answer.
  public let target: ValueKind
  /// How the steps of input and answer are aligned, if both are sequences.
  public let alignment: Alignment
  /// The number of steps that the model predicts ahead, if it predicts the numbers that it reads.
  public let stepsAhead: Int?

  /// An interface of an input and an answer.
  public init(
    input: ValueKind, target: ValueKind, alignment: Alignment = .inStep, stepsAhead: Int? = nil
  ) {
    self.input = input
    self.target = target
    self.alignment = alignment
    self.stepsAhead = stepsAhead
  }

  /// The interface of a task's samples.
  public init(_ samples: TaskSamples) {
    self.init(
      input: samples.input, target: samples.target, alignment: samples.alignment,
      stepsAhead: samples.stepsAhead)
  }

  /// The shape of the task: one-to-many, many-to-one, ...
  public var shape: SequenceShape { alignment.shape(of: input, target) }

  /// Whether the model writes its answer token by token and decides its length.
  package var writes: Bool { shape == .oneToMany || shape == .manyToManyDelayed }

  /// Whether the answer is a sequence whose length is the model's choice.
  package var choosesLength: Bool { writes || shape == .manyToManyOrdered }

  func validate() throws(InvalidSetting) {
    for (name, kind) in [("input", input), ("target", target)] {
      try InvalidSetting.check("\(name)'s size", kind.size, in: 1...InvalidSetting.mostNames)
    }
    if let stepsAhead {
      try InvalidSetting.check("steps ahead", stepsAhead, in: 1...1_000_000)
      guard shape == .manyToManyInStep, !target.isDiscrete, input.columns == target.columns else {
        throw InvalidSetting(
          "forecast", expected: "the columns that are read, \(input.names.listed())",
          found: target.names.listed())
      }
    }
    if choosesLength, !target.isDiscrete {
      throw InvalidSetting(
        "target", expected: "text or symbols, for a model that writes", found: target.word)
    }
  }
}
