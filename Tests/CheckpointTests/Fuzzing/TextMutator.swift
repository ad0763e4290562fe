/// Changes numbers, keywords and single bytes of structured texts.
struct TextMutator {
  var random: ByteMutator
  /// The keywords of the texts.
  let words: [String]

  /// One change.
  mutating func damage(_ text: inout [UInt8], with other: [UInt8]) {
    switch random.number(below: 8) {
    case 0, 1: replaceNumber(in: &text)
    case 2, 3: random.insert(Array(random.choice(words).utf8), into: &text)
    case 4: repeatPiece(of: &text)
    default: random.damage(&text, with: other)
    }
  }

  private static let numbers = [
    "0", "1", "-1", "2", "4", "8", "16", "255", "2147483647", "2147483648", "4294967295",
    "4294967296", "9223372036854775807", "9223372036854775808", "18446744073709551616", "1e9",
    "1.5", "00",
  ]

  private mutating func replaceNumber(in text: inout [UInt8]) {
    func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
    guard !text.isEmpty else { return }
    let from = random.number(below: text.count)
    guard let start = text[from...].firstIndex(where: isDigit) else { return }
    let end = text[start...].firstIndex { !isDigit($0) } ?? text.count
    text.replaceSubrange(start..<end, with: Array(random.choice(Self.numbers).utf8))
  }

  private mutating func repeatPiece(of text: inout [UInt8]) {
    guard !text.isEmpty else { return }
    let start = random.number(below: text.count)
    let end = min(text.count, start + 1 + random.number(below: 64))
    random.insert(Array(text[start..<end]), into: &text)
  }
}

extension TextMutator {
  /// JSON, with the words of a safetensors header.
  static let json = [
    "{", "}", "[", "]", ",", ":", "\"", "{}", "[]", "null", "true", "false", "\\u0000", "\\uD800",
    "\\uDC00", "\\n", "e", "-", ".", " ", "\"a\":1,", "\u{301}", "é", "\"__metadata__\":{},",
    "\"dtype\":\"F32\"", "\"BF16\"", "\"BOOL\"", "\"shape\":[0]", "\"data_offsets\":[0,0]",
    "\"x\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]},",
  ]

  /// Cells as text.
  static let cell = [
    "cell a(x, h)", " for I = H", " for H = 4", "\n", "  h' = ", "  y = ", "  parameter ", "W_a",
    "W_ih.f ",
    "b_a.g", "w_b", "[H]", "[H, I]", " ~ 1", " ~ uniform(0, 1)", " ~ opposite(f)", "option a = ",
    "H",
    "I", " + ", " - ", " * ", " / ", " > ", " == ", "(", ")", "sigmoid(", "max(", "layer_norm(",
    "repeat(",
    "concatenate(", "chunk(", "choose(", "constant(", "broadcast(", "identity(H)", "transpose(",
    "[0..<H]", "[1, 2; 3, 4]", "#", "\"", "'", ", c", "x", "h", "c'", "1e308", "nan", "infinity",
    "é",
  ]

  /// The headers of NumPy's arrays.
  static let numPy = [
    "{", "}", "(", ")", ",", ":", "'", "True", "False", "'descr': '<f4', ", "'<f8'", "'|O'",
    "'>f4'",
    "'|b1'", "'fortran_order': True, ", "'shape': (), ", "'shape': (0, 3), ", " ", "\n",
  ]
}
