import Datasets
import Foundation
import Testing

@Suite struct BytePairTokenizerTests {
  /// A text of random words of few letters, so that pairs repeat, and of random Unicode.
  private func text(_ words: Int, seed: UInt64) -> String {
    var generator = SplitMix64(seed: seed)
    var text = ""
    for _ in 0..<words {
      let letters = (0..<1 + generator.draw(below: 7)).map { _ in
        generator.pick(["a", "b", "é", "c"])
      }
      text += letters.joined() + generator.pick([" ", " ", " ", "\n", ", ", "  "])
    }
    return text + randomText(100, using: &generator)
  }

  @Test func learnsTheExampleOfItsDocumentation() {
    let tokenizer = BytePairTokenizer(training: "low lower lowest", vocabularySize: 260)
    #expect(tokenizer.vocabulary[256...] == ["lo", "low", "Ġlow", "Ġlowe"])
    #expect(tokenizer.encode("lowest") == [257, 101, 115, 116])
  }

  @Test func decodingGivesBackEveryByteOfRandomUnicode() {
    let tokenizer = BytePairTokenizer(
      training: text(2000, seed: 21), vocabularySize: 500, special: ["<|endoftext|>"])
    #expect(tokenizer.unknown == nil)
    var generator = SplitMix64(seed: 22)
    for seed in 0..<100 {
      let text = randomText(100, using: &generator) + text(20, seed: UInt64(seed)) + "<|endoftext|>"
      let tokens = tokenizer.encode(text)
      #expect(tokens.last == Int32(tokenizer.vocabulary.count - 1))
      #expect(sameBytes(tokenizer.decode(tokens), text))
    }
  }

  @Test func noPieceOfAStreamHoldsHalfACharacter() {
    let tokenizer = BytePairTokenizer(
      training: String(repeating: "é漢 ", count: 9), vocabularySize: 258)
    let text = "é漢 é\u{1F9F5}漢漢"
    var stream = TokenStream(tokenizer)
    var shown = ""
    for token in tokenizer.encode(text) {
      let piece = stream.decode(token)
      #expect(!piece.unicodeScalars.contains("\u{FFFD}"))
      shown += piece
      #expect(text.utf8.starts(with: shown.utf8))
    }
    #expect(shown == text && stream.finish() == "")
  }

  /// The training by its definition: all pairs are counted again for each merge.
  private func plainTraining(_ pieces: [[UInt8]], merges: Int) -> [[UInt8]] {
    var tokens = (0..<256).map { [UInt8($0)] }
    var words = pieces.map { $0.map { Int($0) } }
    var refused: Set<[Int]> = []
    while tokens.count < 256 + merges {
      var counts: [[Int]: Int] = [:]
      for word in words {
        for (left, right) in zip(word, word.dropFirst()) { counts[[left, right], default: 0] += 1 }
      }
      let best = counts.filter { !refused.contains($0.key) }.max {
        $0.value != $1.value
          ? $0.value < $1.value : $1.key.lexicographicallyPrecedes($0.key)
      }
      guard let best, best.value > 1 else { break }
      let bytes = best.key.flatMap { tokens[$0] }
      guard !tokens.contains(bytes) else {
        refused.insert(best.key)
        continue
      }
      words = words.map { word in
        var (result, place) = ([Int](), 0)
        while place < word.count {
          if place + 1 < word.count, [word[place], word[place + 1]] == best.key {
            result.append(tokens.count)
            place += 2
          } else {
            result.append(word[place])
            place += 1
          }
        }
        return result
      }
      tokens.append(bytes)
    }
    return tokens
  }

  @Test func learnsWhatCountingAnewForEachMergeLearns() {
    for seed in 0..<8 {
      var generator = SplitMix64(seed: UInt64(seed))
      let letters = seed < 4 ? ["a", "b"] : ["a", "b", "c", "é"]
      let words = (0..<60).map { _ in
        (0..<1 + generator.draw(below: 12)).map { _ in generator.pick(letters) }.joined()
      }
      // Single line feeds are separate pieces and never repeat within one.
      let text = words.joined(separator: "\n")
      let tokenizer = BytePairTokenizer(training: text, vocabularySize: 256 + 80)
      let expected = plainTraining(words.map { Array($0.utf8) }, merges: 80)
      #expect(tokenizer.vocabulary.indices.map { tokenizer.utf8(of: Int32($0)) } == expected)
    }
  }

