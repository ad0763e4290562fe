import Requirements

/// Generated very short stories in a small subset of English, of any length, with a known entropy.
///
/// Stories are sampled from a stochastic grammar: what happens, to whom, where, with what. Names, things and places
/// recur, and pronouns agree with them, so that a model needs memory. Every choice has a known probability and can be
/// recovered from the text. This gives the exact information of every character given all previous ones; no model's
/// expected loss can be below it.
///
/// ```swift
/// print(Tales(characters: 150, seed: 7).text)
/// ```
public struct Tales: Corpus {
  /// The minimum number of characters; the last story is complete.
  public let characters: Int
  /// The seed; equal seeds give equal stories.
  public let seed: UInt64

  /// Stories of at least `characters` characters in all.
  ///
  /// - Precondition: `characters` is positive.
  public init(characters: Int = 8_000_000, seed: UInt64 = 1) {
    require(characters > 0, "expected a positive number of characters, found \(characters)")
    self.characters = characters
    self.seed = seed
  }

  /// `tales`.
  public var name: String { Self.registeredName }

  static let registeredName = "tales"
  private static let grammar = Grammar(Stories.any)

  /// The stories, one paragraph each.
  public var text: String { written().text }

  /// The information of each character in nats, given all previous characters.
  public static func information(in text: String) -> [Double] {
    grammar.information(of: text.utf8)
  }

  /// The stories, a tokenizer of their characters, and the information of any part of them.
  public func read() -> CorpusText {
    let text = text
    var sums = [0.0]
    sums.reserveCapacity(text.utf8.count + 1)
    for nats in Self.information(in: text) { sums.append(sums[sums.count - 1] + nats) }
    let total = sums
    return CorpusText(text) { total[$0.upperBound] - total[$0.lowerBound] }
  }

  /// The stories, and the total information of their choices in nats.
  package func written() -> (text: String, nats: Double) {
    var generator = SplitMix64(seed: seed)
    var bytes: [UInt8] = []
    var nats = 0.0
    while bytes.count < characters {
      nats += Self.grammar.write(to: &bytes, using: &generator)
    }
    return (String(decoding: bytes, as: UTF8.self), nats)
  }
}
