extension StringProtocol {
  /// The finite number of a text in decimal notation, ignoring spaces around it; nil for any other text.
  ///
  /// Swift's `Double.init` also accepts `nan`, `infinity` and hexadecimal digits; this does not.
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

/// The hexadecimal digits of a number, with leading zeros.
package func hexadecimal(_ value: some BinaryInteger, digits: Int) -> String {
  let text = String(value, radix: 16)
  return String(repeating: "0", count: Swift.max(0, digits - text.count)) + text
}
