import Requirements

extension Double {
  /// The number with `digits` decimal places; one too large for that as Swift writes it.
  package func text(_ digits: Int) -> String {
    guard isFinite else { return "\(self)" }
    var scale = 1.0
    for _ in 0..<digits { scale *= 10 }
    let rounded = (abs(self) * scale).rounded()
    guard rounded < 1e15 else { return "\(self)" }
    let whole = Int(rounded)
    let fraction = String(whole % Int(scale))
    let sign = self < 0 && whole > 0 ? "-" : ""
    let zeros = String(repeating: "0", count: max(0, digits - fraction.count))
    return digits == 0
      ? "\(sign)\(whole)" : "\(sign)\(whole / Int(scale)).\(zeros)\(fraction)"
  }

  /// The number with at least three digits that say something, and four behind the point where they do: `2.7183`,
  /// `0.00152`, `1.52e-07`, `7.286e+37`.
  package var significant: String {
    let size = abs(self)
    if isFinite, size >= 1e9 { return largeText }
    guard isFinite, size > 0, size < 0.1 else { return text(4) }
    var (scaled, exponent) = (size, 0)
    while scaled < 1 {
      scaled *= 10
      exponent += 1
    }
    if exponent <= 5 { return text(max(4, exponent + 2)) }
    let digits = scaled.text(2)
    // Rounding may have made a ten of it.
    let carried = digits.hasPrefix("10")
    return (self < 0 ? "-" : "") + (carried ? "1.00" : digits)
      + "e-" + (exponent - (carried ? 1 : 0) < 10 ? "0" : "") + "\(exponent - (carried ? 1 : 0))"
  }
}

extension Double {
  /// The number with the fewest digits, at most nine, within `error` of this one; this one where there is none.
  package func shortest(within error: Double) -> Double {
    guard isFinite, self != 0 else { return self }
    if magnitude <= error { return 0 }
    let exponent = Int((logarithm(magnitude) / logarithm(10)).rounded(.down))
    for digits in 1...9 {
      let places = digits - 1 - exponent
      // Powers of ten beyond 1e22 are not exact, and their reciprocals never are; those beyond 1e308 are infinite.
      let unit = power(10, Double(places.magnitude))
      let rounded = places < 0 ? (self / unit).rounded() * unit : (self * unit).rounded() / unit
      if (rounded - self).magnitude <= error { return rounded }
    }
    return self
  }
}

extension Double {
  /// A large number with four digits: `7.286e+37`.
  private var largeText: String {
    var (scaled, exponent) = (abs(self), 0)
    while scaled >= 9.9995 {
      scaled /= 10
      exponent += 1
    }
    return (self < 0 ? "-" : "") + scaled.text(3) + "e+" + (exponent < 10 ? "0" : "")
      + "\(exponent)"
  }
}

extension Int {
  /// The number with commas between its thousands.
  package var grouped: String {
    var groups: [String] = []
    var rest = magnitude
    while rest >= 1000 {
      let group = String(rest % 1000)
      groups.append(String(repeating: "0", count: 3 - group.count) + group)
      rest /= 1000
    }
    return (self < 0 ? "-" : "") + ([String(rest)] + groups.reversed()).joined(separator: ",")
  }

  /// The number with its noun, which is in the plural but for one: `1 sample`, `2,000 samples`, `1 class`.
  package func counted(_ plural: String) -> String {
    guard self == 1 else { return "\(grouped) \(plural)" }
    for (ending, single) in [("sses", "ss"), ("xes", "x"), ("ies", "y"), ("s", "")]
    where plural.hasSuffix(ending) { return "1 \(plural.dropLast(ending.count))\(single)" }
    return "1 \(plural)"
  }
}
