import Checkpoint
import Datasets

extension BytePairTokenizer {
  /// Reads a vocabulary that another library wrote in GPT-2's two files: `vocab.json`, an object that gives
  /// each token its id, and `merges.txt`, a pair of tokens a line in the order in which they are merged.
  ///
  /// ```swift
  /// let tokenizer = try BytePairTokenizer(
  ///   vocabularyPath: "gpt2/vocab.json", mergesPath: "gpt2/merges.txt", special: ["<|endoftext|>"])
  /// ```
  ///
  /// - Throws: `CheckpointError` or `DatasetError` with the file, the place, what was expected and what was
  ///   found.
  public init(vocabularyPath: String, mergesPath: String, special names: [String] = []) throws {
    let vocabulary = try ModelDescription(vocabularyPath: vocabularyPath, outlinePath: nil)
      .vocabulary
    let (merges, lines) = try Self.merges(mergesPath)
    do throws(BytePairFault) {
      try self.init(vocabulary: vocabulary ?? [], merges: merges, special: names)
    } catch {
      guard let merge = error.merge else {
        throw CheckpointError(
          file: vocabularyPath, format: "JSON", place: "",
          reason: "expected \(error.expected), found \(error.found)")
      }
      throw DatasetError.badRow(
        path: mergesPath, line: lines[merge], column: 1, expected: error.expected,
        found: error.found)
    }
  }

  /// The pairs, and the line of each.
  private static func merges(
    _ path: String
  ) throws -> (pairs: [(left: String, right: String)], lines: [Int]) {
    var (pairs, lines) = ([(left: String, right: String)](), [Int]())
    let all = try smallFile(path).split(
      separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    for (index, bytes) in all.enumerated() {
      let line = String(decoding: bytes, as: UTF8.self)
      if line.isEmpty || line == "\r" || index == 0 && line.hasPrefix("#version") { continue }
      let parts = line.split(separator: " ", omittingEmptySubsequences: false)
      guard parts.count == 2 else {
        throw DatasetError.badRow(
          path: path, line: index + 1, column: 1, expected: "two tokens with a space between them",
          found: String(line.prefix(40)))
      }
      pairs.append((left: String(parts[0]), right: String(parts[1])))
      lines.append(index + 1)
    }
    return (pairs, lines)
  }
}
