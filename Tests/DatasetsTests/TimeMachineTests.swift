import Datasets
import FileCore
import Foundation
import Testing

/// The preparation against plain Python. The numbers of the excerpt are printed by
/// `python3 Fixtures/excerpt_numbers.py Fixtures/excerpt.txt`; the whole book and PyTorch's batches of it are used if
/// they are beside the package.
@Suite struct TimeMachineTests {
  private static let book = "data/timemachine.txt"
  private static let curve = "reference/curves/curve-rnn-10x3.safetensors"
  private static let absent: Comment = "needs ../shared beside the package"

  @Test func excerptHasThePythonNumbers() throws {
    let corpus = try TimeMachine(path: Fixture.excerpt).read()
    let tokens = corpus.tokenizer.encode(corpus.text)
    #expect(corpus.text.count == 1168)
    #expect(CorpusIdentity(corpus.text).crc32 == 0xCF1C_ADE9)
    #expect(corpus.tokenizer.vocabulary.dropFirst().joined() == " etainsohrludcmfygwpbvkxz")
    #expect(tokens[..<20] == [3, 9, 2, 1, 3, 5, 15, 2, 1, 15, 4, 14, 9, 5, 6, 2, 1, 21, 17, 1])
    #expect(digest(tokens) == 0x433B_AD91)

    let windows = Windows(.sequential, batchSize: 4, sequenceLength: 5, offset: 0)
    let epoch = try WindowEpoch(tokens, windows: windows, seed: 0, number: 0)
    #expect(epoch.count == 58)
    #expect(digest(epoch.flatMap { $0.inputs + $0.targets }) == 0xAD38_554F)
  }

  @Test func linesJoinWithoutASpace() {
    #expect(
      TimeMachine.prepare("The Time,\nTraveller\r\n\r 1895\n -- for -- so ")
        == "the timetravellerfor so")
    #expect(TimeMachine.prepare("\n12 34\n") == "")
  }

  @Test func onlyTheBeginningIsUsedAndTheVocabularyIsTheWholeBooks() throws {
    let limited = try TimeMachine(path: Fixture.excerpt, maxTokens: 10).read()
    #expect(limited.text == "the time m")
    #expect(limited.tokenizer.vocabulary.count == 26)
    let whole = try TimeMachine(path: Fixture.excerpt, maxTokens: nil).read()
    #expect(whole.text.count == 1168)
  }

  @Test func aBookWithoutLettersIsEmpty() throws {
    try Fixture.withFile(Array("1895\n".utf8)) { path in
      #expect(throws: FileError.empty(path)) { try TimeMachine(path: path).read() }
    }
  }

  @Test(.enabled(if: Fixture.hasShared(book), absent))
  func wholeBookHasTheCoursesNumbers() throws {
    let corpus = try TimeMachine(path: Fixture.shared(Self.book), maxTokens: nil).read()
    #expect(corpus.text.utf8.count == 170_580)
    #expect(corpus.tokenizer.vocabulary.count == 28)
    #expect(corpus.tokenizer.vocabulary.dropFirst().joined() == " etainoshrdlmucfwgypbvkxzjq")
    let usual = try TokenizedCorpus(TimeMachine(path: Fixture.shared(Self.book)))
    #expect(usual.training.count == 9_000 && usual.validation.count == 1_000)
  }

  @Test(.enabled(if: Fixture.hasShared(book) && Fixture.hasShared(curve), absent))
  func sequentialBatchesArePyTorchs() throws {
    let corpus = try TokenizedCorpus(
      TimeMachine(path: Fixture.shared(Self.book)), validationFraction: 0)
    let windows = Windows(.sequential, batchSize: 32, sequenceLength: 35, offset: 0)
    let epoch = try WindowEpoch(corpus.training, windows: windows, seed: 0, number: 0)
    let file = try Data(contentsOf: URL(filePath: Fixture.shared(Self.curve)))
    #expect(epoch.count == 8)
    #expect(try epoch.flatMap(\.inputs) == integers("x", of: file))
    #expect(try epoch.flatMap(\.targets) == integers("y", of: file))
  }

  /// A tensor of 64-bit integers from a safetensors file: a length, a JSON header, the data.
  private func integers(_ name: String, of file: Data) throws -> [Int32] {
    let length = (0..<8).reduce(0) { $0 | Int(file[$1]) << ($1 * 8) }
    let header = try JSONSerialization.jsonObject(with: file[8..<8 + length]) as? [String: Any]
    let entry = try #require(header?[name] as? [String: Any])
    let offsets = try #require(entry["data_offsets"] as? [Int])
    return stride(from: 8 + length + offsets[0], to: 8 + length + offsets[1], by: 8).map { start in
      Int32(truncatingIfNeeded: (0..<8).reduce(0) { $0 | Int(file[start + $1]) << ($1 * 8) })
    }
  }
}
