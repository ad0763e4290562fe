/// Something that can be read off a text at every character, with which hidden units are compared.
struct TextFeature: Sendable {
  let name: String
  let values: @Sendable (_ pieces: [String]) -> [Double]

  static let all = [quotes, linePosition, brackets]

  /// 1 inside of quotes, 0 outside.
  static let quotes = TextFeature(name: "inside quotes") { pieces in
    var isInside = false
    return pieces.map { piece in
      if piece == "\"" { isInside.toggle() }
      if piece == "“" { isInside = true }
      if piece == "”" { isInside = false }
      return isInside ? 1 : 0
    }
  }

  /// The number of characters since the line began.
  static let linePosition = TextFeature(name: "position in the line") { pieces in
    var position = 0.0
    return pieces.map { piece in
      position = piece == "\n" ? 0 : position + 1
      return position
    }
  }

  /// The number of open brackets.
  static let brackets = TextFeature(name: "depth of brackets") { pieces in
    var depth = 0.0
    return pieces.map { piece in
      if "([{".contains(piece) { depth += 1 }
      if ")]}".contains(piece) { depth = max(0, depth - 1) }
      return depth
    }
  }
}
