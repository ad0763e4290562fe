import Requirements

/// Dates from words to numbers: `march the third, nineteen ninety-four` becomes `1994-03-03`.
///
/// All days from 1900 to 2099 are equally likely, and so are the three wordings. The baseline knows the position in
/// the answer but not the words; the end counts as a symbol. Solved if 0.98 of the dates are written without an
/// error.
public struct Dates: GeneratedTask {
  /// The task; it has no options.
  public init() {}

  private static let alphabet = CharacterTokenizer(
    characters: Array(" ,-abcdefghijklmnopqrstuvwxyz".unicodeScalars))
  private static let digits = CharacterTokenizer(characters: Array("-0123456789".unicodeScalars))

  /// `dates`.
  public var name: String { "dates" }
  /// Letters, spaces, commas and hyphens.
  public var input: ValueKind { .text(Self.alphabet) }
  /// Digits and hyphens.
  public var target: ValueKind { .text(Self.digits) }
  /// The answer begins after the whole input.
  public var alignment: Alignment { .delayed }

  /// The entropy of a symbol given its position, over all days; solved at 0.98 without an error.
  public var levels: TaskLevels {
    let days = (1900...2099).flatMap { year in
      (1...12).flatMap { month in
        (1...Self.days(in: month, of: year)).map { Self.number(year, month, $0) }
      }
    }
    let nats = (0..<10).reduce(0.0) { sum, place in
      var tallies: [UInt8: Int] = [:]
      for day in days { tallies[day[place], default: 0] += 1 }
      return tallies.values.sorted().reduce(sum) { sum, tally in
        let share = Double(tally) / Double(days.count)
        return sum - share * logarithm(share)
      }
    }
    return TaskLevels(baseline: nats / 11, solved: Goal(.exactMatch, 0.98))
  }

  /// Samples the day, then the wording.
  public func sample(using generator: inout some RandomNumberGenerator) -> Sample {
    // Sampled until the day exists, so that all days are equally likely.
    var (year, month, day) = (0, 0, 0)
    repeat {
      year = 1900 + generator.draw(below: 200)
      month = 1 + generator.draw(below: 12)
      day = 1 + generator.draw(below: 31)
    } while day > Self.days(in: month, of: year)
    let words = Self.words(year, month, day, way: generator.draw(below: 3))
    let number = String(decoding: Self.number(year, month, day), as: UTF8.self)
    return Sample(
      .tokens(Self.alphabet.encode(words)), .tokens(Self.digits.encode(number)))
  }

  /// A day in words, in one of three wordings.
  package static func words(_ year: Int, _ month: Int, _ day: Int, way: Int) -> String {
    let (day, month) = (ordinal(day), months[month - 1])
    return switch way {
    case 0: "the \(day) of \(month) \(words(year: year))"
    case 1: "\(month) the \(day), \(words(year: year))"
    default: "\(month) \(day), \(words(year: year))"
    }
  }

  package static func days(in month: Int, of year: Int) -> Int {
    let isLeap = year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400))
    return switch month {
    case 2: isLeap ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }

  /// The ten characters of `YYYY-MM-DD`.
  private static func number(_ year: Int, _ month: Int, _ day: Int) -> [UInt8] {
    let numbers = [
      year / 1000, year / 100, year / 10, year, -1, month / 10, month, -1, day / 10, day,
    ]
    return numbers.map { $0 < 0 ? UInt8(ascii: "-") : UInt8(ascii: "0") + UInt8($0 % 10) }
  }

  private static func words(year: Int) -> String {
    let (century, rest) = (year / 100, year % 100)
    switch (century, rest) {
    case (20, 0): return "two thousand"
    case (20, 1..<10): return "two thousand and \(cardinal(rest))"
    case (_, 0): return "\(cardinal(century)) hundred"
    case (_, 1..<10): return "\(cardinal(century)) oh \(cardinal(rest))"
    default: return "\(cardinal(century)) \(cardinal(rest))"
    }
  }

  /// A number below 100 in words.
  private static func cardinal(_ number: Int) -> String {
    guard number >= 20 else { return small[number] }
    let ten = tens[number / 10 - 2]
    return number % 10 == 0 ? ten : "\(ten)-\(small[number % 10])"
  }

  /// The word for a day of a month.
  private static func ordinal(_ number: Int) -> String {
    switch number {
    case 20: "twentieth"
    case 30: "thirtieth"
    case 20...: "\(tens[number / 10 - 2])-\(ordinals[number % 10])"
    default: ordinals[number]
    }
  }

  private static let months = [
    "january", "february", "march", "april", "may", "june", "july", "august", "september",
    "october", "november", "december",
  ]
  private static let small = [
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
    "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen",
    "nineteen",
  ]
  private static let tens = [
    "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety",
  ]
  private static let ordinals = [
    "zeroth", "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth",
    "ninth", "tenth", "eleventh", "twelfth", "thirteenth", "fourteenth", "fifteenth",
    "sixteenth", "seventeenth", "eighteenth", "nineteenth",
  ]
}
