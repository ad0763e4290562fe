import Datasets
import FileCore
import Testing

@Suite struct CorpusTests {
  @Test func checksumHasTheStandardCheckValue() {
    var crc = CRC32()
    crc.update("1234".utf8)
    crc.update("56789".utf8)
    #expect(crc.value == 0xCBF4_3926)
    #expect(CorpusIdentity("").crc32 == 0)
    #expect(CorpusIdentity("é").byteCount == 2)
  }

  @Test func aTextFileIsReadAsItStands() throws {
    let text = "Größe\r\n\u{65}\u{301} \u{1F9F5}\n"
    try Fixture.withFile(Array(text.utf8)) { path in
      let corpus = try TextFile(path: path).read()
      #expect(sameBytes(corpus.text, text))
      #expect(sameBytes(corpus.tokenizer.decode(corpus.tokenizer.encode(text)), text))
    }
    try Fixture.withFile([0xEF, 0xBB, 0xBF, 0x61]) { path in
      let text = try TextFile(path: path).read().text
      #expect(text == "a")
    }
  }

  @Test(arguments: [
    ([0x61, 0x80], 1, "the first byte of a character", "0x80"),
    ([0xC0, 0xAF], 0, "the first byte of a character", "0xC0"),
    ([0x61, 0xC3, 0x28], 2, "a byte from 0x80 to 0xBF", "0x28"),
    ([0xE0, 0x80, 0x80], 1, "a byte from 0xA0 to 0xBF", "0x80"),
    ([0xED, 0xA0, 0x80], 1, "a byte from 0x80 to 0x9F", "0xA0"),
    ([0xF4, 0x90, 0x80, 0x80], 1, "a byte from 0x80 to 0x8F", "0x90"),
    ([0xF0, 0x9F, 0x98], 3, "a byte from 0x80 to 0xBF", "the end"),
    ([0xFF], 0, "the first byte of a character", "0xFF"),
  ])
  func theFirstByteThatIsNotUTF8IsNamed(
    bytes: [UInt8], offset: Int, expected: String, found: String
  ) throws {
    try Fixture.withFile(bytes) { path in
      #expect(
        throws: FileError(
          file: path,
          .encoding(.utf8, .byte(offset), expected: expected, found: found, likely: nil))
      ) { try TextFile(path: path).read() }
    }
  }

  @Test func faultsAreThoseOfTheStandardLibrary() {
    var generator = SplitMix64(seed: 5)
    let pool: [UInt8] = [
      0x41, 0x80, 0xBF, 0xC2, 0xDF, 0xE0, 0xA0, 0xED, 0x9F, 0xEF, 0xF0, 0x90, 0xF4, 0x8F,
    ]
    for _ in 0..<5_000 {
      let bytes = (0..<generator.draw(below: 8)).map { _ in pool[generator.draw(below: pool.count)]
      }
      let valid = String(validating: bytes, as: UTF8.self) != nil
      #expect((UTF8Scan.firstFault(in: bytes) == nil) == valid, "\(bytes)")
    }
  }

  @Test func unreadableFilesSaySo() throws {
    #expect(
      throws: FileError(file: "/nonexistent/a.txt", .noSuchFile)
    ) { try TextFile(path: "/nonexistent/a.txt").read() }
    #expect(throws: FileError(file: "/", .notARegularFile(.directory))) {
      try TextFile(path: "/").read()
    }
    try Fixture.withFile([]) { path in
      #expect(throws: FileError.empty(path)) { try TextFile(path: path).read() }
    }
  }

  @Test func validationIsTheLastPartOfTheText() throws {
    let text = String((0..<100).map { "abcdefghij"[$0 % 10] })
    let corpus = try TokenizedCorpus(Words(text: text), validationFraction: 0.13)
    #expect(corpus.training.count == 87 && corpus.validation.count == 13)
    #expect(corpus.tokenizer.decode(corpus.training + corpus.validation) == text)
    #expect(corpus.validationFloor == nil)
    #expect(corpus.identity == CorpusIdentity(text))
    let all = try TokenizedCorpus(Words(text: text), validationFraction: 0)
    #expect(all.training.count == 100 && all.validation.isEmpty)
  }

  @Test func aTokenizerFromOutsideIsUsed() throws {
    let tokenizer = CharacterTokenizer(characters: ["b", "a"])
    let corpus = try TokenizedCorpus(
      Words(text: "abca"), validationFraction: 0, tokenizer: tokenizer)
    #expect(corpus.training == [2, 1, 0, 2])
  }

  @Test func anEmptyCorpusIsAnError() {
    #expect(throws: DatasetError.empty(name: "words")) { try TokenizedCorpus(Words(text: "")) }
  }

  @Test func aStrangersCorpusIsChosenByName() throws {
    var corpora = CorpusRegistry.standard
    corpora.register("words", summary: "given words") { Words(text: $0 ?? "none") }
    #expect(try corpora.corpus("words").read().text == "none")
    #expect(try corpora.corpus("words:").read().text == "")
    #expect(try corpora.corpus("words:a:b").read().text == "a:b")
    let names = CorpusRegistry.standard.entries.map(\.name) + ["words"]
    #expect(corpora.entries.map(\.name) == names)
    corpora.register("words", summary: "others") { _ in Words(text: "others") }
    #expect(try corpora.corpus("words").read().text == "others")
    #expect(corpora.entries.map(\.name) == names)
  }

  @Test func aPathIsATextFileAndARecipeTakesOne() throws {
    let plain = try CorpusRegistry.standard.corpus(Fixture.excerpt)
    #expect(plain is TextFile)
    let book = try CorpusRegistry.standard.corpus("timemachine:" + Fixture.excerpt)
    #expect(try book.read().text.hasPrefix("the time machine by h g wells"))
  }

  @Test func choicesThatMeanNothingAreExplained() {
    let known = CorpusRegistry.standard.entries.map(\.name)
    #expect(
      throws: DatasetError.unknownDataset(name: "talse", known: known)
    ) { try CorpusRegistry.standard.corpus("talse") }
    #expect(throws: DatasetError.self) { try CorpusRegistry.standard.corpus("timemachine") }
    #expect(throws: DatasetError.self) { try CorpusRegistry.standard.corpus("") }
  }
}

/// A stranger's corpus.
private struct Words: Corpus {
  let text: String
  var name: String { "words" }
  func read() -> CorpusText { CorpusText(text) }
}

extension String {
  fileprivate subscript(position: Int) -> Character {
    self[index(startIndex, offsetBy: position)]
  }
}
