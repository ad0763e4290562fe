/// Two adjacent tokens, packed into one number.
struct BytePair: Hashable, Comparable {
  private let key: UInt64

  init(_ left: Int32, _ right: Int32) {
    key = UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
  }

  var left: Int32 { Int32(truncatingIfNeeded: key >> 32) }
  var right: Int32 { Int32(truncatingIfNeeded: key) }

  /// Orders by the left token, then by the right one.
  static func < (first: Self, second: Self) -> Bool { first.key < second.key }
}

/// A pair of tokens and the token that replaces it.
struct BytePairMerge: Hashable {
  let pair: BytePair
  let result: Int32
}
