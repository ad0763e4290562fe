import Datasets
import Testing

@Suite struct TokenizationTests {
  @Test func choicesHaveNamesAndSizes() throws {
    #expect(try Tokenization(named: "character") == .corpus)
    #expect(try Tokenization(named: "bytes") == .bytes)
    #expect(try Tokenization(named: "words") == .words(vocabularySize: 10_000))
    #expect(try Tokenization(named: "bpe", vocabularySize: 300) == .bytePairs(vocabularySize: 300))
    for (name, size) in [("bpe", 255), ("words", 1), ("bytes", 256), ("teapot", nil)] {
      #expect(throws: DatasetError.self) { try Tokenization(named: name, vocabularySize: size) }
    }
  }

  @Test func tokensAreLearntFromTheTrainingPartAndAgreeWithTheText() throws {
    let tales = Tales(characters: 30_000)
    let text = tales.read().text
    let characters = text.unicodeScalars.count
    let border = characters - Int(Double(characters) * 0.1)
    let floor = try TokenizedCorpus(tales).validationFloor ?? .nan
    for choice in [
      Tokenization.bytes, .words(vocabularySize: 500), .bytePairs(vocabularySize: 400),
    ] {
      let corpus = try TokenizedCorpus(tales, tokenization: choice)
      #expect(corpus.identity == CorpusIdentity(text))
      if corpus.tokenizer.unknown == nil {
        #expect(sameBytes(corpus.tokenizer.decode(corpus.training + corpus.validation), text))
      }
      // The information of the validation part is the same for any number of tokens.
      let perCharacter = (corpus.validationFloor ?? .nan) / corpus.charactersPerToken
      #expect(abs(perCharacter - floor) < 1e-9)
      #expect(choice == .bytes ? corpus.charactersPerToken == 1 : corpus.charactersPerToken > 1.5)
      let learnt = choice.tokenizer(of: String(text.unicodeScalars.prefix(border)))
      #expect(learnt?.vocabulary == corpus.tokenizer.vocabulary)
    }
  }
}
