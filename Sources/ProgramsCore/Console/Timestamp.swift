import FileCore

/// A time as people write it, in UTC.
package struct Timestamp {
  /// Seconds since 1970.
  private let seconds: Int

  /// A time in seconds since 1970.
  package init(seconds: Int) { self.seconds = seconds }

  /// The present time.
  package static var now: Timestamp {
    Timestamp(seconds: Int(System.nanoseconds / 1_000_000_000))
  }

  /// Day and minute: `2026-11-29 01:20 UTC`.
  package var text: String {
    // Years begin in March, so that the day of a leap year is a year's last; 400 years have 146,097 days.
    let days = seconds / 86_400 + 719_468
    let (era, day) = (days / 146_097, days % 146_097)
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365
    let ofYear = day - (365 * year + year / 4 - year / 100)
    let month = (5 * ofYear + 2) / 153
    let ofMonth = ofYear - (153 * month + 2) / 5 + 1
    let date = [
      "\(era * 400 + year + (month >= 10 ? 1 : 0))",
      Self.twoDigits(month < 10 ? month + 3 : month - 9),
      Self.twoDigits(ofMonth),
    ]
    let minutes = seconds % 86_400 / 60
    return date.joined(separator: "-")
      + " \(Self.twoDigits(minutes / 60)):\(Self.twoDigits(minutes % 60)) UTC"
  }

  private static func twoDigits(_ number: Int) -> String { (number < 10 ? "0" : "") + "\(number)" }
}
