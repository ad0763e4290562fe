import Datasets
import Foundation
import Testing

@Suite struct TokenizerTests {
  @Test func numbersCharactersByFallingFrequencyAndFirstOccurrence() {
    let tokenizer = CharacterTokenizer("to be or not to be")
    #expect(tokenizer.vocabulary == ["<unk>", " ", "o", "t", "b", "e", "r", "n"])
    #expect(tokenizer.encode("to be!") == [3, 2, 1, 4, 5, 0])
  }

  @Test func numbersCharactersByCodePointWhereAsked() {
    let tokenizer = CharacterTokenizer("bäcbaé", order: .codePoint)
    #expect(tokenizer.vocabulary == ["<unk>", "a", "b", "c", "ä", "é"])
  }

  @Test func decodingGivesBackEveryByteOfRandomUnicode() {
    var generator = SplitMix64(seed: 1)
    for _ in 0..<50 {
      let text = randomText(200, using: &generator)
      let tokenizer = CharacterTokenizer(text)
      let tokens = tokenizer.encode(text)
      #expect(tokens.count == text.unicodeScalars.count)
      #expect(!tokens.contains(0))
      #expect(sameBytes(tokenizer.decode(tokens), text))
    }
  }

  @Test func canonicallyEquivalentCharactersAreDifferentTokens() {
    let text = "\u{E9} \u{65}\u{301} \u{C5} \u{212B} \r\n"
    let tokenizer = CharacterTokenizer(text)
    #expect(Set(tokenizer.encode("\u{C5}\u{212B}")).count == 2)
    #expect(sameBytes(tokenizer.decode(tokenizer.encode(text)), text))
  }

  @Test func charactersOutsideTheVocabularyAreUnknown() {
    let tokenizer = CharacterTokenizer("abc")
    #expect(tokenizer.encode("aéz\u{1F600}b") == [1, 0, 0, 0, 2])
    #expect(tokenizer.decode([1, 0, 2]) == "a<unk>b")
    #expect(tokenizer.unknown == 0)
  }

  @Test func anEmptyTextHasOnlyTheUnknownSymbol() {
    let tokenizer = CharacterTokenizer("")
    #expect(tokenizer.vocabulary == ["<unk>"])
    #expect(tokenizer.encode("").isEmpty)
    #expect(tokenizer.encode("a") == [0])
  }

  @Test func lettersNormalizationIsIdempotent() {
    let text = "  The Time-Traveller, 1895. Ünïcode\tand \n more"
    let once = TextNormalization.letters.apply(to: text)
    #expect(once == " the time traveller n code and more")
    #expect(TextNormalization.letters.apply(to: once) == once)
  }

  @Test func promptsAreNormalizedAsTheTextWas() {
    let tokenizer = CharacterTokenizer("time traveller", normalization: .letters)
    #expect(tokenizer.decode(tokenizer.encode("Time -- Traveller")) == "time traveller")
  }

  @Test(arguments: [TextNormalization.none, .letters])
  func survivesJSONExactly(normalization: TextNormalization) throws {
    var generator = SplitMix64(seed: 2)
    let tokenizer = CharacterTokenizer(
      randomText(500, using: &generator) + "\0\"\\\u{301}", normalization: normalization)
    let json = try JSONEncoder().encode(AnyTokenizer(tokenizer))
    let read = try JSONDecoder().decode(AnyTokenizer.self, from: json).base
    #expect(read as? CharacterTokenizer == tokenizer)
  }

  @Test(arguments: [
    (#"[]"#, "expected <unk>, found no symbol"),
    (#"["a","b"]"#, "expected <unk>, found a"),
    (#"["<unk>","a","bc"]"#, #"symbol 2: expected one Unicode scalar, found "bc""#),
    (#"["<unk>",""]"#, "symbol 1: expected one Unicode scalar"),
    (#"["<unk>","a","a"]"#, #"symbol 2: expected a new character, found "a" again"#),
  ])
  func malformedVocabulariesAreNamed(symbols: String, message: String) {
    let json = Data(#"{"symbols":\#(symbols),"normalization":"none"}"#.utf8)
    let error = #expect(throws: DecodingError.self) {
      try JSONDecoder().decode(CharacterTokenizer.self, from: json)
    }
    #expect(
      "\(String(describing: error))".contains(message.replacing("\"", with: "\\\""))
        || "\(String(describing: error))".contains(message))
  }

  @Test func anUnknownKindIsNamedUnlessItIsRegistered() throws {
    let json = try JSONEncoder().encode(AnyTokenizer(HexTokenizer()))
    let error = #expect(throws: DecodingError.self) {
      try JSONDecoder().decode(AnyTokenizer.self, from: json)
    }
    let known = TokenizerRegistry.standard.kinds
    #expect(
      "\(String(describing: error))"
        .contains("of kind \(known.joined(separator: ", ")), found hex"))

    var tokenizers = TokenizerRegistry.standard
    tokenizers.register(HexTokenizer.self)
    #expect(tokenizers.kinds == (known + ["hex"]).sorted())
    let decoder = JSONDecoder()
    decoder.userInfo = tokenizers.userInfo
    let read = try decoder.decode(AnyTokenizer.self, from: json).base
    #expect(read is HexTokenizer)
  }

  @Test func piecesOfAStreamAreTheWholeText() {
    var generator = SplitMix64(seed: 3)
    for _ in 0..<50 {
      let text = randomText(50, using: &generator)
      let tokens = HexTokenizer().encode(text)
      var stream = TokenStream(HexTokenizer())
      var pieces = tokens.map { stream.decode($0) }
      #expect(pieces.count { $0.unicodeScalars.count == 1 } == 50)
      pieces.append(stream.finish())
      #expect(pieces.last == "")
      #expect(sameBytes(pieces.joined(), text))
    }
  }

  @Test func piecesOfAStreamOfAnyBytesAreTheWholeText() {
    var generator = SplitMix64(seed: 4)
    let leads: [UInt8] = [
      0x41, 0x80, 0xBF, 0xC2, 0xE0, 0xA0, 0xED, 0x9F, 0xF0, 0x90, 0xF4, 0x8F, 0xFF,
    ]
    for _ in 0..<500 {
      let bytes = (0..<12).map { _ in leads[generator.draw(below: leads.count)] }
      let tokens = HexTokenizer.tokens(of: bytes)
      var stream = TokenStream(HexTokenizer())
      let pieces = tokens.map { stream.decode($0) } + [stream.finish()]
      #expect(sameBytes(pieces.joined(), HexTokenizer().decode(tokens)), "\(bytes)")
    }
  }
}

/// A third party's tokenizer: a token is one byte, named by its number.
private struct HexTokenizer: Tokenizer {
  static let kind = "hex"
  var vocabulary: [String] { (0..<256).map { "\($0)" } }
  var unknown: Int32? { nil }
  func encode(_ text: String) -> [Int32] { Self.tokens(of: Array(text.utf8)) }
  func utf8(of token: Int32) -> [UInt8] { [UInt8(token)] }
  static func tokens(of bytes: [UInt8]) -> [Int32] { bytes.map { Int32($0) } }
}
