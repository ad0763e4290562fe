import Requirements

/// A synthetic task with random samples, for experiments with recurrent networks.
///
/// A conforming type defines its input and target, its levels, and how one sample is generated; sets of samples by
/// seed, for training and validation, follow.
///
/// ```swift
/// let task = AddingProblem(length: 100).samples(seed: 7, training: 20_000, validation: 1_000)
/// ```
public protocol GeneratedTask: Dataset {
  /// The input.
  var input: ValueKind { get }
  /// The target.
  var target: ValueKind { get }
  /// How the steps of input and target are aligned.
  var alignment: Alignment { get }
  /// The number of steps that the target is ahead, if it is a forecast of the input.
  var stepsAhead: Int? { get }
  /// The baseline without memory, and the goal that counts as solved.
  var levels: TaskLevels { get }

  /// Generates a sample.
  ///
  /// It must depend only on the random numbers.
  func sample(using generator: inout some RandomNumberGenerator) -> Sample
}

extension GeneratedTask {
  /// In step: one answer for each step.
  public var alignment: Alignment { .inStep }
  /// Nil: no forecast.
  public var stepsAhead: Int? { nil }

  /// Samples for training and other samples for validation, equal for equal seeds.
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

/// Samples of a task, generated on access; each depends only on seed, part and index.
public struct GeneratedSamples<Task: GeneratedTask>: IndexedSamples {
  /// The task.
  public let task: Task
  /// The number of samples.
  public let sampleCount: Int
  private let seed: UInt64
  private let part: UInt64

  /// Samples of a part of a seed; different parts use unrelated random numbers.
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

  /// The sample at `index`.
  public func sample(at index: Int) -> Sample {
    require(0..<sampleCount ~= index, "expected a sample in 0..<\(sampleCount), found \(index)")
    var generator = SplitMix64(seed: seed, stream: part << 56 | UInt64(index))
    return task.sample(using: &generator)
  }
}

/// A formal language; models that generate freely are measured by the share of legal sequences.
public protocol SequenceLanguage: Sendable {
  /// Whether a whole sequence of target tokens belongs to the language. `input` is the sample's input, if the language
  /// depends on it.
  func isLegal(_ tokens: [Int32], for input: SampleValue?) -> Bool
}

extension RandomNumberGenerator {
  /// A uniform number in 0..<1, a multiple of 2^-53, from one random number.
  package mutating func uniform() -> Double { Double(next() &>> 11) * 0x1p-53 }

  /// An approximately normal number of mean 0 and variance 1, from twelve uniform ones; the same on all platforms.
  package mutating func gauss() -> Double {
    var sum = -6.0
    for _ in 0..<12 { sum += uniform() }
    return sum
  }

  /// A random element, from one random number.
  package mutating func pick<Element>(_ elements: [Element]) -> Element {
    elements[draw(below: elements.count)]
  }
}
