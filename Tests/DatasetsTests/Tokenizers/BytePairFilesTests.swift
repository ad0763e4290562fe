import Datasets
import FileCore
import Foundation
import Testing

@Suite struct BytePairFilesTests {
  @Test func theTwoFilesOfGPT2AreReadAndEncodeAsTheReferenceDoes() throws {
    struct Case: Decodable {
      let text: String
      let tokens: [Int32]
    }
    let tokenizer = try BytePairTokenizer(
      vocabularyPath: Fixture.bytePairs + "/vocab.json",
      mergesPath: Fixture.bytePairs + "/merges.txt",
      special: ["<|endoftext|>"])
    let json = try Data(contentsOf: URL(fileURLWithPath: Fixture.bytePairs + "/encoded.json"))
    for one in try JSONDecoder().decode([Case].self, from: json) {
      #expect(tokenizer.encode(one.text) == one.tokens)
    }
  }

  @Test func malformedVocabularyFilesAreNamed() throws {
    let vocabulary = try Data(contentsOf: URL(fileURLWithPath: Fixture.bytePairs + "/vocab.json"))
    try withFolder([
      "vocab.json": Array(vocabulary), "gap.json": Array(#"{"a":1}"#.utf8),
      "three.txt": Array("#version: 0.2\nĠ t\na b c\n".utf8),
      "unknown.txt": Array("Ġ t\n\nq q\n".utf8),
    ]) { folder in
      func message(_ vocabulary: String, _ merges: String) -> String {
        do {
          _ = try BytePairTokenizer(
            vocabularyPath: "\(folder)/\(vocabulary)", mergesPath: "\(folder)/\(merges)",
            special: ["<|endoftext|>"])
          return "read"
        } catch {
          return "\(error)"
        }
      }
      #expect(
        message("vocab.json", "three.txt")
          == "\(folder)/three.txt:3:1: expected two tokens with a space between them, found a b c")
      #expect(
        message("vocab.json", "unknown.txt")
          == "\(folder)/unknown.txt:3:1: expected tokens of the vocabulary, found qq")
      #expect(message("gap.json", "three.txt").contains("gap.json"))
      #expect(message("none.json", "three.txt").contains("none.json"))
    }
  }
}
