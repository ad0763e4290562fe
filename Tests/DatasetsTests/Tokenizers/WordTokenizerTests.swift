import Datasets
import Foundation
import Testing

@Suite struct WordTokenizerTests {
  /// The pieces of a text in their order.
  private func pieces(_ text: String) -> [String] {
    let tokenizer = WordTokenizer(text, vocabularySize: 100_000)
    return tokenizer.encode(text).map { tokenizer.vocabulary[Int($0)] }
  }

  @Test(arguments: [
    ("It's 3.14, he said.", ["It's", " 3.14", ",", " he", " said", "."]),
    ("don’t 'quote' rock'n'roll", ["don’t", " '", "quote", "'", " rock'n'roll"]),
    ("10,000 1, 2 .5 v2.0 a.b", ["10,000", " 1", ",", " 2", " .", "5", " v2.0", " a", ".", "b"]),
    ("snake_case x2y", ["snake_case", " x2y"]),
    ("a  b\n\n c\t\r\n", ["a", " ", " b", "\n", "\n", " c", "\t", "\r\n"]),
    ("well-known", ["well", "-", "known"]),
    ("cafe\u{301} naïve Größe", ["cafe\u{301}", " naïve", " Größe"]),
    ("你好，世界 x", ["你", "好", "，", "世", "界", " x"]),
    ("हिन्दी العربية עברית 한국어", ["हिन्दी", " العربية", " עברית", " 한국어"]),
    ("привет, мир!?", ["привет", ",", " мир", "!", "?"]),
    ("👨‍👩‍👧👍🏽 ❤️ 🇩🇪🇫🇷", ["👨‍👩‍👧", "👍🏽", " ❤️", " 🇩🇪", "🇫🇷"]),
    ("١٢٫٥ ٣", ["١٢", "٫", "٥", " ٣"]),
    (" ", [" "]), ("", []),
  ])
  func textsAreCutByTheStatedRule(text: String, expected: [String]) {
    #expect(pieces(text) == expected)
  }

  @Test func numbersWordsByFallingFrequencyAndFirstOccurrence() {
    let tokenizer = WordTokenizer("to be or not to be")
    #expect(tokenizer.vocabulary == ["<unk>", " be", "to", " or", " not", " to"])
    #expect(tokenizer.encode("to be is") == [2, 1, 0])
    #expect(tokenizer.decode([2, 1, 0]) == "to be<unk>")
    let small = WordTokenizer("to be or not to be", vocabularySize: 4, special: ["<eos>"])
    #expect(small.vocabulary == ["<unk>", "<eos>", " be", "to"])
    #expect(small.encode("to<eos> be or") == [3, 1, 2, 0])
  }

  @Test func piecesOfRandomUnicodeAreTheText() {
    var generator = SplitMix64(seed: 12)
    for _ in 0..<50 {
      let text = randomText(300, using: &generator) + " and\r\nso\u{301} on\n"
      let tokenizer = WordTokenizer(text, vocabularySize: 100_000, special: ["<eos>"])
      let tokens = tokenizer.encode(text)
      #expect(!tokens.contains(0))
      #expect(sameBytes(tokenizer.decode(tokens), text))
      var stream = TokenStream(tokenizer)
      let shown = tokens.map { stream.decode($0) } + [stream.finish()]
      #expect(sameBytes(shown.joined(), text))
    }
  }

  @Test func survivesJSONExactly() throws {
    var generator = SplitMix64(seed: 13)
    let text = randomText(500, using: &generator) + "\u{E9} \u{65}\u{301}"
    let tokenizer = WordTokenizer(text, vocabularySize: 300, special: ["<eos>"])
    let json = try JSONEncoder().encode(AnyTokenizer(tokenizer))
    let read = try JSONDecoder().decode(AnyTokenizer.self, from: json).base
    #expect(read as? WordTokenizer == tokenizer)
    let twice = Data(#"{"words":["a","a"],"special":[]}"#.utf8)
    #expect(throws: DecodingError.self) {
      try JSONDecoder().decode(WordTokenizer.self, from: twice)
    }
  }
}
