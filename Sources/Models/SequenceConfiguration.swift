import Cells
import Datasets

/// The options and sizes of a model of sequences. What it reads and answers is its ``SequenceInterface``.
///
/// Options that a file does not know have their defaults.
public struct SequenceConfiguration: Hashable, Sendable {
  /// The cell of every layer.
  public var cell: NamedCell
  /// The numbers that stand for a token or class, E.
  public var embeddingSize = 32
  /// The units of every layer, H.
  public var hiddenSize = 64
  /// The number of layers, L.
  public var layers = 1
  /// The share of the units that is dropped between layers, and before the output, while learning.
  public var dropout: Float = 0
  /// Whether the input is read in both directions.
  public var isBidirectional = false
  /// How the outputs of the two directions become one, where there are two.
  public var merge = Recurrent.Merge.concatenate
  /// What is put around the cell of every layer.
  public var recurrent = Recurrent.Options()
  /// How one answer comes about from all steps, where there is one answer.
  public var pooling = Pooling.last
  /// How a decoder looks at what was read, where there is a decoder.
  public var attention = Attention.dot
  /// How often a decoder learns from the right answer so far, and not from its own.
  public var teacherForcing = TeacherForcing.always

  /// One layer of 64 units of a cell from a registry, forwards.
  public init(cell: NamedCell) {
    self.cell = cell
  }

  /// Checks that a model of these sizes can be, for data of given kinds.
  ///
  /// - Throws: ``InvalidSetting`` with the first number that is out of range.
  public func validate(for interface: SequenceInterface) throws(InvalidSetting) {
    try InvalidSetting.check("embedding size", embeddingSize, in: 1...InvalidSetting.largestSize)
    try InvalidSetting.check("hidden size", hiddenSize, in: 1...InvalidSetting.largestSize)
    try InvalidSetting.check("layers", layers, in: 1...InvalidSetting.mostLayers)
    guard dropout >= 0, dropout < 1 else {
      throw InvalidSetting("dropout", expected: "a share from 0 to below 1", found: dropout)
    }
    try teacherForcing.validate()
    try interface.validate()
    let sides = [interface.input] + (interface.writes ? [interface.target] : [])
    let sizes = Set(sides.map { $0.isDiscrete ? embeddingSize : $0.size })
    for size in sizes {
      for direction in [direction, .forward] {
        try recurrent.validate(
          for: cell, inputSize: size, hiddenSize: hiddenSize, layers: layers, direction: direction)
      }
    }
    if isBidirectional, merge == .concatenate, interface.shape == .manyToManyDelayed,
      attention == .dot
    {
      throw InvalidSetting(
        "attention", expected: "general, additive or none over both directions", found: "dot")
    }
    guard isBidirectional, interface.shape == .oneToMany else { return }
    throw InvalidSetting(
      "directions", expected: "one, for a model that writes from a single value", found: 2)
  }

  /// The directions that the input is read in.
  var direction: Recurrent.Direction {
    isBidirectional ? .bidirectional(merge: merge) : .forward
  }
}

extension SequenceConfiguration: Codable {
  private enum CodingKeys: String, CodingKey {
    case cell, embeddingSize, hiddenSize, layers, dropout, isBidirectional, pooling, attention
    case teacherForcing, merge, recurrent
  }

  /// Reads what was encoded; what is missing has its default.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    self.init(cell: try values.decode(NamedCell.self, forKey: .cell))
    func read<Value: Decodable>(_ key: CodingKeys, _ value: inout Value) throws {
      value = try values.decodeIfPresent(Value.self, forKey: key) ?? value
    }
    try read(.embeddingSize, &embeddingSize)
    try read(.hiddenSize, &hiddenSize)
    try read(.layers, &layers)
    try read(.dropout, &dropout)
    try read(.isBidirectional, &isBidirectional)
    try read(.pooling, &pooling)
    try read(.attention, &attention)
    try read(.teacherForcing, &teacherForcing)
    try read(.merge, &merge)
    try read(.recurrent, &recurrent)
  }
}

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
