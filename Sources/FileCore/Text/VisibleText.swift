extension String {
  /// The text with its control characters as escapes, such as `\u{7}`, so that a file's content has no effect on what shows a
  /// message about it; line ends and tabs stay.
  package var visible: String {
    guard unicodeScalars.contains(where: \.isHidden) else { return self }
    var result = ""
    for scalar in unicodeScalars {
      if scalar.isHidden {
        result += "\\u{\(String(scalar.value, radix: 16))}"
      } else {
        result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  /// The same on one line: line ends as `\n`.
  package var visibleLine: String { visible.replacing("\n", with: "\\n") }
}

extension Unicode.Scalar {
  /// Whether it has no form of its own but may change how others are shown, and is no line end or tab.
  fileprivate var isHidden: Bool {
    properties.generalCategory == .control && self != "\n" && self != "\t"
  }
}
