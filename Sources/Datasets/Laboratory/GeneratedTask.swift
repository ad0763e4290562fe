import Requirements

/// A task whose samples are drawn at random: the laboratory of recurrent networks.
///
/// A task of one's own states its two sides, its levels, and how one sample is drawn; samples by seed,
/// for training and validation, follow.
///
/// ```swift
/// let task = AddingProblem(length: 100).samples(seed: 7, training: 20_000, validation: 1_000)
/// ```
public protocol GeneratedTask: Dataset {
  /// What models read.
  var input: ValueKind { get }
  /// What they answer.
  var target: ValueKind { get }
  /// How their steps belong together.
  var alignment: Alignment { get }
  /// How many steps later the answer's numbers are, in a forecast of the input's.
  var stepsAhead: Int? { get }
  /// What guessing without memory gives, and what counts as solved.
  var levels: TaskLevels { get }

  /// Draws a sample.
  ///
  /// It must depend on the numbers drawn alone.
  func sample(using generator: inout some RandomNumberGenerator) -> Sample
}

extension GeneratedTask {
  /// In step.
  public var alignment: Alignment { .inStep }
  /// Nil: no forecast.
  public var stepsAhead: Int? { nil }

  /// So many samples for training and so many others for validation, the same for the same seed.
  public func samples(
    seed: UInt64 = 1, training: Int = 50_000, validation: Int = 1_000
  ) -> TaskSamples {
    TaskSamples(
      input: input, target: target, alignment: alignment, stepsAhead: stepsAhead,
      training: GeneratedSamples(self, count: training, seed: seed, part: 0),
      validation: GeneratedSamples(self, count: validation, seed: seed, part: 1),
      levels: levels)
  }

  /// Fifty thousand samples for training, a thousand for validation.
  public func read() -> TaskSamples { samples() }
}

/// Samples of a task that are drawn when they are asked for, each by its number alone.
public struct GeneratedSamples<Task: GeneratedTask>: IndexedSamples {
  /// The task.
  public let task: Task
  /// The number of samples.
  public let sampleCount: Int
  private let seed: UInt64
  private let part: UInt64

  /// Samples of a part: any two parts of a seed are drawn from unrelated numbers.
  ///
  /// - Precondition: `count` is not negative, `part` is below 256.
  public init(_ task: Task, count: Int, seed: UInt64, part: UInt64 = 0) {
    require(
      count >= 0 && part < 256,
      "expected a number of samples of 0 or more and a part below 256, found \(count) and \(part)")
    self.task = task
    sampleCount = count
    self.seed = seed
    self.part = part
  }

  /// The sample number `index`.
  public func sample(at index: Int) -> Sample {
    require(0..<sampleCount ~= index, "expected a sample in 0..<\(sampleCount), found \(index)")
    var generator = SplitMix64(seed: seed, stream: part << 56 | UInt64(index))
    return task.sample(using: &generator)
  }
}

/// A language of sequences: who writes freely is measured by how much of it is legal.
public protocol SequenceLanguage: Sendable {
  /// Whether a whole sequence of target tokens belongs to the language, for a sample's input where the
  /// task has one that decides it.
  func isLegal(_ tokens: [Int32], for input: SampleValue?) -> Bool
}

extension RandomNumberGenerator {
  /// A number in 0..<1 from one draw, a multiple of 2^-53.
  package mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// A number of mean 0 and variance 1 from twelve draws, close to normal; the same on all platforms.
  package mutating func gauss() -> Double {
    (0..<12).reduce(-6) { sum, _ in sum + uniform() }
  }

  /// One of some elements from one draw.
  package mutating func pick<Element>(_ elements: [Element]) -> Element {
    elements[draw(below: elements.count)]
  }
}
