import Datasets
import Foundation
import Testing

@Suite struct TaskTests {
  static let names = DatasetRegistry.standard.entries.map(\.name).filter {
    (try? DatasetRegistry.standard.dataset($0)) is any GeneratedTask
  }

  @Test(arguments: names)
  func samplesFitTheirKindsAndDependOnTheSeedAndTheirNumberAlone(name: String) throws {
    let task = try generated(name)
    #expect(task.name == name)
    let samples = task.samples(seed: 3, training: 40, validation: 20)
    let again = task.samples(seed: 3, training: 10, validation: 20)
    let other = task.samples(seed: 4, training: 40, validation: 20)
    var place = SamplePlace()
    let training = try samples.training.samples(from: &place, limit: 100)
    #expect(training.count == 40 && place.index == 40)
    for (index, sample) in training.enumerated() { try samples.check(sample, index: index) }
    var second = SamplePlace()
    let first = try again.training.samples(from: &second, limit: 100)
    #expect(bits(first) == bits(Array(training[..<10])))
    var third = SamplePlace()
    #expect(bits(try other.training.samples(from: &third, limit: 40)) != bits(training))
    var held = SamplePlace()
    let validation = try #require(try samples.validation?.samples(from: &held, limit: 20))
    #expect(validation.count == 20 && bits(validation) != bits(Array(training[..<20])))
    let levels = try #require(samples.levels)
    #expect(levels.baseline > 0 && levels.baseline.isFinite)
    // A loss is solved well below the baseline; a share, close to 1.
    let bound = levels.solved.bound
    #expect(levels.solved.measure.isLoss ? bound <= levels.baseline / 3 : bound >= 0.9)
  }

  @Test func theLaboratoryCoversTheShapes() throws {
    let shapes = try Self.names.map { try generated($0).read().shape }
    #expect(
      Set(shapes) == [
        .oneToMany, .manyToOne, .manyToManyInStep, .manyToManyDelayed, .manyToManyOrdered,
      ])
  }

  @Test(arguments: ["adding:1", "adding:x", "adding:", "dates:3", "dyck:5", "nothing"])
  func wrongChoicesAreExplained(choice: String) {
    #expect(throws: DatasetError.self) { try DatasetRegistry.standard.dataset(choice) }
  }

  @Test func reberStringsAreThoseOfThePublishedGrammar() throws {
    // Example strings from the literature, and others with one letter changed.
    func ids(_ string: String) -> [Int32] {
      string.map { letter in Int32(Array("BTPSXVE").firstIndex(of: letter) ?? 0) }
    }
    let grammar = ReberGrammar()
    for legal in ["BTXSE", "BPVVE", "BTSSXXTVVE", "BPTTVPXVVE", "BTXXVPSE", "BTSXSE"] {
      #expect(grammar.isLegal(ids(legal)), "\(legal)")
      #expect(ReberGrammar.embedded.isLegal(ids("BT" + legal + "TE")), "\(legal)")
      #expect(!ReberGrammar.embedded.isLegal(ids("BT" + legal + "PE")), "\(legal)")
    }
    for illegal in ["", "B", "BTXS", "BTXSEE", "BTTXSE", "BPXSE", "TXSE", "BTSSXXTVV"] {
      #expect(!grammar.isLegal(ids(illegal)), "\(illegal)")
    }
    for sample in draw(300, of: ReberGrammar.embedded) {
      guard case .tokens(let read) = sample.input, case .tokens(let next) = sample.target else {
        return
      }
      #expect(read.dropFirst() == next.dropLast())
      #expect(ReberGrammar.embedded.isLegal([read[0]] + next))
      var wrong = [read[0]] + next
      wrong[wrong.count - 2] = 3 - wrong[wrong.count - 2]
      #expect(!ReberGrammar.embedded.isLegal(wrong))
    }
  }

  @Test func bracketsAreBalancedAndNoDeeperThanAllowed() {
    let language = DyckLanguage(kinds: 3, depth: 4)
    var deepest = 0
    for sample in draw(500, of: language) {
      guard case .tokens(let read) = sample.input, case .tokens(let next) = sample.target else {
        return
      }
      let whole = [read[0]] + next
      #expect(language.isLegal(whole))
      var depth = 0
      for token in whole where token > 1 {
        depth += token.isMultiple(of: 2) ? 1 : -1
        deepest = max(deepest, depth)
      }
      #expect(depth == 0)
    }
    #expect(deepest == 4)
    #expect(!language.isLegal([0, 1]) && !language.isLegal([0, 2, 5, 1]))
    #expect(!language.isLegal([0, 2, 4, 3, 5, 1]) && !language.isLegal([0, 3, 2, 1]))
    #expect(
      !language.isLegal([0, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 1]) && language.isLegal([0, 2, 3, 1]))
  }

  @Test(arguments: [
    (1994, 3, 3, 0, "the third of march nineteen ninety-four"),
    (1900, 12, 31, 1, "december the thirty-first, nineteen hundred"),
    (2004, 2, 29, 2, "february twenty-ninth, two thousand and four"),
    (2000, 1, 20, 0, "the twentieth of january two thousand"),
    (1907, 10, 12, 1, "october the twelfth, nineteen oh seven"),
    (2060, 6, 30, 2, "june thirtieth, twenty sixty"),
  ])
  func datesAreSaidInWords(year: Int, month: Int, day: Int, way: Int, words: String) {
    #expect(Dates.words(year, month, day, way: way) == words)
  }

  @Test func datesAreDaysOfTheCalendar() {
    let task = Dates()
    let format = Date.ISO8601FormatStyle().year().month().day()
    for sample in draw(500, of: task) {
      guard case .text(let tokenizer) = task.target, case .tokens(let tokens) = sample.target else {
        return
      }
      let text = tokenizer.decode(tokens)
      #expect((try? format.parse(text)).map { $0.formatted(format) } == text, "\(text)")
    }
    #expect(Dates.days(in: 2, of: 1900) == 28 && Dates.days(in: 2, of: 2000) == 29)
  }

  @Test func namesBelongToTheirLanguageAndSeldomToAnother() {
    let task = Names()
    var (own, foreign) = (0, 0)
    let samples = draw(2_000, of: task)
    for sample in samples {
      guard case .label(let language) = sample.input, case .tokens(let name) = sample.target else {
        return
      }
      own += task.isLegal(name, for: sample.input) ? 1 : 0
      foreign += task.isLegal(name, for: .label((language + 1) % 8)) ? 1 : 0
      #expect(!task.isLegal(name + name, for: sample.input))
    }
    #expect(own == samples.count)
    #expect(foreign < 20)
    #expect(!task.isLegal([0], for: .label(0)) && !task.isLegal([], for: .label(0)))
  }
}

/// Samples as text, in which NaN equals NaN.
private func bits(_ samples: [Sample]) -> [String] { samples.map { "\($0)" } }
