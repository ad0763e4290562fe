extension StringProtocol {
  /// The finite number of a text in decimal notation, ignoring spaces around it and commas between groups of three
  /// digits, as in `1,234,567.5`; nil for any other text.
  ///
  /// Swift's `Double.init` also accepts `nan`, `infinity` and hexadecimal digits; this does not.
  package var finiteNumber: Double? {
    let trimmed = Array(utf8.drop { $0 == 0x20 })
    guard let end = trimmed.lastIndex(where: { $0 != 0x20 }) else { return nil }
    guard let digits = trimmed[...end].withoutGroups(by: UInt8(ascii: ",")) else { return nil }
    let known = digits.allSatisfy { byte in
      (0x30...0x39).contains(byte) || [0x2B, 0x2D, 0x2E, 0x45, 0x65].contains(byte)
    }
    guard known, let number = Double(String(decoding: digits, as: UTF8.self)), number.isFinite
    else { return nil }
    return number
  }
}

extension ArraySlice<UInt8> {
  /// A number's digits without the marks between groups of three before the point; nil if they stand elsewhere.
  package func withoutGroups(by mark: UInt8) -> ArraySlice<UInt8>? {
    guard contains(mark) else { return self }
    func areDigits(_ bytes: ArraySlice<UInt8>) -> Bool {
      bytes.allSatisfy { (0x30...0x39).contains($0) }
    }
    let signs: Set<UInt8> = [UInt8(ascii: "+"), UInt8(ascii: "-")]
    let whole = drop(while: signs.contains).prefix { areDigits([$0]) || $0 == mark }
    let groups = whole.split(separator: mark, omittingEmptySubsequences: false)
    guard let first = groups.first, (1...3).contains(first.count),
      groups.dropFirst().allSatisfy({ $0.count == 3 }),
      !self[whole.endIndex...].contains(mark)
    else { return nil }
    return filter { $0 != mark }[...]
  }
}

/// The hexadecimal digits of a number, with leading zeros.
package func hexadecimal(_ value: some BinaryInteger, digits: Int) -> String {
  let text = String(value, radix: 16)
  return String(repeating: "0", count: Swift.max(0, digits - text.count)) + text
}
