extension Console {
  /// A text for people, on a terminal broken at spaces so that no line is cut by its edge. Command lines, which are copied, and
  /// what a model wrote are printed as they are instead.
  package static func fitted(_ text: String) -> String {
    isTerminal ? text.wrapped(columns: columns) : text
  }
}

extension String {
  /// The text with each line broken at spaces into lines of at most `columns` columns; a longer word stays whole. Colours take
  /// no room.
  package func wrapped(columns: Int) -> String {
    split(separator: "\n", omittingEmptySubsequences: false).map { line in
      var (lines, width) = ([String](), 0)
      for word in line.split(separator: " ", omittingEmptySubsequences: false) {
        let more = word.widthOnTerminal
        if lines.isEmpty || width > 0 && width + 1 + more > columns {
          lines.append(String(word))
          width = more
        } else {
          lines[lines.count - 1] += " " + word
          width += 1 + more
        }
      }
      return lines.joined(separator: "\n")
    }.joined(separator: "\n")
  }
}

extension Substring {
  /// The number of characters beside the escape sequences of colours.
  fileprivate var widthOnTerminal: Int {
    var (count, isEscape) = (0, false)
    for character in self {
      if character == "\u{1B}" { isEscape = true }
      if !isEscape { count += 1 }
      if isEscape, character == "m" { isEscape = false }
    }
    return count
  }
}
