extension String {
  /// The text of UTF-8 bytes; nil if they are not valid.
  ///
  /// ASCII, as most names are, takes a faster path than `String(validating:as:)`.
  package init?(utf8 bytes: ArraySlice<UInt8>) {
    if bytes.allSatisfy({ $0 < 0x80 }) {
      self = String(decoding: bytes, as: UTF8.self)
    } else {
      guard let text = String(validating: bytes, as: UTF8.self) else { return nil }
      self = text
    }
  }
}
