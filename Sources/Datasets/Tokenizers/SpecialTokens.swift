import Requirements

/// Special tokens, which mark something other than text: the end of a document, padding.
///
/// Each has a name, such as `<|endoftext|>`. The name in a text is encoded as the token, the longest match first;
/// decoding restores the name.
public struct SpecialTokens: Hashable, Sendable {
  /// The names in ID order.
  public let names: [String]
  /// The ID of the first one.
  public let firstID: Int32

  private let bytes: [[UInt8]]
  /// For each byte, whether a name begins with it.
  private let begins: [Bool]

  /// Special tokens with the IDs from `firstID` on.
  ///
  /// - Precondition: the names are distinct and not empty.
  public init(_ names: [String], firstID: Int32) {
    let fault = Self.fault(in: names)
    require(fault == nil, "special tokens: \(fault ?? "")")
    self.names = names
    self.firstID = firstID
    bytes = names.map { Array($0.utf8) }
    var begins = [Bool](repeating: false, count: 256)
    for name in bytes { begins[Int(name[0])] = true }
    self.begins = begins
  }

  /// The error in a list of names; nil if it is valid.
  static func fault(in names: [String]) -> String? {
    if names.contains("") { return "expected names, found an empty one" }
    var seen: Set<[UInt8]> = []
    let twice = names.first { !seen.insert(Array($0.utf8)).inserted }
    return twice.map { "expected different names, found \($0) twice" }
  }

  /// The number of names.
  public var count: Int { names.count }

  /// The ID of a name, or nil.
  public subscript(name: String) -> Int32? {
    bytes.firstIndex(of: Array(name.utf8)).map { firstID + Int32($0) }
  }

  /// The bytes of the name of an ID; nil if it is not a special token's.
  func utf8(of token: Int32) -> [UInt8]? {
    let index = Int(token) - Int(firstID)
    return bytes.indices.contains(index) ? bytes[index] : nil
  }

  /// Splits a text at the names: calls `special` with the ID of each name, and `text` with each nonempty range between
  /// names.
  func cut(
    _ all: UnsafeBufferPointer<UInt8>, text: (Range<Int>) -> Void, special: (Int32) -> Void
  ) {
    var start = 0
    var place = 0
    while !names.isEmpty && place < all.count {
      guard begins[Int(all[place])], let index = longestName(at: place, in: all) else {
        place += 1
        continue
      }
      if start < place { text(start..<place) }
      special(firstID + Int32(index))
      place += bytes[index].count
      start = place
    }
    if start < all.count { text(start..<all.count) }
  }

  private func longestName(at place: Int, in all: UnsafeBufferPointer<UInt8>) -> Int? {
    let fitting = bytes.indices.filter { index in
      let name = bytes[index]
      return place + name.count <= all.count
        && name.elementsEqual(UnsafeBufferPointer(rebasing: all[place..<place + name.count]))
    }
    return fitting.max { bytes[$0].count < bytes[$1].count }
  }
}
