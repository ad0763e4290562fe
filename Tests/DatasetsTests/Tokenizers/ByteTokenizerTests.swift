import Datasets
import FileCore
import Foundation
import Testing

@Suite struct ByteTokenizerTests {
  private let tokenizer = ByteTokenizer(special: ["<|endoftext|>", "<|end|>"])

  @Test func bytesAreTheirOwnIds() {
    #expect(tokenizer.encode("né<|endoftext|>") == [110, 195, 169, 256])
    #expect(tokenizer.vocabulary.count == 258 && tokenizer.unknown == nil)
    #expect(tokenizer.vocabulary[65] == "A" && tokenizer.vocabulary[10] == "<0x0A>")
    #expect(Set(tokenizer.vocabulary).count == 258)
  }

  @Test func decodingGivesBackEveryByteOfRandomUnicode() {
    var generator = SplitMix64(seed: 11)
    for _ in 0..<100 {
      let text = randomText(100, using: &generator) + "<|end|>"
      let tokens = tokenizer.encode(text)
      #expect(tokens.count == text.utf8.count - 6 && tokens.last == 257)
      #expect(sameBytes(tokenizer.decode(tokens), text))
    }
  }

  @Test func anyBytesComeBack() {
    let bytes = (0..<256).map { UInt8($0) }.reversed() + [0xFF, 0xC3]
    let tokens = tokenizer.encode(bytes: bytes)
    #expect(tokens.flatMap { tokenizer.utf8(of: $0) } == bytes)
  }

  @Test func theLongestSpecialTokenThatFitsCounts() {
    let nested = ByteTokenizer(special: ["<<", "<<<", "a"])
    #expect(nested.encode("<<<<<a<") == [257, 256, 258, 60])
    #expect(nested.special["<<<"] == 257 && nested.special["b"] == nil)
  }

  @Test func survivesJSONExactly() throws {
    let json = try JSONEncoder().encode(AnyTokenizer(tokenizer))
    let read = try JSONDecoder().decode(AnyTokenizer.self, from: json).base
    #expect(read as? ByteTokenizer == tokenizer)
    for names in [#"[""]"#, #"["a","a"]"#] {
      #expect(throws: DecodingError.self) {
        try JSONDecoder().decode(ByteTokenizer.self, from: Data(#"{"special":\#(names)}"#.utf8))
      }
    }
  }

  @Test func aFileThatIsNoTextIsTrainedOnByteByByte() throws {
    let bytes = (0..<1000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    try Fixture.withFile(bytes) { path in
      let corpus = try TokenizedCorpus(
        TextFile(path: path), validationFraction: 0.2, tokenization: .bytes)
      #expect(corpus.training.count == 800 && corpus.validation.count == 200)
      #expect((corpus.training + corpus.validation).map { UInt8($0) } == bytes)
      #expect(corpus.identity == CorpusIdentity(bytes: bytes))
      #expect(throws: FileError.self) { try TokenizedCorpus(TextFile(path: path)) }
      let again = try TokenizedCorpus(
        TextFile(path: path), validationFraction: 0.2, tokenizer: corpus.tokenizer)
      #expect(again.training == corpus.training)
    }
  }
}
