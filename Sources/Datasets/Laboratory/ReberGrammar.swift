/// The Reber grammar: strings of a small automaton; the task is to predict each next symbol.
///
/// The embedded grammar puts `T` or `P` before such a string and the same letter after it, so that the letter must be
/// remembered over the whole string.
///
/// ```
/// B T S S X X T V V E                 a string of the grammar
/// B P B T S S X X T V V E P E         one of the embedded grammar
/// ```
///
/// The baseline is the entropy of a symbol given the previous one. Solved if all strings that a model generates are
/// legal. Reber, 1967; Cleeremans et al., 1989; Fahlman, 1991.
public struct ReberGrammar: GeneratedTask, SequenceLanguage {
  /// Whether it is the embedded grammar.
  public let isEmbedded: Bool

  private let machine: Automaton

  /// The plain grammar.
  public init() {
    isEmbedded = false
    machine = Automaton(transitions: Self.transitions(from: 0, end: -1))
  }

  private init(embedded: Bool) {
    isEmbedded = embedded
    let size = Self.transitions(from: 0, end: -1).count
    // B, then T or P, then a copy of the automaton for each, then the same letter, then E.
    var states: [[Automaton.Transition]] = [[(B, 1)], [(T, 2), (P, 2 + size)]]
    let last = 2 + 2 * size
    states += Self.transitions(from: 2, end: last)
    states += Self.transitions(from: 2 + size, end: last + 1)
    states += [[(T, last + 2)], [(P, last + 2)], [(E, -1)]]
    machine = Automaton(transitions: states)
  }

  /// The embedded grammar.
  public static let embedded = ReberGrammar(embedded: true)

  private static let symbols = Vocabulary("BTPSXVE".map(String.init))

  private static func transitions(from first: Int, end: Int) -> [[Automaton.Transition]] {
    let states: [[Automaton.Transition]] = [
      [(B, 1)], [(T, 2), (P, 3)], [(S, 2), (X, 4)], [(T, 3), (V, 5)], [(X, 3), (S, 6)],
      [(P, 4), (V, 6)], [(E, -1)],
    ]
    return states.map { $0.map { ($0.symbol, $0.next < 0 ? end : $0.next + first) } }
  }

  /// `reber` or `embedded-reber`.
  public var name: String { isEmbedded ? "embedded-reber" : "reber" }
  /// Seven letters.
  public var input: ValueKind { .symbols(Self.symbols) }
  /// The next letter.
  public var target: ValueKind { .symbols(Self.symbols) }
  /// The entropy of a letter given the previous one; solved if all strings are legal.
  public var levels: TaskLevels {
    TaskLevels(baseline: machine.memorylessEntropy, solved: Goal(.legalShare, 1))
  }

  /// Samples a string.
  public func sample(using generator: inout some RandomNumberGenerator) -> Sample {
    let string = machine.sequence(using: &generator)
    return Sample(.tokens(Array(string.dropLast())), .tokens(Array(string.dropFirst())))
  }

  /// Whether a whole string, from `B` to `E`, belongs to the grammar. The input is ignored.
  public func isLegal(_ tokens: [Int32], for input: SampleValue? = nil) -> Bool {
    machine.writes(tokens)
  }
}

private let (B, T, P, S, X, V, E): (Int32, Int32, Int32, Int32, Int32, Int32, Int32) =
  (0, 1, 2, 3, 4, 5, 6)
