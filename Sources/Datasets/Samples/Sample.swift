import Requirements

/// One example of a task: an input and its target.
///
/// Input and target determine the shape of the task:
///
/// | input | target | shape |
/// |---|---|---|
/// | features of each step | features of each step | one to one: filters and control, step by step |
/// | class or vector | sequence | one to many: names of a given language |
/// | sequence | class or vector | many to one: classification, regression |
/// | sequence | sequence, ``Alignment/inStep`` | many to many: tags, forecasts |
/// | sequence | sequence, ``Alignment/delayed`` | many to many: translation |
/// | sequence | sequence, ``Alignment/ordered`` | many to many: transcription |
///
/// ```swift
/// Sample(.tokens([3, 1, 2]), .label(0))
/// ```
public struct Sample: Equatable, Sendable {
  /// The input.
  public var input: SampleValue
  /// The target.
  ///
  /// A sequence contains no start or end tokens: a model that writes sequences adds its own.
  public var target: SampleValue

  /// An example.
  public init(_ input: SampleValue, _ target: SampleValue) {
    self.input = input
    self.target = target
  }
}

/// The input or target of a ``Sample``; a ``ValueKind`` gives its meaning.
public enum SampleValue: Equatable, Sendable {
  /// Token IDs, [T]. In a target, ``ignored`` marks a step without a target.
  case tokens([Int32])
  /// A vector at each step, [T, F]. In a target, a NaN is ignored.
  case features(FeatureSequence)
  /// A class.
  case label(Int32)
  /// A vector, [F]. In a target, a NaN is ignored.
  case vector([Float])

  /// The target of an ignored step or padding: -1.
  public static let ignored: Int32 = -1

  /// T, the number of steps; nil for values without steps.
  public var length: Int? {
    switch self {
    case .tokens(let ids): ids.count
    case .features(let sequence): sequence.count
    case .label, .vector: nil
    }
  }
}

/// A sequence of vectors of equal width, [T, F].
public struct FeatureSequence: Hashable, Sendable {
  /// The numbers, row-major: those of step `t` are `values[t * width ..< (t + 1) * width]`.
  public let values: [Float]
  /// F, the number of features of a step.
  public let width: Int

  /// A sequence of `values.count / width` steps.
  ///
  /// - Precondition: `width` is positive and divides the number of values.
  public init(_ values: [Float], width: Int) {
    require(
      width > 0 && values.count.isMultiple(of: width),
      "\(values.count) values cannot be divided into steps of \(width)")
    self.values = values
    self.width = width
  }

  /// T, the number of steps.
  public var count: Int { values.count / width }

  /// The features of one step, [F].
  public subscript(step: Int) -> ArraySlice<Float> {
    require(0..<count ~= step, "expected a step in 0..<\(count), found \(step)")
    return values[step * width..<(step + 1) * width]
  }

  /// A range of steps.
  public subscript(steps: Range<Int>) -> FeatureSequence {
    require(
      0 <= steps.lowerBound && steps.upperBound <= count,
      "expected steps in 0..<\(count), found \(steps)")
    return FeatureSequence(
      Array(values[steps.lowerBound * width..<steps.upperBound * width]), width: width)
  }
}
