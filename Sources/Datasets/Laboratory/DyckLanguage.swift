import Requirements

/// Dyck languages: balanced brackets of several kinds; the task is to predict each next symbol.
///
/// After `^` a bracket opens. Below the deepest level a bracket opens or the last one closes, equally likely; at the
/// deepest level one closes. If all are closed, a bracket opens or `$` ends the sequence, equally likely. The kind of
/// an opening bracket is uniform.
///
/// ```
/// ^ ( [ ] ) $
/// ```
///
/// The baseline is the entropy of a symbol given the previous one. Solved if 0.99 of the sequences that a model
/// generates are legal.
public struct DyckLanguage: GeneratedTask, SequenceLanguage {
  /// The number of kinds of brackets, 1 to 4.
  public let kinds: Int
  /// The largest number of brackets that are open at once.
  public let depth: Int

  /// A language.
  ///
  /// - Precondition: `kinds` is 1 to 4, `depth` is positive.
  public init(kinds: Int = 2, depth: Int = 8) {
    require((1...4).contains(kinds), "expected 1 to 4 kinds of brackets, found \(kinds)")
    require(depth > 0, "expected a positive depth, found \(depth)")
    self.kinds = kinds
    self.depth = depth
  }

  private static let (begin, end): (Int32, Int32) = (0, 1)

  private var symbols: ValueKind {
    .symbols(Vocabulary(["^", "$"] + "()[]{}<>".prefix(2 * kinds).map(String.init)))
  }

  /// `dyck`.
  public var name: String { "dyck" }
  /// The start and end symbols, and each kind's two brackets.
  public var input: ValueKind { symbols }
  /// The next symbol.
  public var target: ValueKind { symbols }

  /// The entropy of a symbol given the previous one; solved if 0.99 are legal.
  ///
  /// Each level is expected to open and close twice, for any depth D. So after an opening bracket the next symbol opens
  /// with probability (D - 1) / 2D, otherwise it closes that bracket. After a closing bracket it opens with probability
  /// 1/2, ends with 1 / 2D, and otherwise closes a bracket of any kind.
  public var levels: TaskLevels {
    let (depth, kinds) = (Double(depth), Double(kinds))
    func entropy(_ shares: [(share: Double, among: Double)]) -> Double {
      shares.reduce(0) { $1.share > 0 ? $0 - $1.share * logarithm($1.share / $1.among) : $0 }
    }
    let deeper = (depth - 1) / (2 * depth)
    let opened = entropy([(deeper, kinds), (1 - deeper, 1)])
    let closed = entropy([(0.5, kinds), (1 / (2 * depth), 1), (deeper, kinds)])
    return TaskLevels(
      baseline: (logarithm(kinds) + 2 * depth * (opened + closed)) / (1 + 4 * depth),
      solved: Goal(.legalShare, 0.99))
  }

  /// Samples a sequence.
  public func sample(using generator: inout some RandomNumberGenerator) -> Sample {
    var (sequence, open): ([Int32], [Int32]) = ([Self.begin], [])
    while sequence.last != Self.end {
      let isFirst = sequence.count == 1
      if isFirst || (open.count < depth && generator.draw(below: 2) == 0) {
        open.append(Int32(generator.draw(below: kinds)))
        sequence.append(2 + 2 * open[open.count - 1])
      } else {
        sequence.append(open.popLast().map { 3 + 2 * $0 } ?? Self.end)
      }
    }
    return Sample(.tokens(Array(sequence.dropLast())), .tokens(Array(sequence.dropFirst())))
  }

  /// Whether a whole sequence, from `^` to `$`, is balanced and no deeper than ``depth``.
  public func isLegal(_ tokens: [Int32], for input: SampleValue? = nil) -> Bool {
    guard tokens.count > 3, tokens.first == Self.begin, tokens.last == Self.end else {
      return false
    }
    var open: [Int32] = []
    for token in tokens.dropFirst().dropLast() {
      guard (2..<Int32(2 + 2 * kinds)).contains(token) else { return false }
      if token.isMultiple(of: 2) {
        open.append(token)
      } else if open.popLast() != token - 1 {
        return false
      }
      guard open.count <= depth else { return false }
    }
    return open.isEmpty
  }
}
