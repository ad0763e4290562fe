extension String {
  /// The text that some bytes are in UTF-8; nil where they are not.
  ///
  /// ASCII, which most names are, takes a shorter way than `String(validating:as:)`.
  package init?(utf8 bytes: ArraySlice<UInt8>) {
    if bytes.allSatisfy({ $0 < 0x80 }) {
      self = String(decoding: bytes, as: UTF8.self)
    } else {
      guard let text = String(validating: bytes, as: UTF8.self) else { return nil }
      self = text
    }
  }
}
