/// Tagging words whose meaning depends on a later word: `feeling under the weather` or feeling under the table.
///
/// A sentence is a subject, a phrase and an ending. A phrase is either an idiom, with all words tagged `IDIOM`, or,
/// with another last word, literal, with each word's own tag; both are equally likely. Before the last word the two
/// can't be told apart, so a unidirectional tagger must guess: its accuracy can't exceed ``leftToRightAccuracy``. The
/// baseline is the entropy of a tag given its word. Solved at an accuracy of 0.99, which needs both directions.
public struct Idioms: GeneratedTask {
  /// The task; it has no options.
  public init() {}

  /// `idioms`.
  public var name: String { "idioms" }
  /// Words, with `<unk>` for others.
  public var input: ValueKind { .symbols(Self.words) }
  /// Parts of speech, and `IDIOM`.
  public var target: ValueKind { .symbols(Self.tags) }
  /// The entropy of a tag given its word; solved at an accuracy of 0.99.
  public var levels: TaskLevels {
    TaskLevels(
      baseline: Pair.conditionalEntropy(Self.weights), solved: Goal(.accuracy, 0.99))
  }

  /// The best accuracy of a tagger that knows only the words up to the tagged one.
  public static let leftToRightAccuracy: Double = {
    let (guessed, all) = phrases.reduce((0.0, 0.0)) { sums, phrase in
      let words = Double(phrase.words.count)
      return (sums.0 + words / 2, sums.1 + words + 1)
    }
    let ends = mean(subjects.map(\.count)) + mean(endings.map(\.count))
    return 1 - guessed / (all + Double(phrases.count) * ends)
  }()

  private static func mean(_ counts: [Int]) -> Double {
    Double(counts.reduce(0, +)) / Double(counts.count)
  }

  /// Samples the subject, the phrase, its meaning, its last word, and the ending.
  public func sample(using generator: inout some RandomNumberGenerator) -> Sample {
    let subject = generator.pick(Self.subjects)
    let phrase = generator.pick(Self.phrases)
    let isIdiom = generator.draw(below: 2) == 0
    let last = isIdiom ? phrase.idiom : generator.pick(phrase.literal)
    let middle = phrase.words + [Tagged(last, "NOUN")]
    let sentence =
      subject + (isIdiom ? middle.map { Tagged($0.word, Self.idiomTag) } : middle)
      + generator.pick(Self.endings)
    return Sample(
      .tokens(sentence.compactMap { Self.words.id(of: $0.word) }),
      .tokens(sentence.compactMap { Self.tags.id(of: $0.tag) }))
  }

  private struct Tagged: Hashable {
    let word: String
    let tag: String

    init(_ word: some StringProtocol, _ tag: some StringProtocol) {
      self.word = String(word)
      self.tag = String(tag)
    }

    /// Parses `word/TAG word/TAG`.
    static func list(_ text: String) -> [Tagged] {
      text.split(separator: " ").map { pair in
        let parts = pair.split(separator: "/")
        return Tagged(parts[0], parts[1])
      }
    }
  }

  private struct Phrase {
    let words: [Tagged]
    let idiom: String
    let literal: [String]

    init(_ words: String, _ idiom: String, _ literal: String) {
      self.words = Tagged.list(words)
      self.idiom = idiom
      self.literal = literal.split(separator: " ").map(String.init)
    }
  }

  private static let idiomTag = "IDIOM"

  private static let subjects = [
    "she/PRON was/VERB", "he/PRON was/VERB", "my/DET friend/NOUN was/VERB",
    "the/DET teacher/NOUN was/VERB", "our/DET old/ADJ neighbour/NOUN was/VERB",
    "nobody/PRON saw/VERB her/PRON",
  ].map(Tagged.list)

  private static let endings = [
    "", "today/ADV", "again/ADV", "last/ADJ week/NOUN", "in/ADP the/DET morning/NOUN",
    "before/ADP dinner/NOUN",
  ].map(Tagged.list)

  private static let phrases = [
    Phrase("feeling/VERB under/ADP the/DET", "weather", "table sofa carpet"),
    Phrase("kicking/VERB the/DET", "bucket", "ball door wall"),
    Phrase("spilling/VERB the/DET", "beans", "milk paint water"),
    Phrase("breaking/VERB the/DET", "ice", "glass cup window"),
    Phrase("hitting/VERB the/DET", "road", "drum nail target"),
    Phrase("sitting/VERB on/ADP the/DET", "fence", "chair floor bench"),
    Phrase("letting/VERB the/DET cat/NOUN out/ADP of/ADP the/DET", "bag", "house room car"),
    Phrase("pulling/VERB my/DET", "leg", "sleeve coat rope"),
    Phrase("biting/VERB the/DET", "bullet", "apple bread cake"),
    Phrase("barking/VERB up/ADP the/DET wrong/ADJ", "tree", "street stairs lane"),
  ]

  private static let words: Vocabulary = {
    var names = [Vocabulary.unknownName]
    var listed = (subjects + endings).flatMap { $0.map(\.word) }
    for phrase in phrases { listed += phrase.words.map(\.word) + [phrase.idiom] + phrase.literal }
    for name in listed where !names.contains(name) { names.append(name) }
    return Vocabulary(names)
  }()

  private static let tags = Vocabulary([
    "ADJ", "ADP", "ADV", "DET", idiomTag, "NOUN", "PRON", "VERB",
  ])

  /// How often each word has each tag.
  private static let weights: [Pair: Double] = {
    var weights: [Pair: Double] = [:]
    func add(_ word: String, _ tag: String, _ share: Double) {
      guard let word = words.id(of: word), let tag = tags.id(of: tag) else { return }
      weights[Pair(first: word, second: tag), default: 0] += share
    }
    for part in [subjects, endings] {
      for pair in part.joined() { add(pair.word, pair.tag, 1 / Double(part.count)) }
    }
    let share = 1 / Double(phrases.count)
    for phrase in phrases {
      for pair in phrase.words {
        add(pair.word, pair.tag, share / 2)
        add(pair.word, idiomTag, share / 2)
      }
      add(phrase.idiom, idiomTag, share / 2)
      for word in phrase.literal {
        add(word, "NOUN", share / 2 / Double(phrase.literal.count))
      }
    }
    return weights
  }()
}
