/// Splits a text into pieces like GPT-2; byte pairs are merged only within pieces.
///
/// At every place the first match of these is a piece: an English contraction (`'s 't 're 've 'm 'll 'd`); an optional
/// space and a run of letters; an optional space and a run of numbers; an optional space and a run of other characters
/// except white space; a run of white space, without its last character if other text follows. Letters are the general
/// categories L, numbers N. The concatenated pieces are the text.
///
/// Radford et al., Language Models are Unsupervised Multitask Learners, 2019.
struct BytePairPieces {
  private enum Kind: UInt8 { case letter, number, space, other }

  private let bytes: UnsafeBufferPointer<UInt8>

  /// Calls `body` with each piece of a part of UTF-8 bytes.
  static func forEach(
    in bytes: UnsafeBufferPointer<UInt8>, _ body: (UnsafeRawBufferPointer) -> Void
  ) {
    let pieces = BytePairPieces(bytes: bytes)
    var place = 0
    while place < bytes.count {
      let end = pieces.end(of: place)
      body(UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: bytes[place..<end])))
      place = end
    }
  }

  private static let ascii: [Kind] = (0..<128).map { kind(of: Unicode.Scalar(UInt8($0))) }

  private static func kind(of scalar: Unicode.Scalar) -> Kind {
    switch scalar.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter:
      .letter
    case .decimalNumber, .letterNumber, .otherNumber: .number
    default: scalar.properties.isWhitespace ? .space : .other
    }
  }

  /// The kind of character at a place, and its number of bytes; nil at the end.
  private func kind(at place: Int) -> (kind: Kind, size: Int)? {
    guard place < bytes.count else { return nil }
    let byte = bytes[place]
    if byte < 0x80 { return (Self.ascii[Int(byte)], 1) }
    let (scalar, size) = ScalarReader.scalar(at: place, in: bytes)
    return (Self.kind(of: scalar), size)
  }

  /// The end of the piece that begins at `start`.
  private func end(of start: Int) -> Int {
    if let end = contractionEnd(start) { return end }
    let word = bytes[start] == UInt8(ascii: " ") ? start + 1 : start
    if let first = kind(at: word), first.kind != .space {
      return endOfRun(of: first.kind, from: word + first.size)
    }
    return endOfSpace(from: start)
  }

  private func endOfRun(of kind: Kind, from start: Int) -> Int {
    var place = start
    while let next = self.kind(at: place), next.kind == kind { place += next.size }
    return place
  }

  /// The end of a run of white space; excludes its last character if other text follows and it is not the only one.
  private func endOfSpace(from start: Int) -> Int {
    var (place, last) = (start, start)
    while let next = kind(at: place), next.kind == .space {
      last = place
      place += next.size
    }
    return place < bytes.count && last > start ? last : place
  }

  private func contractionEnd(_ start: Int) -> Int? {
    guard bytes[start] == UInt8(ascii: "'"), start + 1 < bytes.count else { return nil }
    let second = start + 2 < bytes.count ? bytes[start + 2] : 0
    return switch (bytes[start + 1], second) {
    case (UInt8(ascii: "s"), _), (UInt8(ascii: "t"), _), (UInt8(ascii: "m"), _),
      (UInt8(ascii: "d"), _):
      start + 2
    case (UInt8(ascii: "r"), UInt8(ascii: "e")), (UInt8(ascii: "v"), UInt8(ascii: "e")),
      (UInt8(ascii: "l"), UInt8(ascii: "l")):
      start + 3
    default: nil
    }
  }
}
