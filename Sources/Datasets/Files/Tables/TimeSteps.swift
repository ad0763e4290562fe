import FileCore

/// The steps between the times of a series: the usual step, and where others occur.
///
/// A gap is a step longer than 1.5 usual steps. Months of 28 to 31 days count as equal, and so do years.
public struct TimeSteps: Codable, Hashable, Sendable {
  /// The column's name.
  public var column: String
  /// The usual step in seconds, or in the column's own unit if it contains numbers.
  public var step: Double?
  /// Whether the column contains dates.
  public var areDates: Bool
  /// The number of gaps.
  public var gaps = 0
  /// The line after the first gap.
  public var firstGap: Int?
  /// The number of other unusual steps, including steps back in time.
  public var unequal = 0
  /// The line after the first of these.
  public var firstUnequal: Int?
}

extension TimeSteps: CustomStringConvertible {
  /// For example `date goes on by 1 day, with 2 gaps, the first before line 17`.
  public var description: String {
    var text = column
    if let step { text += " goes on by " + name(of: step) }
    if let firstGap {
      text += ", with \(gaps.counted("gaps")), the first before line \(firstGap)"
    }
    if let firstUnequal {
      text += ", and \(unequal.counted("unequal steps"))"
      text += ", the first before line \(firstUnequal)"
    }
    return text
  }

  private func name(of step: Double) -> String {
    // Differences of times have rounding in their last digits.
    let shown = step.shortest(within: step * 1e-7)
    guard areDates else { return "\(shown)" }
    let units = [
      (365 * 86_400.0, "years"), (28 * 86_400.0, "months"), (7 * 86_400.0, "weeks"),
      (86_400.0, "days"), (3600.0, "hours"), (60.0, "minutes"), (1.0, "seconds"),
    ]
    for (size, unit) in units {
      let days = step / 86_400
      if unit == "years", (365...366).contains(days) { return "1 year" }
      if unit == "months" {
        if (28...31).contains(days) { return "1 month" }
        continue
      }
      let count = step / size
      if unit != "years", count >= 1, count == count.rounded() {
        return Int(count).counted(unit)
      }
    }
    return "\(shown) seconds"
  }
}

/// Collects the times of a series.
struct TimeSurvey {
  private let column: String
  private let areDates: Bool
  private let reader: TimeText
  private var last: Double?
  private var steps: [Double: (count: Int, firstLine: Int)] = [:]
  /// The most distinct steps that are counted.
  private static let mostSteps = 4096

  init(column: String, areDates: Bool, reader: TimeText) {
    (self.column, self.areDates, self.reader) = (column, areDates, reader)
  }

  /// Adds the time of a row.
  ///
  /// - Throws: `FileError` if it is not a time.
  mutating func add(_ field: FileField, in path: String) throws(FileError) {
    let time = areDates ? reader.seconds(field.text) : field.number
    guard let time else {
      throw field.fault(in: path, expected: areDates ? "a date or time" : "a number for \(column)")
    }
    defer { last = time }
    guard let last else { return }
    let step = Self.calendar(time - last, ofDates: areDates)
    if steps[step] == nil, steps.count >= Self.mostSteps { return }
    steps[step, default: (0, field.line)].count += 1
  }

  /// Rounds the lengths of months and years to one value each.
  private static func calendar(_ step: Double, ofDates areDates: Bool) -> Double {
    guard areDates else { return step }
    let days = step / 86_400
    if (28...31).contains(days), days == days.rounded() { return 30 * 86_400 }
    if (365...366).contains(days) { return 365 * 86_400 }
    return step
  }

  /// The steps found.
  var result: TimeSteps {
    let usual = steps.filter { $0.key > 0 }.max {
      ($0.value.count, -$0.key) < ($1.value.count, -$1.key)
    }?.key
    var result = TimeSteps(column: column, step: usual, areDates: areDates)
    guard let usual else { return result }
    for (step, found) in steps where abs(step - usual) > usual * 1e-6 {
      if step > 1.5 * usual {
        result.gaps += found.count
        result.firstGap = min(result.firstGap ?? .max, found.firstLine)
      } else {
        result.unequal += found.count
        result.firstUnequal = min(result.firstUnequal ?? .max, found.firstLine)
      }
    }
    return result
  }
}
