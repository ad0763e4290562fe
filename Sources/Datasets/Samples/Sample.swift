import Requirements

/// One example of a task: what a model reads, and what it should answer.
///
/// Which of the four shapes of sequence work it is follows from its two sides:
///
/// | input | target | shape |
/// |---|---|---|
/// | features of each step | features of each step | one to one: filters and control, step by step |
/// | class or vector | sequence | one to many: names of a given language |
/// | sequence | class or vector | many to one: classification, regression |
/// | sequence | sequence, ``Alignment/inStep`` | many to many: tags, forecasts |
/// | sequence | sequence, ``Alignment/delayed`` | many to many: translation |
///
/// ```swift
/// Sample(.tokens([3, 1, 2]), .label(0))
/// ```
public struct Sample: Equatable, Sendable {
  /// What the model reads.
  public var input: SampleValue
  /// What it should answer.
  ///
  /// A sequence holds no marks of its beginning and end: a model that writes one adds its own.
  public var target: SampleValue

  /// An example.
  public init(_ input: SampleValue, _ target: SampleValue) {
    self.input = input
    self.target = target
  }
}

/// One side of a ``Sample``; a ``ValueKind`` says what its numbers mean.
public enum SampleValue: Equatable, Sendable {
  /// Token ids, [T]. In a target ``ignored`` marks a step that doesn't count.
  case tokens([Int32])
  /// A vector at each step, [T, F]. In a target a NaN marks a number that doesn't count.
  case features(FeatureSequence)
  /// A class.
  case label(Int32)
  /// A vector, [F]. In a target a NaN marks a number that doesn't count.
  case vector([Float])

  /// The target of a step, or of padding, that counts for nothing: -1.
  public static let ignored: Int32 = -1

  /// T, the number of steps; nil for what is no sequence.
  public var length: Int? {
    switch self {
    case .tokens(let ids): ids.count
    case .features(let sequence): sequence.count
    case .label, .vector: nil
    }
  }
}

/// Vectors of one width, a step after another: [T, F].
public struct FeatureSequence: Hashable, Sendable {
  /// The numbers, time first: those of step `t` are `values[t * width ..< (t + 1) * width]`.
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

  /// Some consecutive steps.
  public subscript(steps: Range<Int>) -> FeatureSequence {
    require(
      0 <= steps.lowerBound && steps.upperBound <= count,
      "expected steps in 0..<\(count), found \(steps)")
    return FeatureSequence(
      Array(values[steps.lowerBound * width..<steps.upperBound * width]), width: width)
  }
}
