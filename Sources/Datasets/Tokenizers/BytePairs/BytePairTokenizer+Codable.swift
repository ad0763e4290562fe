import FileCore

extension BytePairTokenizer: Codable {
  private enum CodingKeys: String, CodingKey { case vocabulary, splits, results, special }

  /// Writes the vocabulary in ID order, for each merge the number of bytes of its left part, and the special tokens'
  /// IDs. The results of merges are written too, unless they are consecutive IDs from 256 on.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(vocabulary, forKey: .vocabulary)
    try container.encode(merges.map { utf8(of: $0.pair.left).count }, forKey: .splits)
    let results = merges.map(\.result)
    if !results.elementsEqual(Self.usualResults(merges.count)) {
      try container.encode(results, forKey: .results)
    }
    try container.encode(marks.map(\.id), forKey: .special)
  }

  private static func usualResults(_ count: Int) -> Range<Int32> {
    Int32(alphabetSize)..<Int32(alphabetSize + count)
  }

  /// Reads what `encode(to:)` wrote.
  ///
  /// - Throws: `DecodingError` if a byte has no token, or a merge has none for its parts or result.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    let vocabulary = try container.decode([String].self, forKey: .vocabulary)
    let splits = try container.decode([Int].self, forKey: .splits)
    let results =
      try container.decodeIfPresent([Int32].self, forKey: .results)
      ?? Array(Self.usualResults(splits.count))
    let special = try container.decode([Int32].self, forKey: .special)
    guard results.count == splits.count, splits.allSatisfy({ $0 > 0 }),
      (results + special).allSatisfy({ vocabulary.indices.contains(Int($0)) })
    else {
      throw DecodingError.dataCorruptedError(
        forKey: .splits, in: container,
        debugDescription: "expected as many splits as results, all of them tokens")
    }
    let merges = zip(results, splits).map { result, split in
      let scalars = vocabulary[Int(result)].unicodeScalars
      return (left: String(scalars.prefix(split)), right: String(scalars.dropFirst(split)))
    }
    do throws(BytePairFault) {
      try self.init(vocabulary: vocabulary, merges: merges, marks: special)
    } catch {
      throw DecodingError.dataCorruptedError(
        forKey: error.merge == nil ? .vocabulary : .splits, in: container,
        debugDescription: "\(error)")
    }
  }
}

/// An error in a byte-pair vocabulary from outside.
public struct BytePairFault: Error, Equatable, CustomStringConvertible {
  /// The index of the merge, from 0; nil if the error is in the vocabulary.
  public let merge: Int?
  /// What was expected.
  public let expected: String
  /// What was found.
  public let found: String

  /// One line.
  public var description: String {
    (merge.map { "merge \($0): " } ?? "") + "expected \(expected), found \(found)"
  }
}

extension BytePairTokenizer {
  /// A tokenizer with a vocabulary of another library, in the encoding of GPT-2's two files: bytes as printable
  /// characters, a space as `Ġ`.
  ///
  /// - Parameters:
  ///   - vocabulary: the tokens in ID order.
  ///   - merges: the pairs in the order of merging.
  ///   - names: the special tokens of the vocabulary.
  /// - Throws: ``BytePairFault`` if a byte has no token, a token is duplicate or not in this encoding, or a merge has
  ///   no token for its parts or its result.
  public init(
    vocabulary: [String], merges: [(left: String, right: String)], special names: [String] = []
  ) throws(BytePairFault) {
    var marks: [Int32] = []
    for name in names {
      guard let id = vocabulary.firstIndex(where: { $0.utf8.elementsEqual(name.utf8) }) else {
        throw BytePairFault(merge: nil, expected: "the special token \(name)", found: "none")
      }
      marks.append(Int32(id))
    }
    try self.init(vocabulary: vocabulary, merges: merges, marks: marks)
  }

  /// The same with the IDs of the special tokens.
  fileprivate init(
    vocabulary: [String], merges: [(left: String, right: String)], marks: [Int32]
  ) throws(BytePairFault) {
    let names = marks.map { vocabulary[Int($0)] }
    if let fault = SpecialTokens.fault(in: names) {
      throw BytePairFault(merge: nil, expected: "special tokens", found: fault)
    }
    let (tokens, ids) = try Self.tokens(of: vocabulary, special: Set(marks))
    let rules = try Self.rules(of: merges, ids)
    self.init(tokens: tokens, merges: rules, marks: zip(names, marks).map { (name: $0, id: $1) })
  }

  /// The bytes of each token, and the IDs of those that are not special.
  private static func tokens(
    of vocabulary: [String], special: Set<Int32>
  ) throws(BytePairFault) -> (tokens: [[UInt8]], ids: [[UInt8]: Int32]) {
    var ids: [[UInt8]: Int32] = [:]
    var tokens: [[UInt8]] = []
    for (id, entry) in vocabulary.enumerated() {
      if special.contains(Int32(id)) {
        tokens.append(Array(entry.utf8))
        continue
      }
      guard let bytes = PrintableBytes.bytes(of: entry), !bytes.isEmpty else {
        throw BytePairFault(
          merge: nil, expected: "printable bytes, or a special token", found: entry)
      }
      guard ids.updateValue(Int32(id), forKey: bytes) == nil else {
        throw BytePairFault(merge: nil, expected: "different tokens", found: "\(entry) twice")
      }
      tokens.append(bytes)
    }
    if let missing = (0..<256).first(where: { ids[[UInt8($0)]] == nil }) {
      let byte = UTF8Scan.name(of: UInt8(missing))
      throw BytePairFault(merge: nil, expected: "a token for each byte", found: "none for \(byte)")
    }
    return (tokens, ids)
  }

  private static func rules(
    of merges: [(left: String, right: String)], _ ids: [[UInt8]: Int32]
  ) throws(BytePairFault) -> [BytePairMerge] {
    var rules: [BytePairMerge] = []
    for (index, merge) in merges.enumerated() {
      func token(_ parts: String...) throws(BytePairFault) -> Int32 {
        let bytes = parts.compactMap { PrintableBytes.bytes(of: $0) }
        guard bytes.count == parts.count, let id = ids[Array(bytes.joined())] else {
          throw BytePairFault(
            merge: index, expected: "tokens of the vocabulary", found: parts.joined())
        }
        return id
      }
      rules.append(
        BytePairMerge(
          pair: BytePair(try token(merge.left), try token(merge.right)),
          result: try token(merge.left, merge.right)))
    }
    return rules
  }
}
