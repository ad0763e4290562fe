import Requirements

/// Tokens that stand for themselves and not for text: the end of a document, padding.
///
/// Each has a name, such as `<|endoftext|>`, and is met where a text holds its name; the longest of
/// several names that fit counts. So a text with marks in it is encoded with its marks, and decoding
/// gives the names back.
public struct SpecialTokens: Hashable, Sendable {
  /// The names, in the order of their ids.
  public let names: [String]
  /// The id of the first one.
  public let firstID: Int32

  private let bytes: [[UInt8]]
  /// Whether a name begins with a byte.
  private let begins: [Bool]

  /// Names that take the ids from `firstID` on.
  ///
  /// - Precondition: the names differ from one another, and none is empty.
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

  /// What is wrong with some names, or nil.
  static func fault(in names: [String]) -> String? {
    if names.contains("") { return "expected names, found an empty one" }
    var seen: Set<[UInt8]> = []
    let twice = names.first { !seen.insert(Array($0.utf8)).inserted }
    return twice.map { "expected different names, found \($0) twice" }
  }

  /// The number of names.
  public var count: Int { names.count }

  /// The id of a name, or nil.
  public subscript(name: String) -> Int32? {
    bytes.firstIndex(of: Array(name.utf8)).map { firstID + Int32($0) }
  }

  /// The bytes of the name of an id, or nil where it is none of these.
  func utf8(of token: Int32) -> [UInt8]? {
    let index = Int(token) - Int(firstID)
    return bytes.indices.contains(index) ? bytes[index] : nil
  }

  /// Cuts a text at the names: calls `text` for what lies between, unless empty, and `special` for
  /// the id of each name.
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
