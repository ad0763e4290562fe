/// A piece of a cell's text.
struct TextToken: Hashable {
  enum Kind: Hashable {
    /// A name, with blocks after dots and a prime at the end where it has them.
    case name(String)
    case number(Double)
    /// A text in quotes.
    case quoted(String)
    case sign(String)
    case endOfLine
    case end
  }

  var kind: Kind
  var place: TextPlace

  /// The token in a message.
  var description: String {
    switch kind {
    case .name(let name): name
    case .number(let value): numberText(value)
    case .quoted(let text): "\"\(text)\""
    case .sign(let sign): sign
    case .endOfLine: "the end of the line"
    case .end: "the end of the text"
    }
  }
}

/// A number as it stands in a text: the shortest that reads back as the same, without `.0`.
func numberText(_ value: Double) -> String {
  if value.isInfinite { return (value < 0 ? "-" : "") + Reserved.infinity }
  let text = "\(value)"
  return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
}

/// Cuts a text into tokens. Inside parentheses and brackets a line's end is a space; `#` begins a comment.
struct TextScanner {
  private let scalars: [Unicode.Scalar]
  private var index = 0
  private var place = TextPlace()
  private var depth = 0

  init(_ text: String) { scalars = Array(text.unicodeScalars) }

  static func tokens(_ text: String) throws(CellTextError) -> [TextToken] {
    var scanner = TextScanner(text)
    var tokens: [TextToken] = []
    while true {
      let token = try scanner.next()
      tokens.append(token)
      if token.kind == .end { return tokens }
    }
  }

  private subscript(offset: Int) -> Unicode.Scalar? {
    index + offset < scalars.count ? scalars[index + offset] : nil
  }

  private mutating func advance() {
    if scalars[index] == "\n" {
      place = TextPlace(line: place.line + 1, column: 1)
    } else {
      place.column += 1
    }
    index += 1
  }

  private mutating func next() throws(CellTextError) -> TextToken {
    skipSpace()
    let start = place
    guard let first = self[0] else { return TextToken(kind: .end, place: start) }
    if first == "\n" {
      advance()
      return TextToken(kind: .endOfLine, place: start)
    }
    if Self.startsName(first) { return TextToken(kind: .name(try name(start)), place: start) }
    if Self.isDigit(first) { return TextToken(kind: .number(try number(start)), place: start) }
    if first == "\"" { return TextToken(kind: .quoted(try quoted(start)), place: start) }
    for (sign, scalars) in Self.signs where first == scalars[0] && matches(scalars) {
      for _ in scalars { advance() }
      if "([{".contains(sign) { depth += 1 }
      if ")]}".contains(sign) { depth = max(0, depth - 1) }
      return TextToken(kind: .sign(sign), place: start)
    }
    throw CellTextError(
      start, expected: "a name, a number or a sign of the notation", found: Self.shown(first),
      suggestion: Self.otherSigns[first])
  }

  /// The signs, the longer ones first.
  private static let signs: [(text: String, scalars: [Unicode.Scalar])] = [
    "..<", "==", "+", "-", "*", "/", ">", "=", "(", ")", "[", "]", "{", "}", ",", ";", ":", "~",
  ].map { ($0, Array($0.unicodeScalars)) }

  /// What is meant by signs of other notations.
  private static let otherSigns: [Unicode.Scalar: String] = [
    "∘": "*", "⊙": "*", "·": "*", "×": "*", "σ": "sigmoid", "−": "-",
    "'": "the prime after a state's name",
    "ᵀ": "transpose( )", "<": ">, with the sides exchanged", "^": "a product",
  ]

  private mutating func skipSpace() {
    while let scalar = self[0] {
      if scalar == "#" {
        while let scalar = self[0], scalar != "\n" { advance() }
      } else if scalar == " " || scalar == "\t" || scalar == "\r" || scalar == "\n" && depth > 0 {
        advance()
      } else {
        return
      }
    }
  }

  private func matches(_ sign: [Unicode.Scalar]) -> Bool {
    sign.indices.allSatisfy { self[$0] == sign[$0] }
  }

