import Datasets
import Foundation
import Testing

@Suite struct SeparatedTokenizerTests {
  @Test func whiteSpaceSeparatesWordsAndLinesEnd() {
    let tokenizer = SeparatedTokenizer("the cat\nthe <unk>\n")
    #expect(tokenizer.vocabulary == ["<unk>", "<eos>", "the", "cat"])
    #expect(tokenizer.encode(" the\tdog \r\n\n<unk> cat") == [2, 0, 1, 1, 0, 3])
    #expect(tokenizer.decode([2, 3, 1]) == "the cat \n")
    let again = tokenizer.encode(tokenizer.decode([2, 3, 1, 0]))
    #expect(again == [2, 3, 1, 0])
    #expect(SeparatedTokenizer("a b b", vocabularySize: 3).vocabulary == ["<unk>", "<eos>", "b"])
  }

  @Test func survivesJSONExactly() throws {
    let tokenizer = SeparatedTokenizer("no it was n't black monday \n N <unk> $ \n")
    let json = try JSONEncoder().encode(AnyTokenizer(tokenizer))
    let read = try JSONDecoder().decode(AnyTokenizer.self, from: json).base
    #expect(read as? SeparatedTokenizer == tokenizer)
    #expect(throws: DecodingError.self) {
      try JSONDecoder().decode(SeparatedTokenizer.self, from: Data(#"{"words":["a"]}"#.utf8))
    }
  }

  @Test func aFileOfTokensIsACorpus() throws {
    let text = " mr. <unk> is chairman of <unk> n.v. \n rudolph <unk> N years old \n"
    try withFile("ptb.train.txt", text) { path in
      let corpus = try TokenizedCorpus(
        CorpusRegistry.standard.corpus("ptb:" + path), validationFraction: 0)
      #expect(corpus.training.count == 14 && corpus.training.last == 1)
      #expect(corpus.training.count { $0 == 0 } == 3)
    }
  }
}
