import FileCore

/// Statistics of a table's column, from the rows at the beginning.
struct ColumnSurvey {
  /// The column's name, or its number from 1.
  let name: String
  /// Its index in a row, from 0.
  let place: Int
  /// The number of nonempty fields.
  private(set) var filled = 0
  private var numbers = 0
  private var whole = 0
  private var times = 0
  private var bytes = 0
  private var values: Set<ExactString> = []
  private var last: Double?
  private var isRising = true
  private var step: Double?
  private var isEven = true
  private var isFirstANumber = false
  /// The parser of its times.
  private(set) var reader = TimeText()

  /// The most distinct values that are counted.
  private static let mostValues = 1024

  init(name: String, place: Int) { (self.name, self.place) = (name, place) }

  /// Adds a row's field.
  mutating func add(_ text: String) {
    guard !text.isMissing else { return }
    filled += 1
    bytes += text.utf8.count
    if values.count < Self.mostValues { values.insert(ExactString(text)) }
    if let number = text.finiteNumber {
      numbers += 1
      if number == number.rounded() { whole += 1 }
      if filled == 1 { isFirstANumber = true }
      if let last {
        if number <= last { isRising = false }
        if let step, abs(number - last - step) > 1e-9 * abs(step) { isEven = false }
        step = step ?? number - last
      }
      last = number
    } else {
      reader.learn(text)
      if reader.seconds(text) != nil { times += 1 }
    }
  }

  /// Whether its fields are numbers, with some exceptions.
  var holdsNumbers: Bool { isFirstANumber && numbers * 2 > filled }
  /// Whether its fields are dates or times.
  var holdsTimes: Bool { times > 0 && times == filled }
  /// Whether its numbers are ascending.
  var rises: Bool { holdsNumbers && numbers == filled && isRising && filled > 1 }
  /// Whether its numbers are whole and ascend by equal steps, as row numbers and times do.
  var counts: Bool { rises && isEven && whole == filled }
  /// Whether it contains row numbers.
  var isIndex: Bool {
    rises && whole == filled
      && ColumnNames.indices.contains(ColumnNames.plain(name))
  }
  /// The number of distinct values, up to the limit of counting.
  var distinct: Int { values.count }
  /// The mean size of a nonempty field in bytes.
  var meanLength: Double { filled == 0 ? 0 : Double(bytes) / Double(filled) }
  /// Whether its values repeat, as classes do.
  var repeats: Bool { distinct < filled }
  /// Whether its numbers are measurements and not classes: fractions, or many distinct values.
  var isMeasured: Bool {
    holdsNumbers && (whole < numbers || distinct > 20 && distinct * 4 > filled)
  }

  /// Whether a text is one of its values.
  func holds(_ text: String) -> Bool { values.contains(ExactString(text)) }
}

extension String {
  /// Whether a field is empty or has a usual mark for a missing value, which does not make its column one of words. In a
  /// series it is a gap; elsewhere readers of numbers name it.
  var isMissing: Bool {
    utf8.allSatisfy { $0 == 0x20 } || utf8.count <= 4 && Self.missing.contains(lowercased())
  }

  private static let missing: Set<String> = ["na", "n/a", "nan", "null", "none", "-", "?", "--"]
}

/// Usual names of columns.
enum ColumnNames {
  /// Of texts, the likeliest first.
  static let texts = [
    "text", "review", "sentence", "comment", "message", "content", "document", "body", "tweet",
    "post", "utterance", "question", "description", "abstract", "input", "source", "prompt",
    "title", "headline", "name", "word",
  ]
  /// Of classes, the likeliest first.
  static let labels = [
    "label", "class", "category", "target", "sentiment", "stars", "rating", "intent", "topic",
    "genre", "tag", "polarity", "emotion", "language", "lang", "origin", "country", "nationality",
    "type", "kind", "group", "species", "output", "answer", "y",
  ]
  /// Of numeric targets, the likeliest first.
  static let numbers = [
    "target", "label", "score", "rating", "stars", "value", "price", "y", "output", "answer",
  ]
  /// Of pairs of a text and its answer.
  static let pairs = [
    ["source", "target"], ["input", "output"], ["input", "target"], ["question", "answer"],
    ["prompt", "completion"], ["prompt", "response"], ["src", "tgt"],
  ]
  /// Of times.
  static let times: Set<String> = [
    "time", "t", "date", "datetime", "timestamp", "day", "ds", "month", "year", "hour", "minute",
    "week", "step", "epoch",
  ]
  /// Of row numbers.
  static let indices: Set<String> = ["", "id", "index", "idx", "row", "nr", "no", "unnamed: 0"]

  /// A name in lower case, without surrounding spaces.
  static func plain(_ name: String) -> String {
    var letters = name.lowercased()[...]
    while letters.first == " " { letters.removeFirst() }
    while letters.last == " " { letters.removeLast() }
    return String(letters)
  }

  /// Whether a name is one of these.
  static func isKnown(_ name: String) -> Bool {
    let plain = plain(name)
    return texts.contains(plain) || labels.contains(plain) || numbers.contains(plain)
      || times.contains(plain) || pairs.joined().contains(plain)
      || !plain.isEmpty && indices.contains(plain)
  }
}