  private mutating func name(_ start: TextPlace) throws(CellTextError) -> String {
    let first = index
    while let scalar = self[0] {
      guard
        Self.continuesName(scalar) || scalar == "." && self[1].map(Self.continuesName) == true
      else { break }
      advance()
    }
    if self[0] == "'" { advance() }
    let name = string(first..<index)
    guard name.utf8.count <= TextLimits.nameLength else {
      throw CellTextError(
        start, expected: "a name of at most \(TextLimits.nameLength) bytes",
        found: "\(name.utf8.count)")
    }
    return name
  }

  private mutating func number(_ start: TextPlace) throws(CellTextError) -> Double {
    let first = index
    func digits(_ scanner: inout TextScanner) {
      while let scalar = scanner[0], Self.isDigit(scalar) { scanner.advance() }
    }
    digits(&self)
    if self[0] == ".", self[1].map(Self.isDigit) == true {
      advance()
      digits(&self)
    }
    if self[0] == "e" || self[0] == "E" {
      let signed = self[1] == "-" || self[1] == "+"
      if self[signed ? 2 : 1].map(Self.isDigit) == true {
        advance()
        if signed { advance() }
        digits(&self)
      }
    }
    let text = string(first..<index)
    guard let value = Double(text), value.isFinite else {
      throw CellTextError(start, expected: "a number below 1e308", found: text)
    }
    if let scalar = self[0], Self.startsName(scalar) {
      throw CellTextError(
        start, expected: "a space or a sign after a number", found: text + Self.shown(scalar),
        suggestion: "\(text) * ")
    }
    return value
  }

  private mutating func quoted(_ start: TextPlace) throws(CellTextError) -> String {
    advance()
    var result = String.UnicodeScalarView()
    while let scalar = self[0], scalar != "\n" {
      advance()
      if scalar == "\"" { return String(result) }
      guard scalar == "\\" else {
        result.append(scalar)
        continue
      }
      guard let escaped = self[0], escaped == "\"" || escaped == "\\" || escaped == "n" else {
        throw CellTextError(
          place, expected: "\", \\ or n after \\", found: self[0].map(Self.shown) ?? "nothing")
      }
      result.append(escaped == "n" ? "\n" : escaped)
      advance()
    }
    throw CellTextError(start, expected: "a \" at the end of a text", found: "the end of the line")
  }

  private func string(_ range: Range<Int>) -> String {
    var result = String.UnicodeScalarView()
    result.append(contentsOf: scalars[range])
    return String(result)
  }

  static func isDigit(_ scalar: Unicode.Scalar) -> Bool { ("0"..."9").contains(scalar) }
  static func startsName(_ scalar: Unicode.Scalar) -> Bool {
    // The letters of nearly all texts, without a look into Unicode's tables.
    if scalar.isASCII {
      return scalar == "_" || (65...90).contains(scalar.value & ~32)
    }
    return scalar.properties.isAlphabetic && scalar != "σ" && scalar != "ᵀ"
  }
  static func continuesName(_ scalar: Unicode.Scalar) -> Bool {
    startsName(scalar) || isDigit(scalar)
  }

  /// Whether a text is one name: without a prime, and with no dot at an end.
  static func isName(_ text: String) -> Bool {
    let scalars = Array(text.unicodeScalars)
    guard let first = scalars.first, startsName(first), text.utf8.count <= TextLimits.nameLength
    else { return false }
    return scalars.indices.allSatisfy { index in
      continuesName(scalars[index])
        || scalars[index] == "." && index + 1 < scalars.count && continuesName(scalars[index + 1])
    }
  }

  /// A text in quotes, as it is read back.
  static func quoted(_ text: String) -> String {
    "\""
      + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing(
        "\n", with: "\\n")
      + "\""
  }

  private static func shown(_ scalar: Unicode.Scalar) -> String {
    scalar.value < 32 || scalar.value == 127
      ? "the character U+" + String(scalar.value, radix: 16, uppercase: true) : String(scalar)
  }
}
