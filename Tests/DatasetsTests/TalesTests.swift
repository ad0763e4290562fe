import Datasets
import Testing

@Suite struct TalesTests {
  private static let tales = Tales(characters: 30_000, seed: 7)

  /// The generator multiplies the probabilities of its choices; the reader sums over all derivations of the text. They
  /// are equal only if each text has one derivation.
  @Test(arguments: [UInt64(1), 2, 3]) func everyTextHasOneDerivation(_ seed: UInt64) {
    let (text, nats) = Tales(characters: 30_000, seed: seed).written()
    let information = Tales.information(in: text)
    #expect(information.count == text.utf8.count)
    let total = information.reduce(0, +)
    #expect(abs(total - nats) < 1e-9 * nats, "\(total) nats by reading, \(nats) by writing")
  }

  @Test func theSameSeedTellsTheSameStories() {
    #expect(Tales(characters: 5_000, seed: 3).text == Tales(characters: 5_000, seed: 3).text)
    #expect(Tales(characters: 5_000, seed: 3).text != Tales(characters: 5_000, seed: 4).text)
  }

  @Test func aLongerTextBeginsLikeAShorterOne() {
    #expect(
      Tales(characters: 9_000, seed: 3).text.hasPrefix(Tales(characters: 2_000, seed: 3).text))
  }

  @Test func storiesAreParagraphsOfPlainSentences() {
    let stories = Self.tales.text.split(separator: "\n\n")
    #expect(stories.count > 100)
    for story in stories {
      #expect(story.utf8.allSatisfy { $0 < 128 && $0 != 10 })
      #expect(story.hasSuffix("."))
      #expect(!story.contains("  ") && !story.contains(" ."))
    }
  }

  /// The information of any range is the sum over its characters.
  @Test func informationOfARangeIsASum() throws {
    let corpus = Self.tales.read()
    let all = try #require(corpus.information)
    let count = corpus.text.unicodeScalars.count
    #expect(abs(all(0..<100) + all(100..<count) - all(0..<count)) < 1e-6)
    #expect(all(0..<count) / Double(count) > 0.2 && all(0..<count) / Double(count) < 0.6)
  }

  @Test func aTextThatNoStoryBeginsWithEndsTheReading() {
    #expect(Tales.information(in: "Zzz").count < 3)
  }

  @Test func theRegistryKnowsTales() throws {
    let corpus = try CorpusRegistry.standard.corpus("tales:1000")
    #expect(try corpus.read().text.utf8.count >= 1000)
    for wrong in ["tales:", "tales:many", "tales:-4", "tales:999999999999"] {
      #expect(throws: DatasetError.self) { try CorpusRegistry.standard.corpus(wrong) }
    }
  }
}
