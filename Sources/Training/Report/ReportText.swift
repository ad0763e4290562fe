import FileCore

extension Double {
  /// The number in short form: `0.002`, `12k`, `3.4M`.
  var short: String {
    let size = abs(self)
    if size >= 1e6 { return (self / 1e6).digits + "M" }
    if size >= 10_000 { return (self / 1000).digits + "k" }
    return digits
  }

  /// The number without trailing zeros.
  private var digits: String {
    let size = abs(self)
    if size > 0, size < 1e-4 { return "\(Float(self))" }
    var text = text(size >= 100 ? 0 : size >= 1 ? 2 : 5)
    if text.contains(".") {
      while text.hasSuffix("0") { text.removeLast() }
      if text.hasSuffix(".") { text.removeLast() }
    }
    return text
  }
}

extension String {
  /// The text with HTML's special characters escaped.
  var escaped: String {
    var result = ""
    for scalar in unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      default:
        // Control characters are not allowed in HTML.
        let isControl = scalar.value < 32 && scalar != "\n" && scalar != "\t"
        result.unicodeScalars.append(isControl ? "\u{FFFD}" : scalar)
      }
    }
    return result
  }
}
