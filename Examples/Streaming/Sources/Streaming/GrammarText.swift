import Datasets
import TensorCore

/// An endless text of strings of the embedded Reber grammar.
struct GrammarText {
  /// A letter to read, and the prediction expected after it.
  struct Letter {
    var read: Int32
    var next: Int32
    /// Whether the next letter depends on one many steps before.
    var isFar: Bool
  }

  /// B, T, P, S, X, V and E.
  static let letterCount = 7

  private var generator: Philox
  private var string: [Int32] = []
  private var place = 0

  init(seed: UInt64) {
    generator = Philox(seed: seed, stream: 7)
    string = Self.draw(using: &generator)
  }

  /// The next letter to read. After a string's last letter a new string begins.
  mutating func next() -> Letter {
    let letter = string[place]
    let isFar = place == string.count - 3
    place += 1
    if place == string.count {
      string = Self.draw(using: &generator)
      place = 0
    }
    return Letter(read: letter, next: string[place], isFar: isFar)
  }

  private static func draw(using generator: inout Philox) -> [Int32] {
    let sample = ReberGrammar.embedded.sample(using: &generator)
    guard case .tokens(let all) = sample.input, case .tokens(let shifted) = sample.target else {
      preconditionFailure("the grammar writes letters")
    }
    return all + shifted.suffix(1)
  }
}
