extension StringProtocol {
  /// The finite number that a text is in decimal notation, spaces around it aside, or nil.
  ///
  /// What Swift would read besides (`nan`, `infinity`, hexadecimal digits) is no number of a file.
  package var finiteNumber: Double? {
    let trimmed = Array(utf8.drop { $0 == 0x20 })
    guard let end = trimmed.lastIndex(where: { $0 != 0x20 }) else { return nil }
    let digits = trimmed[...end]
    let known = digits.allSatisfy { byte in
      (0x30...0x39).contains(byte) || [0x2B, 0x2D, 0x2E, 0x45, 0x65].contains(byte)
    }
    guard known, let number = Double(String(decoding: digits, as: UTF8.self)), number.isFinite
    else { return nil }
    return number
  }
}

/// The hexadecimal digits of a number, with zeros in front.
package func hexadecimal(_ value: some BinaryInteger, digits: Int) -> String {
  let text = String(value, radix: 16)
  return String(repeating: "0", count: Swift.max(0, digits - text.count)) + text
}
