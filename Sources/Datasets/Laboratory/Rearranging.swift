import Requirements

/// Sorting or reversing a sequence of letters: the answer is written after the whole sequence is read.
///
/// Sequences have `length / 2`, rounded up, to `length` letters out of ten. The baseline knows the position and the
/// length but not the letters; the end counts as a symbol. Solved if 0.98 of the sequences are written without an
/// error.
public struct Rearranging: GeneratedTask {
  /// The order of the letters in the answer.
  public enum Order: String, Codable, CaseIterable, Sendable {
    /// In ascending order.
    case sorting
    /// In reverse order.
    case reversing
  }

  /// The order of the letters in the answer.
  public let order: Order
  /// The largest number of letters.
  public let length: Int

  /// A task with sequences of at most `length` letters.
  ///
  /// - Precondition: `length` is positive.
  public init(_ order: Order, length: Int = 10) {
    require(length > 0, "expected a positive number of letters, found \(length)")
    self.order = order
    self.length = length
  }

  private static let letters = Vocabulary("abcdefghij".map(String.init))
  private var lengths: ClosedRange<Int> { (length + 1) / 2...length }

  /// `sorting` or `reversing`.
  public var name: String { order.rawValue }
  /// Ten letters.
  public var input: ValueKind { .symbols(Self.letters) }
  /// The same letters.
  public var target: ValueKind { .symbols(Self.letters) }
  /// The answer begins after the whole input.
  public var alignment: Alignment { .delayed }

  /// The entropy of a letter given its position and the length; solved at 0.98 without an error.
  public var levels: TaskLevels {
    let symbols = lengths.reduce(0) { $0 + $1 + 1 }
    let nats = lengths.reduce(0.0) { sum, count in
      sum
        + (0..<count).reduce(0) {
          $0 + (order == .reversing ? logarithm(10) : entropy($1, of: count))
        }
    }
    return TaskLevels(baseline: nats / Double(symbols), solved: Goal(.exactMatch, 0.98))
  }

  /// The entropy of the letter at index `rank` of `count` sorted letters.
  private func entropy(_ rank: Int, of count: Int) -> Double {
    // P(the letter is at most v) = P(more than `rank` of the letters are at most v), a binomial tail.
    let cumulative = (0...10).map { below in
      let share = Double(below) / 10
      return (rank + 1...count).reduce(0.0) { sum, hits in
        sum + choose(count, hits) * power(share, Double(hits))
          * power(1 - share, Double(count - hits))
      }
    }
    return zip(cumulative, cumulative.dropFirst()).reduce(0) { sum, bounds in
      let share = bounds.1 - bounds.0
      return share > 0 ? sum - share * logarithm(share) : sum
    }
  }

  private func choose(_ count: Int, _ hits: Int) -> Double {
    (0..<hits).reduce(1) { $0 * Double(count - $1) / Double($1 + 1) }
  }

  /// Samples the length, then the letters.
  public func sample(using generator: inout some RandomNumberGenerator) -> Sample {
    let count = lengths.lowerBound + generator.draw(below: lengths.count)
    let letters = (0..<count).map { _ in Int32(generator.draw(below: 10)) }
    return Sample(
      .tokens(letters), .tokens(order == .sorting ? letters.sorted() : letters.reversed()))
  }
}
