/// Reads Unicode scalars from UTF-8 at any place, without allocating strings.
enum ScalarReader {
  /// The scalar that begins at a place, and its number of bytes.
  ///
  /// Each byte that is not valid UTF-8 is read as U+FFFD.
  static func scalar(
    at place: Int, in bytes: UnsafeBufferPointer<UInt8>
  ) -> (scalar: Unicode.Scalar, size: Int) {
    let lead = bytes[place]
    if lead < 0x80 { return (Unicode.Scalar(lead), 1) }
    let size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2
    guard lead >= 0xC2, place + size <= bytes.count else { return ("\u{FFFD}", 1) }
    var value = UInt32(lead) & (0x7F >> UInt32(size))
    for offset in 1..<size { value = value << 6 | UInt32(bytes[place + offset] & 0x3F) }
    guard let scalar = Unicode.Scalar(value) else { return ("\u{FFFD}", 1) }
    return (scalar, size)
  }
}
