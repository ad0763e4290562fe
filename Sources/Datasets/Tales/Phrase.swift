import Requirements

/// Something that a story may say: text with choices in it, written as a string with interpolations.
///
/// ```swift
/// let phrase: Phrase = """
///   \(new: hero.Name) \(oneOf: "sat", "slept") \(new: place.at). \(hero.They) liked \(place.the).
///   """
/// ```
///
/// - `\(oneOf: a, b)` says one of its phrases, each with a chance in proportion to its weight;
/// - `\(new: slot.form)` chooses a word for a slot, all with the same chance, and says a form of it;
/// - `\(slot.form)` says a form of the word chosen before;
/// - `\(phrase)` says a phrase.
///
/// The choices of a text can be read off the text as long as no two alternatives can be followed by
/// the same characters. Nothing here enforces that; a test does.
struct Phrase: ExpressibleByStringInterpolation, Sendable {
  indirect enum Part: Sendable {
    case text(String)
    case say(Mention)
    case choose(Mention, besides: [Int])
    case oneOf([Phrase])
  }

  var parts: [Part]
  var weight = 1

  init(stringLiteral text: String) {
    parts = [.text(text)]
  }

  init(stringInterpolation: StringInterpolation) {
    parts = stringInterpolation.parts
  }

  private init(parts: [Part], weight: Int = 1) {
    self.parts = parts
    self.weight = weight
  }

  static func oneOf(_ phrases: Phrase...) -> Phrase {
    Phrase(parts: [.oneOf(phrases)])
  }

  static func any(of words: [String]) -> Phrase {
    Phrase(parts: [.oneOf(words.map { Phrase(stringLiteral: $0) })])
  }

  /// The same phrase, `weight` times as likely among its alternatives.
  static func * (weight: Int, phrase: Phrase) -> Phrase {
    Phrase(parts: phrase.parts, weight: weight * phrase.weight)
  }

  struct StringInterpolation: StringInterpolationProtocol {
    fileprivate var parts: [Part] = []

    init(literalCapacity: Int, interpolationCount: Int) {}

    mutating func appendLiteral(_ text: String) {
      if !text.isEmpty { parts.append(.text(text)) }
    }

    mutating func appendInterpolation(_ phrase: Phrase) {
      parts += phrase.parts
    }

    mutating func appendInterpolation(_ mention: Mention) {
      parts.append(.say(mention))
    }

    mutating func appendInterpolation(new mention: Mention) {
      parts.append(.choose(mention, besides: []))
    }

    mutating func appendInterpolation<Word>(new mention: Mention, besides others: Slot<Word>...) {
      parts.append(.choose(mention, besides: others.map(\.number)))
    }

    mutating func appendInterpolation(oneOf phrases: Phrase...) {
      parts.append(.oneOf(phrases))
    }
  }
}

/// A place in a story's memory for one word out of a list: who the hero is, what was lost.
///
/// A form of the word is a member of the slot: `hero.their` for a slot of people whose property
/// `their` is a string.
@dynamicMemberLookup
struct Slot<Word: Sendable>: Sendable {
  let number: Int
  let words: [Word]

  init(_ number: Int, _ words: [Word]) {
    require(
      (0..<Memory.scalarCount).contains(number),
      "expected a slot in 0..<\(Memory.scalarCount), found \(number)")
    self.number = number
    self.words = words
  }

  subscript(dynamicMember form: KeyPath<Word, String>) -> Mention {
    Mention(slot: number, forms: words.map { $0[keyPath: form] })
  }
}

/// What a phrase says of a slot: one text for each word that the slot may hold.
struct Mention: Sendable {
  let slot: Int
  let forms: [String]
}

/// The word that each slot holds.
typealias Memory = SIMD16<UInt8>
