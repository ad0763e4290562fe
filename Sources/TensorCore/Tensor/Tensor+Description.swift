extension Tensor: CustomStringConvertible {
  /// The elements in nested brackets, in columns; long axes show three elements at each end.
  ///
  ///     print(Tensor([1, 2.5, -3, 4], shape: [2, 2]))
  ///     // [[ 1.0,  2.5],
  ///     //  [-3.0,  4.0]]
  public var description: String {
    if count == 0 { return "[] of shape \(shape)" }
    if isDeclared { return "a declared parameter of shape \(shape)" }
    let isAbbreviated = count > 1000
    let shown = NumberFormat.texts(of: shownScalars(abbreviated: isAbbreviated))
    var rest = shown[...]
    let width = shown.map(\.count).max() ?? 0
    return text(0, &rest, width, abbreviated: isAbbreviated)
  }

  /// How many elements each end of a long axis shows.
  private static let edge = 3

  private func isCut(_ axis: Int, abbreviated isAbbreviated: Bool) -> Bool {
    isAbbreviated && shape[axis] > 2 * Self.edge
  }

  /// The positions along an axis that are shown.
  private func shownPositions(_ axis: Int, abbreviated isAbbreviated: Bool) -> [Int] {
    let all = 0..<shape[axis]
    return isCut(axis, abbreviated: isAbbreviated)
      ? all.prefix(Self.edge) + all.suffix(Self.edge) : Array(all)
  }

  private func shownScalars(abbreviated isAbbreviated: Bool) -> [Float] {
    var offsets = [0]
    for axis in shape.indices {
      let positions = shownPositions(axis, abbreviated: isAbbreviated)
      offsets = offsets.flatMap { offset in positions.map { offset * shape[axis] + $0 } }
    }
    return offsets.map { storage[$0] }
  }

  /// The text of the part that the first `axis` indices have chosen; takes its numbers from `rest`.
  private func text(
    _ axis: Int, _ rest: inout ArraySlice<String>, _ width: Int, abbreviated isAbbreviated: Bool
  ) -> String {
    guard axis < rank else {
      let number = rest.popFirst() ?? ""
      return rank == 0 ? number : String(repeating: " ", count: width - number.count) + number
    }
    var parts = shownPositions(axis, abbreviated: isAbbreviated).map { _ in
      text(axis + 1, &rest, width, abbreviated: isAbbreviated)
    }
    if isCut(axis, abbreviated: isAbbreviated) { parts.insert("...", at: Self.edge) }
    let isInnermost = axis == rank - 1
    let lineBreaks = String(repeating: "\n", count: Swift.max(1, rank - 1 - axis))
    let indent = String(repeating: " ", count: axis + 1)
    return "[" + parts.joined(separator: isInnermost ? ", " : "," + lineBreaks + indent) + "]"
  }
}

/// Numbers as texts of one format: fixed-point with up to four decimals, or scientific if the
/// magnitudes go beyond what that shows.
enum NumberFormat {
  static func texts(of numbers: [Float]) -> [String] {
    let magnitudes = numbers.filter { $0.isFinite && $0 != 0 }.map(\.magnitude)
    let (smallest, largest) = (magnitudes.min() ?? 1, magnitudes.max() ?? 1)
    guard largest < 1e8, smallest >= 1e-4 || largest >= 1e-2, largest / smallest < 1e8 else {
      return numbers.map(scientific)
    }
    let decimals = (1...4).first { decimals in
      numbers.allSatisfy { isExact($0, decimals) }
    }
    return numbers.map { fixed($0, decimals: decimals ?? 4) }
  }

  private static func power(_ decimals: Int) -> Double {
    (0..<decimals).reduce(1) { power, _ in power * 10 }
  }

  /// Whether that many decimals give the number again.
  private static func isExact(_ number: Float, _ decimals: Int) -> Bool {
    guard number.isFinite else { return true }
    let rounded = (Double(number) * power(decimals)).rounded() / power(decimals)
    return Float(rounded) == number
  }

  static func fixed(_ number: Float, decimals: Int) -> String {
    guard number.isFinite else { return special(number) }
    let scaled = (Double(number.magnitude) * power(decimals)).rounded()
    let digits = String(Int(scaled))
    let padded = String(repeating: "0", count: Swift.max(0, decimals + 1 - digits.count)) + digits
    let sign = number < 0 && scaled != 0 ? "-" : ""
    return sign + padded.dropLast(decimals) + "." + padded.suffix(decimals)
  }

  static func scientific(_ number: Float) -> String {
    guard number.isFinite else { return special(number) }
    var (mantissa, exponent) = (Double(number.magnitude), 0)
    while mantissa >= 9.99995 {
      mantissa /= 10
      exponent += 1
    }
    while mantissa != 0 && mantissa < 0.999995 {
      mantissa *= 10
      exponent -= 1
    }
    let sign = exponent < 0 ? "-" : "+"
    let digits = String(exponent.magnitude)
    let text = fixed(Float(mantissa), decimals: 4)
    return (number < 0 ? "-" : "") + text + "e" + sign + (digits.count < 2 ? "0" : "") + digits
  }

  private static func special(_ number: Float) -> String {
    number.isNaN ? "nan" : number < 0 ? "-inf" : "inf"
  }
}
