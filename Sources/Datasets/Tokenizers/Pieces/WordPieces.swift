/// Splits a text into words and the characters between them.
///
/// The rule works on extended grapheme clusters, so that accents and joined emoji are never separated:
///
/// 1. A word is a run of letters, digits and underscores of any script. It includes an apostrophe (`'` or `’`) between
///    two letters, and a point or a comma between two digits: `don't`, `3.14`, `10,000`.
/// 2. An ideograph is a word, since its scripts put no spaces between words.
/// 3. Every other character is a piece: punctuation, symbols, emoji, white space.
/// 4. One space before a word, or before a character of rule 3 that is not white space, belongs to that piece.
///
/// `"It's 3.14, he said."` gives `It's`, ` 3.14`, `,`, ` he`, ` said`, `.`. The concatenated pieces are the text.
struct WordPieces {
  private enum Kind { case letter, digit, ideograph, space, other }

  /// A character: the end of its bytes, and its kind.
  private struct Cell {
    var end: Int
    var kind: Kind
    /// Its only byte; 0 if it has several.
    var byte: UInt8
    /// Whether it is an apostrophe.
    var isApostrophe: Bool
  }

  /// Calls `body` with each piece of a text.
  static func forEach(in text: String, _ body: (UnsafeRawBufferPointer) -> Void) {
    var text = text
    text.makeContiguousUTF8()
    var cells: [Cell] = []
    var start = 0
    var rest = text[...]
    // No piece continues after the end of a line, so the text is split line by line.
    while !rest.isEmpty {
      let line = rest.utf8.firstIndex(of: UInt8(ascii: "\n")).map { rest[...$0] } ?? rest
      rest = rest[line.endIndex...]
      read(line, from: start, into: &cells)
      text.utf8.withContiguousStorageIfAvailable { bytes in
        var index = 0
        while index < cells.count {
          index = end(of: index, in: cells)
          let end = cells[index - 1].end
          body(UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: bytes[start..<end])))
          start = end
        }
      }
    }
  }

  /// The index after the piece that begins at `start`.
  private static func end(of start: Int, in cells: [Cell]) -> Int {
    var index = start
    if cells[index].byte == UInt8(ascii: " "), index + 1 < cells.count,
      cells[index + 1].kind != .space
    {
      index += 1
    }
    guard cells[index].kind == .letter || cells[index].kind == .digit else { return index + 1 }
    index += 1
    while index < cells.count {
      switch cells[index].kind {
      case .letter, .digit: index += 1
      case .other where joins(index, in: cells): index += 1
      default: return index
      }
    }
    return index
  }

  /// Whether a character joins the letters or digits on both of its sides.
  private static func joins(_ index: Int, in cells: [Cell]) -> Bool {
    guard index + 1 < cells.count else { return false }
    let (before, after) = (cells[index - 1].kind, cells[index + 1].kind)
    if cells[index].isApostrophe { return before == .letter && after == .letter }
    let isPoint = cells[index].byte == UInt8(ascii: ".") || cells[index].byte == UInt8(ascii: ",")
    return isPoint && before == .digit && after == .digit
  }

  /// Reads the characters of a line that begins at byte `start`.
  private static func read(_ line: Substring, from start: Int, into cells: inout [Cell]) {
    cells.removeAll(keepingCapacity: true)
    var end = start
    for character in line {
      let utf8 = character.utf8
      let byte = utf8.count == 1 ? utf8[utf8.startIndex] : nil
      end += utf8.count
      if let byte {
        let isApostrophe = byte == UInt8(ascii: "'")
        let kind = ascii[Int(byte)]
        cells.append(Cell(end: end, kind: kind, byte: byte, isApostrophe: isApostrophe))
      } else if let scalar = character.unicodeScalars.first {
        let isApostrophe = scalar == "\u{2019}"
        cells.append(Cell(end: end, kind: kind(of: scalar), byte: 0, isApostrophe: isApostrophe))
      }
    }
  }

  private static let ascii: [Kind] = (0..<128).map { kind(of: Unicode.Scalar(UInt8($0))) }

  private static func kind(of scalar: Unicode.Scalar) -> Kind {
    if scalar.properties.isIdeographic { return .ideograph }
    if scalar.properties.isWhitespace { return .space }
    return switch scalar.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter,
      .letterNumber, .connectorPunctuation:
      .letter
    case .decimalNumber, .otherNumber: .digit
    default: .other
    }
  }
}
