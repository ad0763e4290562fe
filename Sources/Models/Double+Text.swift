extension Double {
  /// The number with `digits` decimal places; a number too large for that in Swift's own format.
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
}
