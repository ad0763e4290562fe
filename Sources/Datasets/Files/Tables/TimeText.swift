/// Parses the usual forms of dates and times in tables.
///
/// `2024-01-31`, `2024/1/31`, `2024-01`, `31.1.2024`, `31/1/2024` or `1/31/2024`, each optionally followed by a space
/// or `T` and a time (`09:30`, `09:30:15.5`, with `Z` or a time zone).
struct TimeText {
  /// Whether the month precedes the day in dates that end with the year; detected from a day above 12.
  private var isMonthFirst = false

  /// Detects from a text whether months come first.
  mutating func learn(_ text: String) {
    let parts = Self.date(text)?.parts ?? []
    if parts.count == 3, parts[2] > 31, parts[1] > 12, parts[0] <= 12 { isMonthFirst = true }
  }

  /// Seconds since 1970; nil if the text is not a date.
  func seconds(_ text: String) -> Double? {
    guard let (parts, rest, isPointed) = Self.date(text) else { return nil }
    var (year, month, day) = (parts[0], parts[1], parts.count > 2 ? parts[2] : 1)
    if parts[0] <= 31 {
      guard parts.count == 3, parts[2] > 31 else { return nil }
      let monthFirst = isMonthFirst && !isPointed
      (year, month, day) = (parts[2], parts[monthFirst ? 0 : 1], parts[monthFirst ? 1 : 0])
    }
    guard (1...12).contains(month), (1...31).contains(day), (1...9999).contains(year) else {
      return nil
    }
    guard let time = Self.time(rest) else { return nil }
    return Double(Self.days(year, month, day)) * 86_400 + time
  }

  /// The two or three numbers of a date, and the rest of the text.
  private static func date(_ text: String) -> (parts: [Int], rest: Substring, isPointed: Bool)? {
    let trimmed = text.drop { $0 == " " }
    let end = trimmed.utf8.firstIndex {
      ![0x2D, 0x2F, 0x2E].contains($0) && !(0x30...0x39).contains($0)
    }
    let date = trimmed[..<(end ?? trimmed.endIndex)]
    guard let mark = date.first(where: { "-/.".contains($0) }) else { return nil }
    let fields = date.split(separator: mark, omittingEmptySubsequences: false)
    let parts = fields.compactMap { $0.count <= 4 ? Int($0) : nil }
    guard parts.count == fields.count, (2...3).contains(parts.count) else { return nil }
    // Two numbers are a year and a month, never a decimal fraction.
    if parts.count == 2, mark == "." || fields[0].count != 4 { return nil }
    if parts.count == 3, fields[0].count != 4, fields[2].count != 4 { return nil }
    return (parts, trimmed[date.endIndex...], mark == ".")
  }

  /// The seconds of a time of day minus its time zone's offset; 0 for an empty text, nil for an invalid one.
  private static func time(_ text: Substring) -> Double? {
    var rest = text
    while rest.last == " " { rest.removeLast() }
    guard let first = rest.first else { return 0 }
    guard first == "T" || first == " " || first == "t" else { return nil }
    rest = rest.dropFirst().drop { $0 == " " }
    var zone = 0.0
    if rest.last == "Z" || rest.last == "z" {
      rest.removeLast()
    } else if let sign = rest.lastIndex(where: { $0 == "+" || $0 == "-" }) {
      let digits = rest[rest.index(after: sign)...].filter { $0 != ":" }
      guard let number = Int(digits), digits.count == 4 || digits.count == 2 else { return nil }
      let minutes = digits.count == 2 ? number * 60 : number / 100 * 60 + number % 100
      zone = Double(minutes * 60) * (rest[sign] == "+" ? 1 : -1)
      rest = rest[..<sign]
    }
    let fields = rest.split(separator: ":", omittingEmptySubsequences: false)
    guard (2...3).contains(fields.count), let hours = Int(fields[0]), let minutes = Int(fields[1]),
      let seconds = fields.count > 2 ? fields[2].finiteNumber : 0,
      (0...24).contains(hours), (0..<60).contains(minutes), (0..<61).contains(seconds)
    else { return nil }
    return Double(hours * 3600 + minutes * 60) + seconds - zone
  }

  /// Days from 1970-01-01 to a date of the Gregorian calendar.
  private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
    let shifted = month > 2 ? year : year - 1
    let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
    let leaps = shifted / 4 - shifted / 100 + shifted / 400
    return 365 * shifted + leaps + dayOfYear - 719_468
  }
}
