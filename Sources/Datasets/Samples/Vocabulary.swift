import Requirements

/// A list of distinct names with IDs from 0: classes, tags, words.
///
/// ```swift
/// let tags = Vocabulary(["NOUN", "VERB"])
/// tags.id(of: "VERB")  // 1
/// ```
public struct Vocabulary: Hashable, Sendable {
  /// The name for all names outside the list, if the list contains it.
  public static let unknownName = "<unk>"

  /// The names in ID order.
  public let names: [String]
  /// Whether each name is one character, but for ``unknownName``.
  package let areLetters: Bool
  private let ids: [[UInt8]: Int32]
  /// The IDs of names that are one ASCII character, by the character; -1 for no name.
  private let asciiIDs: [Int32]

  /// A list of names.
  ///
  /// - Precondition: the names are distinct, byte by byte.
  public init(_ names: [String]) {
    let ids = Self.index(names)
    require(
      ids.count == names.count,
      "expected different names, found \(ids.count) different ones among \(names.count)")
    self.names = names
    self.ids = ids
    areLetters = names.allSatisfy { $0.count == 1 || $0 == Self.unknownName }
    asciiIDs = (0..<128).map { ids[[UInt8($0)]] ?? -1 }
  }

  /// The number of names.
  public var count: Int { names.count }

  /// The ID of ``unknownName``, if it is among the names.
  public var unknown: Int32? { ids[Array(Self.unknownName.utf8)] }

  /// The ID of a name; for a name outside the list, the ID of ``unknownName``, or nil.
  public func id(of name: String) -> Int32? {
    ids[Array(name.utf8)] ?? unknown
  }

  /// The IDs of a line's ASCII letters, without spaces; nil if a letter has no ID, or one is not ASCII.
  package func ids(ofLetters line: String) -> [Int32]? {
    let unknown = unknown
    var result: [Int32] = []
    result.reserveCapacity(line.utf8.count)
    for byte in line.utf8 where !(0x09...0x0D ~= byte || byte == 0x20) {
      guard byte < 128 else { return nil }
      let id = asciiIDs[Int(byte)]
      guard let id = id >= 0 ? id : unknown else { return nil }
      result.append(id)
    }
    return result
  }

  /// The IDs of a line's words between spaces; nil if a word has no ID, or one is not ASCII.
  package func ids(ofWords line: String) -> [Int32]? {
    guard line.utf8.allSatisfy({ $0 < 128 }) else { return nil }
    let unknown = unknown
    var result: [Int32] = []
    for word in line.utf8.split(whereSeparator: { 0x09...0x0D ~= $0 || $0 == 0x20 }) {
      guard let id = ids[Array(word)] ?? unknown else { return nil }
      result.append(id)
    }
    return result
  }

  /// The name of an ID.
  ///
  /// - Precondition: `id` is in `0..<count`.
  public func name(of id: Int32) -> String {
    require(names.indices.contains(Int(id)), "expected an id in 0..<\(names.count), found \(id)")
    return names[Int(id)]
  }

  /// Whether both lists are equal, byte by byte.
  public static func == (left: Self, right: Self) -> Bool { left.ids == right.ids }

  /// Hashes the names.
  public func hash(into hasher: inout Hasher) { hasher.combine(names.map { Array($0.utf8) }) }

  /// The first ID of each distinct name.
  private static func index(_ names: [String]) -> [[UInt8]: Int32] {
    var ids: [[UInt8]: Int32] = [:]
    ids.reserveCapacity(names.count)
    for (id, name) in names.enumerated() where ids[Array(name.utf8)] == nil {
      ids[Array(name.utf8)] = Int32(id)
    }
    return ids
  }
}

extension Vocabulary: Codable {
  /// Writes the names as a list.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(names)
  }

  /// Reads a list of names.
  ///
  /// - Throws: `DecodingError` if a name is duplicate.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let names = try container.decode([String].self)
    guard Self.index(names).count == names.count else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "expected different names, found one twice")
    }
    self.init(names)
  }
}
