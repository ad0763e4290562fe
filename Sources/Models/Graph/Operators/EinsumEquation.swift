/// The text of an `Einsum`: a letter for each axis of each operand, and those of the result.
///
/// Axes with the same letter are multiplied place by place, and summed if the result does not have the letter. An ellipsis
/// stands for any number of axes.
struct EinsumEquation: Sendable {
  /// A letter, or an axis of an ellipsis by its place from the end.
  enum Label: Hashable, Sendable {
    case letter(UInt8)
    case ellipsis(Int)
  }

  /// The letters of a term around its ellipsis; one without has all of them in front.
  struct Term: Sendable {
    var front: [UInt8] = []
    var back: [UInt8] = []
    var hasEllipsis = false

    /// The labels, with this many axes in the ellipsis.
    func labels(ellipsis count: Int) -> [Label] {
      front.map { .letter($0) } + (0..<(hasEllipsis ? count : 0)).reversed().map { .ellipsis($0) }
        + back.map { .letter($0) }
    }

    /// The number of axes that the letters name.
    var letterCount: Int { front.count + back.count }
  }

  let operands: [Term]
  let result: Term

  /// The longest text: more than the letters of as many axes as operands can have.
  private static let maximumLength = 1 << 16

  init(_ text: String) throws(GraphFailure) {
    let characters = text.utf8.filter { $0 != UInt8(ascii: " ") }
    guard characters.count <= Self.maximumLength else {
      throw GraphFailure(
        expected: "an equation of at most \(Self.maximumLength) letters", found: characters.count)
    }
    var (sides, rest) = ([[UInt8]](), characters[...])
    while let arrow = rest.indices.dropLast().first(where: { rest[$0...].starts(with: "->".utf8) })
    {
      sides.append(Array(rest[..<arrow]))
      rest = rest[(arrow + 2)...]
    }
    sides.append(Array(rest))
    guard sides.count <= 2 else { throw GraphFailure("equation: more than one arrow") }
    var operands: [Term] = []
    for part in sides[0].split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) {
      operands.append(try Self.term(part))
    }
    self.operands = operands
    guard sides.count == 2 else {
      result = Self.implicitResult(operands)
      return
    }
    result = try Self.term(sides[1][...])
    let known = Set(operands.flatMap { $0.front + $0.back })
    let letters = result.front + result.back
    guard Set(letters).count == letters.count, known.isSuperset(of: letters) else {
      throw GraphFailure("equation: expected letters of the operands in the result, each once")
    }
  }

  /// The ellipsis, then the letters that stand once, in their order.
  private static func implicitResult(_ operands: [Term]) -> Term {
    var counts: [UInt8: Int] = [:]
    for letter in operands.flatMap({ $0.front + $0.back }) { counts[letter, default: 0] += 1 }
    let single = counts.filter { $0.value == 1 }.keys.sorted()
    return Term(back: single, hasEllipsis: operands.contains(where: \.hasEllipsis))
  }

  private static func term(_ text: ArraySlice<UInt8>) throws(GraphFailure) -> Term {
    var (term, rest) = (Term(), text)
    while let character = rest.popFirst() {
      switch character {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"):
        if term.hasEllipsis { term.back.append(character) } else { term.front.append(character) }
      case UInt8(ascii: ".") where !term.hasEllipsis && rest.starts(with: "..".utf8):
        term.hasEllipsis = true
        rest = rest.dropFirst(2)
      default:
        throw GraphFailure(
          "equation: expected letters, one ellipsis, commas and an arrow, found "
            + "\(Character(UnicodeScalar(character)))")
      }
    }
    return term
  }
}
