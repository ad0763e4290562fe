import FileCore

extension BytePairTokenizer {
  /// The most bytes of a list of merges.
  private static let largestFile = 1 << 26

  /// Reads a vocabulary from GPT-2's two files: `vocab.json`, an object that maps each token to its ID, and
  /// `merges.txt`, one pair of tokens in each line, in the order of merging.
  ///
  /// ```swift
  /// let tokenizer = try BytePairTokenizer(
  ///   vocabularyPath: "gpt2/vocab.json", mergesPath: "gpt2/merges.txt", special: ["<|endoftext|>"])
  /// ```
  ///
  /// - Throws: `FileError` with the file, the place, what was expected and what was found.
  public init(
    vocabularyPath: String, mergesPath: String, special names: [String] = []
  ) throws(FileError) {
    let vocabulary = try VocabularyText.read(vocabularyPath)
    let (merges, lines) = try Self.merges(mergesPath)
    do throws(BytePairFault) {
      try self.init(vocabulary: vocabulary, merges: merges, special: names)
    } catch {
      throw FileError(
        file: error.merge == nil ? vocabularyPath : mergesPath,
        error.merge.map { .line(lines[$0], column: 1) } ?? .whole, expected: error.expected,
        found: error.found)
    }
  }

  /// The pairs and their lines.
  private static func merges(
    _ path: String
  ) throws(FileError) -> (pairs: [(left: String, right: String)], lines: [Int]) {
    var (pairs, lines) = ([(left: String, right: String)](), [Int]())
    let source = try TextSource(path)
    guard source.count <= largestFile else { throw FileBytes.tooLarge(path, largestFile) }
    let all = TextLines(source)
    while let bytes = try all.next() {
      let line = try all.field(bytes.withoutLineEnd, line: all.number, column: 1).text
      if line.isEmpty || all.number == 1 && line.hasPrefix("#version") { continue }
      let parts = line.utf8.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
      guard parts.count == 2 else {
        throw FileError(
          file: path, line: all.number, column: 1,
          expected: "two tokens with a space between them", found: String(line.prefix(40)))
      }
      pairs.append((left: String(Substring(parts[0])), right: String(Substring(parts[1]))))
      lines.append(all.number)
    }
    return (pairs, lines)
  }
}
