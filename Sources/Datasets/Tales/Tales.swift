import Requirements

/// Very short stories in a small English of its own, as many as one likes, with a known entropy.
///
/// A story is drawn from a stochastic grammar: what happens, to whom, where, with what; names, things and places
/// come back, people are he or she, things are it or they, so that a model must remember to read well. Every
/// choice has a known probability and can be read off the text, hence the exact information of every
/// character given all before it: no model's expected loss can be below it.
///
/// ```swift
/// print(Tales(characters: 150, seed: 7).text)
/// ```
public struct Tales: Corpus {
  /// The number of characters, or a little more: the last story is told to its end.
  public let characters: Int
  /// The same seed tells the same stories.
  public let seed: UInt64

  /// As many stories as have the given number of characters together.
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

  /// The stories, each a paragraph of its own.
  public var text: String { written().text }

  /// The information of each character in nats, given all characters before it.
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

  /// The stories, and the information of all their choices, which writing them adds up.
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
