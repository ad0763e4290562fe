/// Names of a given language: the input is a class, the answer a word.
///
/// Each of eight languages has beginnings, middles and ends of names. A name is a beginning, with probability 1/2 a
/// middle, and an end, each uniform. A model is measured by the share of generated names that belong to their
/// language; solved at 0.9. The baseline is the entropy of a letter over all names of all languages; the end counts as
/// a letter.
public struct Names: GeneratedTask, SequenceLanguage {
  /// The task; it has no options.
  public init() {}

  /// The languages, in the order of their class IDs.
  public static let languages = Vocabulary(NameParts.all.map(\.language))

  private static let letters = CharacterTokenizer(
    characters: Set(NameParts.all.flatMap(\.letters)).sorted())

  /// `names`.
  public var name: String { "names" }
  /// A language.
  public var input: ValueKind { .label(Self.languages) }
  /// Letters.
  public var target: ValueKind { .text(Self.letters) }

  /// The entropy of a letter; solved at 0.9 names of the right language.
  public var levels: TaskLevels { Self.levels }

  private static let levels: TaskLevels = {
    var weights: [Pair: Double] = [:]
    for parts in NameParts.all {
      func add(_ pieces: [String], _ share: Double) {
        for scalar in pieces.joined().unicodeScalars {
          weights[Pair(first: 0, second: Int32(scalar.value)), default: 0] +=
            share / Double(pieces.count)
        }
      }
      add(parts.beginnings, 1)
      add(parts.middles, 0.5)
      add(parts.ends, 1)
      weights[Pair(first: 0, second: -1), default: 0] += 1
    }
    return TaskLevels(
      baseline: Pair.conditionalEntropy(weights), solved: Goal(.legalShare, 0.9))
  }()

  /// Samples the language, then the name's parts.
  public func sample(using generator: inout some RandomNumberGenerator) -> Sample {
    let language = generator.draw(below: NameParts.all.count)
    let parts = NameParts.all[language]
    var name = generator.pick(parts.beginnings)
    if generator.draw(below: 2) == 0 { name += generator.pick(parts.middles) }
    name += generator.pick(parts.ends)
    return Sample(.label(Int32(language)), .tokens(Self.letters.encode(name)))
  }

  /// Whether a name could be one of the input's language.
  public func isLegal(_ tokens: [Int32], for input: SampleValue?) -> Bool {
    guard case .label(let language) = input, NameParts.all.indices.contains(Int(language)),
      tokens.allSatisfy({ $0 > 0 && Int($0) < Self.letters.vocabulary.count })
    else { return false }
    return NameParts.all[Int(language)].make(Self.letters.decode(tokens))
  }
}

/// The parts of a language's names.
struct NameParts: Sendable {
  let language: String
  let beginnings: [String]
  let middles: [String]
  let ends: [String]

  init(_ language: String, _ beginnings: String, _ middles: String, _ ends: String) {
    self.language = language
    self.beginnings = beginnings.split(separator: " ").map(String.init)
    self.middles = middles.split(separator: " ").map(String.init)
    self.ends = ends.split(separator: " ").map(String.init)
  }

  var letters: [Unicode.Scalar] {
    (beginnings + middles + ends).flatMap { Array($0.unicodeScalars) }
  }

  /// Whether the parts can form a name.
  func make(_ name: String) -> Bool {
    beginnings.contains { beginning in
      guard name.hasPrefix(beginning) else { return false }
      let rest = name.dropFirst(beginning.count)
      return ends.contains { end in
        guard rest.hasSuffix(end) else { return false }
        let middle = rest.dropLast(end.count)
        return middle.isEmpty || middles.contains(String(middle))
      }
    }
  }

  static let all = [
    NameParts(
      "dutch", "van de Bak Brou Dijk Hoek Jans Kuip Meij Visser Vos Willem Zand Groot Hof",
      "el en der ker ij", "stra sma huis sen man veld inga wijk"),
    NameParts(
      "english", "Ash Black Brad Car Hart Hunt King Mill Nor Shep Stan Thorn Wal Whit Wood Wor",
      "ing er en le", "ton ford ley field worth well wick ham son"),
    NameParts(
      "finnish", "Aal Heik Hir Jok Kai Kor Laa Mäk Nie Pel Ran Saa Sal Tuo Vir Yli",
      "ko vu ta si ri", "nen la lä ranta niemi mäki salo"),
    NameParts(
      "german", "Berg Brand Eber Fisch Frei Gross Hart Herz Klein Lang Neu Schmi Stein Wag Zim",
      "er el en fel", "mann bach hardt hauser schmidt burg feld meier"),
    NameParts(
      "greek", "Alex Anton Dimi Georg Iann Karal Konst Mak Nikol Pap Petr Stav Theo Vas",
      "an ad on il", "akis opoulos idis atos iou ellis"),
    NameParts(
      "italian", "Ales Bar Bel Car Cos Fer Gal Gio Lom Mar Mon Ros San Tor Vit",
      "tol san lan der nar", "ini elli etti acci one ucci ardi"),
    NameParts(
      "japanese", "Aki Fuji Hashi Ishi Kawa Kita Kuro Matsu Mori Naka Oka Saka Taka Yama Yoshi",
      "no shi ga wa", "moto mura da yama ta zaki hara shima"),
    NameParts(
      "russian", "Alek Baran Bog Dmit Ivan Kuz Leb Mikh Orl Petr Rom Sido Sok Vas Volk",
      "al or en in ch", "ov ev sky enko aev ovich"),
  ]
}
