import Requirements

/// The adding problem: the sum of the two marked numbers of a long sequence.
///
/// Each step has a number in 0..<1 and a mark: 1 at one step of the first half and one of the second, 0 at all others.
/// The constant answer 1 has a squared error of 2/12, the variance of the sum of two such numbers. Solved at 0.01.
/// Hochreiter and Schmidhuber, 1997, in the form of Le et al., 2015.
public struct AddingProblem: GeneratedTask {
  /// T, the number of steps.
  public let length: Int

  /// The problem over `length` steps.
  ///
  /// - Precondition: `length` is 2 or more.
  public init(length: Int = 100) {
    require(length >= 2, "expected an adding problem of 2 or more steps, found \(length)")
    self.length = length
  }

  /// `adding`.
  public var name: String { "adding" }
  /// The number and its mark.
  public var input: ValueKind { .features([Column("number"), Column("mark")]) }
  /// The sum.
  public var target: ValueKind { .vector([Column("sum")]) }
  /// 1/6; solved at a squared error of 0.01.
  public var levels: TaskLevels { TaskLevels(baseline: 1.0 / 6, solved: Goal(.squaredError, 0.01)) }

  /// Samples the numbers, then the two marks.
  public func sample(using generator: inout some RandomNumberGenerator) -> Sample {
    var values = [Float](repeating: 0, count: 2 * length)
    for step in 0..<length { values[2 * step] = Float(generator.uniform()) }
    let half = length / 2
    let marked = [generator.draw(below: half), half + generator.draw(below: length - half)]
    for step in marked { values[2 * step + 1] = 1 }
    return Sample(
      .features(FeatureSequence(values, width: 2)),
      .vector([values[2 * marked[0]] + values[2 * marked[1]]]))
  }
}
