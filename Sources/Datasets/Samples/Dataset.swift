import FileCore

/// The samples of a task.
///
/// A dataset of one's own is a type with a name and a way to come by its samples:
///
/// ```swift
/// struct Signs: Dataset {
///   let name = "signs"
///   func read() throws -> TaskSamples {
///     let samples = [Sample(.vector([-1]), .label(0)), Sample(.vector([2]), .label(1))]
///     return TaskSamples(
///       input: .vector([Column("x")]), target: .label(Vocabulary(["minus", "plus"])),
///       training: ArraySamples(samples))
///   }
/// }
/// ```
///
/// It is used directly, or by name through a ``DatasetRegistry``.
public protocol Dataset: Sendable {
  /// What it is called in messages and in a checkpoint.
  var name: String { get }

  /// Opens, reads or makes the samples.
  ///
  /// - Throws: ``DatasetError``, or an error of the dataset's own.
  func read() throws -> TaskSamples
}

/// The samples of a dataset and what their two sides mean.
public struct TaskSamples: Sendable {
  /// What models read.
  public var input: ValueKind
  /// What they answer.
  public var target: ValueKind
  /// How the steps of the two sides belong together, where both have steps.
  public var alignment: Alignment
  /// How many steps later the answer's numbers are, where they are the same columns as the input's: a forecast.
  public var stepsAhead: Int?
  /// What a model learns from.
  public var training: any SampleSource
  /// What it is measured on and never learns from; nil where there is nothing.
  public var validation: (any SampleSource)?
  /// What guessing gives and what counts as solved, where that is known.
  public var levels: TaskLevels?
  /// What was malformed and passed over, where that was asked for.
  public var skipped: SkippedRows
  /// What was decided about the file that they are of; nil for others.
  public var form: FileForm?

  /// Samples and their meaning.
  public init(
    input: ValueKind, target: ValueKind, alignment: Alignment = .inStep, stepsAhead: Int? = nil,
    training: any SampleSource, validation: (any SampleSource)? = nil, levels: TaskLevels? = nil,
    skipped: SkippedRows = SkippedRows(), form: FileForm? = nil
  ) {
    self.input = input
    self.target = target
    self.alignment = alignment
    self.stepsAhead = stepsAhead
    self.training = training
    self.validation = validation
    self.levels = levels
    self.skipped = skipped
    self.form = form
  }

  /// Which of the shapes of sequence work this is.
  public var shape: SequenceShape { alignment.shape(of: input, target) }

  /// Checks that a sample is of these kinds, and that steps which belong together are as many.
  ///
  /// - Throws: ``DatasetError/badSample(index:what:expected:found:)``.
  public func check(_ sample: Sample, index: Int) throws(DatasetError) {
    if let fault = input.fault(in: sample.input, isTarget: false) {
      throw .badSample(
        index: index, what: "input", expected: fault.expected, found: fault.found)
    }
    if let fault = target.fault(in: sample.target, isTarget: true) {
      throw .badSample(
        index: index, what: "target", expected: fault.expected, found: fault.found)
    }
    guard alignment == .inStep, let steps = sample.input.length, let answers = sample.target.length
    else { return }
    guard steps == answers else {
      throw .badSample(
        index: index, what: "target",
        expected: steps.counted("steps") + ", as the input has",
        found: answers.grouped)
    }
  }
}

/// How the steps of an input and of its target belong together.
public enum Alignment: String, Codable, CaseIterable, Sendable {
  /// Each step of the input has one answer: both have the same length.
  case inStep
  /// The answer is a sequence of its own length, given when the input is read to its end.
  case delayed
  /// The answer's parts come in the order of the input, at most as many as its steps, but which step says which is not known:
  /// speech to letters.
  case ordered

  /// The shape of a task with this alignment where both sides are sequences.
  package func shape(of input: ValueKind, _ target: ValueKind) -> SequenceShape {
    switch (input.isSequence, target.isSequence, self) {
    case (false, false, _): .oneToOne
    case (false, true, _): .oneToMany
    case (true, false, _): .manyToOne
    case (true, true, .inStep): .manyToManyInStep
    case (true, true, .delayed): .manyToManyDelayed
    case (true, true, .ordered): .manyToManyOrdered
    }
  }
}

/// The shapes of sequence work.
public enum SequenceShape: String, Codable, CaseIterable, Sendable {
  /// One value gives one value.
  case oneToOne
  /// One value gives a sequence.
  case oneToMany
  /// A sequence gives one value.
  case manyToOne
  /// Each step of a sequence gives one value.
  case manyToManyInStep
  /// A sequence gives another sequence.
  case manyToManyDelayed
  /// A sequence gives a shorter one in its own order, without an alignment.
  case manyToManyOrdered
}
