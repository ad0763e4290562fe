import Requirements

/// A part of a story: text with random choices, written as a string with interpolations.
///
/// ```swift
/// let phrase: Phrase = """
///   \(new: hero.Name) \(oneOf: "sat", "slept") \(new: place.at). \(hero.They) liked \(place.the).
///   """
/// ```
///
/// - `\(oneOf: a, b)` writes one of its phrases, with probability proportional to its weight;
/// - `\(new: slot.form)` chooses a word for a slot, uniformly, and writes a form of it;
/// - `\(slot.form)` writes a form of the word chosen before;
/// - `\(phrase)` writes a phrase.
///
/// The choices can be recovered from the text if no two alternatives can continue with the same characters. A test
/// checks that; this type does not.
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

  /// The phrase with its weight among alternatives multiplied by `weight`.
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

/// A variable of a story, with one word out of a list: the hero, the lost thing.
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

/// The texts that a phrase writes for a slot: one for each word of the slot.
struct Mention: Sendable {
  let slot: Int
  let forms: [String]
}

/// The index of the word in each slot.
typealias Memory = SIMD16<UInt8>