  @Test func theSameTextGivesTheSameTokens() {
    let text = text(3000, seed: 23)
    let first = BytePairTokenizer(training: text, vocabularySize: 700)
    #expect(first == BytePairTokenizer(training: text, vocabularySize: 700))
    #expect(first.vocabulary.count == 700)
    let tokens = first.vocabulary.indices.map { first.utf8(of: Int32($0)) }
    #expect(Set(tokens).count == 700)
  }

  @Test func aTextWithoutRepetitionGivesBytesAlone() {
    let tokenizer = BytePairTokenizer(training: "abcdefg", vocabularySize: 1000, special: ["<s>"])
    #expect(tokenizer.vocabulary.count == 257)
    #expect(tokenizer.encode("ab<s>") == [97, 98, 256])
    #expect(BytePairTokenizer(training: "", vocabularySize: 256).encode("").isEmpty)
  }

  @Test func aRunOfAMegabyteIsEncodedInNoTime() {
    let tokenizer = BytePairTokenizer(
      training: String(repeating: "a", count: 5000), vocabularySize: 266)
    #expect(tokenizer.vocabulary.last == String(repeating: "a", count: 1024))
    let text = String(repeating: "a", count: 1 << 17)
    #expect(tokenizer.encode(text) == [Int32](repeating: 265, count: 128))
  }

  @Test func survivesJSONExactly() throws {
    let tokenizer = BytePairTokenizer(
      training: text(500, seed: 24), vocabularySize: 400, special: ["<pad>", "Ġ"])
    let json = try JSONEncoder().encode(AnyTokenizer(tokenizer))
    let read = try JSONDecoder().decode(AnyTokenizer.self, from: json).base as? BytePairTokenizer
    #expect(read == tokenizer && read?.special == ["<pad>", "Ġ"])
    let text = text(50, seed: 25) + "<pad>"
    #expect(read?.encode(text) == tokenizer.encode(text))
  }

  @Test func malformedVocabulariesAreNamed() {
    let bytes = BytePairTokenizer(training: "", vocabularySize: 256).vocabulary
    func fault(_ vocabulary: [String], _ merges: [(String, String)] = [], _ special: [String] = [])
      -> String?
    {
      do throws(BytePairFault) {
        _ = try BytePairTokenizer(
          vocabulary: vocabulary, merges: merges.map { (left: $0.0, right: $0.1) },
          special: special)
        return nil
      } catch {
        return "\(error)"
      }
    }
    #expect(fault(bytes) == nil)
    #expect(fault(Array(bytes.dropLast())) == "expected a token for each byte, found none for 0xFF")
    #expect(fault(bytes + ["a"]) == "expected different tokens, found a twice")
    #expect(
      fault(bytes + ["漢"]) == "expected printable bytes, or a special token, found 漢")
    #expect(
      fault(bytes + ["ab"], [("a", "b"), ("ab", "c")])
        == "merge 1: expected tokens of the vocabulary, found abc")
    #expect(fault(bytes, [], ["<s>"]) == "expected the special token <s>, found none")
  }

  @Test func encodesAsTheReferenceDoes() throws {
    struct Case: Decodable {
      let text: String
      let tokens: [Int32]
    }
    let folder = URL(filePath: Fixture.excerpt).deletingLastPathComponent()
      .appending(path: "byte-pairs")
    func read(_ name: String) throws -> Data {
      try Data(contentsOf: folder.appending(path: name))
    }
    let ids = try JSONDecoder().decode([String: Int].self, from: read("vocab.json"))
    let lines = String(decoding: try read("merges.txt"), as: UTF8.self).split(separator: "\n")
    let tokenizer = try BytePairTokenizer(
      vocabulary: ids.sorted { $0.value < $1.value }.map(\.key),
      merges: lines.dropFirst().map { line in
        let parts = line.split(separator: " ")
        return (String(parts[0]), String(parts[1]))
      }, special: ["<|endoftext|>"])
    let cases = try JSONDecoder().decode([Case].self, from: read("encoded.json"))
    #expect(cases.count == 44)
    for one in cases {
      #expect(tokenizer.encode(one.text) == one.tokens, "\(one.text.debugDescription)")
      #expect(sameBytes(tokenizer.decode(one.tokens), one.text))
    }
  }
}
