import Requirements

extension Evaluation {
  /// An answer of a model beside the right one.
  public struct Answer: Sendable, Hashable, Codable {
    /// The input as text, shortened; empty where it is no text.
    public let input: String
    /// What the model answered.
    public let answer: String
    /// What would have been right.
    public let right: String
    /// 0 for a right answer; the larger, the worse. For a class it is the probability of the wrong class, for tags their
    /// number, for numbers the sum of their absolute errors.
    public let fault: Double

    /// An answer.
    public init(input: String, answer: String, right: String, fault: Double) {
      self.input = input
      self.answer = answer
      self.right = right
      self.fault = fault
    }

    /// One line: `march third → 3-3 (right is 03-03)`.
    public var line: String {
      (input.isEmpty ? "" : input + " → ") + answer + (fault == 0 ? "" : " (right is \(right))")
    }
  }

  /// Predicted numbers of a column beside the true ones: all, or of many an evenly spaced choice.
  public struct Comparison: Sendable, Hashable, Codable {
    /// The column's name.
    public let name: String
    /// The true numbers.
    public private(set) var targets: [Double] = []
    /// The predicted numbers, one for each true one.
    public private(set) var answers: [Double] = []
    /// One in how many numbers is kept.
    private var stride = 1
    private var count = 0

    /// The most numbers that are kept.
    static let limit = 600

    /// A comparison of no numbers.
    public init(_ name: String) { self.name = name }

    /// Adds a prediction; numbers that are not finite are left out.
    public mutating func add(target: Double, answer: Double) {
      guard target.isFinite, answer.isFinite else { return }
      count += 1
      guard count.isMultiple(of: stride) else { return }
      targets.append(target)
      answers.append(answer)
      thin()
    }

    /// Adds the predictions of another comparison.
    mutating func add(_ other: Comparison) {
      count += other.count
      targets += other.targets
      answers += other.answers
      while targets.count >= Self.limit { thin() }
    }

    /// Removes every second number where there are too many.
    private mutating func thin() {
      guard targets.count >= Self.limit else { return }
      let kept = Swift.stride(from: 1, to: targets.count, by: 2)
      (targets, answers) = (kept.map { targets[$0] }, kept.map { answers[$0] })
      stride *= 2
    }

    /// True minus predicted.
    public var residuals: [Double] { zip(targets, answers).map { $0 - $1 } }
  }
}

/// The answers that are shown of many: the first ones, and the worst ones.
struct ShownAnswers: Sendable, Codable {
  /// The first answers.
  private(set) var first: [Evaluation.Answer] = []
  /// Wrong answers, the worst first; of equally bad ones those that came first.
  private(set) var worst: [Evaluation.Answer] = []

  private static let (mostFirst, mostWorst) = (8, 24)

  /// The worst ones, then the right ones among the first.
  var all: [Evaluation.Answer] { worst + first.filter { $0.fault == 0 } }

  /// Whether an answer would be kept.
  func keeps(fault: Double) -> Bool {
    first.count < Self.mostFirst
      || fault > (worst.count < Self.mostWorst ? 0 : worst[worst.count - 1].fault)
  }

  /// Adds an answer, unless there are better ones to show.
  mutating func add(_ answer: Evaluation.Answer) {
    if first.count < Self.mostFirst { first.append(answer) }
    guard answer.fault > 0 else { return }
    worst.insert(answer, at: worst.firstIndex { $0.fault < answer.fault } ?? worst.count)
    if worst.count > Self.mostWorst { worst.removeLast() }
  }

  /// Adds those of further samples.
  mutating func add(_ other: ShownAnswers) {
    first += other.first.prefix(Self.mostFirst - first.count)
    for answer in other.worst {
      worst.insert(answer, at: worst.firstIndex { $0.fault < answer.fault } ?? worst.count)
    }
    worst = Array(worst.prefix(Self.mostWorst))
  }
}
