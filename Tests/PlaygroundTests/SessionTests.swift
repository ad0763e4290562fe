import Cells
import FileCore
import Models
import Testing

@testable import Playground

struct SessionTests {
  @Test func theSameSetupGivesTheSameBits() throws {
    func losses() throws -> [[Double]] {
      var learner = try #require(try Setup.small.learners().first)
      for _ in 0..<3 { learner.step() }
      return learner.takeNews().steps
    }
    let (first, second) = (try losses(), try losses())
    #expect(first.count == 3)
    #expect(first == second)
  }

  @Test func aLinkGivesTheSameBits() throws {
    var setup = Setup.small
    setup.beside = "cell mine(x, h)\n  h' = tanh(W_ih x + W_hh h)\n"
    setup.seed = 7
    let text = try JSONValue(encoding: setup).text
    let read = try JSONValue(parsing: Array(text.utf8), maximumDepth: 4).decoded(as: Setup.self)
    #expect(read == setup)
    let fingerprints = try [setup, read].map { setup in
      try setup.learners().map { learner in
        var learner = learner
        while learner.trainer.steps < Learner.fingerprintStep { learner.step() }
        return learner.fingerprint
      }
    }
    #expect(fingerprints[0] == fingerprints[1])
    #expect(fingerprints[0].allSatisfy { $0?.count == 8 })
    #expect(fingerprints[0][0] != fingerprints[0][1])
  }

  @Test func aRateThatIsTooLargeStopsAModelWithAWordAndNothingElse() throws {
    var setup = Setup.small
    setup.rate = 10
    setup.cell = "cell wild(x, h)\n  h' = exp(exp(W_ih x + 9 * h))\n"
    var learner = try #require(try setup.learners().first)
    for _ in 0..<40 { learner.step() }
    #expect(learner.fault?.contains("step") == true, "\(learner.fault ?? "none")")
  }

  @Test func controlsActOnTheNextStep() throws {
    var learner = try #require(try Setup.small.learners().first)
    learner.step()
    learner.rate = 0.25
    learner.step()
    #expect(learner.rate == 0.25)
    #expect(learner.takeNews().steps.map { $0[0] } == [1, 2])
  }

  @Test func aPageThatClosesIsForgotten() async throws {
    let session = Session(.small)
    try await session.begin(.small)
    for _ in 0..<100 {
      var messages = await session.messages().makeAsyncIterator()
      let opening = await messages.next()
      #expect(opening?.contains("\"kind\":\"opening\"") == true)
    }
    for _ in 0..<100 where await session.pageCount > 0 {
      try await Task.sleep(for: .milliseconds(20))
    }
    #expect(await session.pageCount == 0)
  }

  @Test(arguments: [
    "adding", "parity", "mackey-glass", "dates", "names", "idioms", "embedded-reber",
  ])
  func tasksOfTheLaboratoryAreLearned(data: String) throws {
    var setup = Setup()
    (setup.data, setup.cell, setup.units) = (data, "gru", 8)
    var learner = try #require(try setup.learners().first)
    learner.step()
    #expect(learner.fault == nil)
    #expect(learner.trainer.steps == 1)
    #expect(learner.sequence != nil && learner.language == nil)
    // A model that writes step by step has no form in ONNX.
    let writes = ["dates", "names"].contains(data)
    for download in Download.allCases where !writes || download != .onnx {
      #expect(try !download.bytes(of: learner).isEmpty)
    }
    if writes { #expect(throws: (any Error).self) { try Download.onnx.bytes(of: learner) } }
  }

  @Test func aTableIsLearned() throws {
    var setup = Setup()
    setup.data = "table"
    setup.text =
      "review,stars\n"
      + (0..<40).map { "\($0 % 2 == 0 ? "good" : "bad") film,\($0 % 2)\n" }.joined()
    (setup.cell, setup.beside, setup.units) = ("gru", "mgu", 8)
    var learners = try setup.learners()
    for index in learners.indices { learners[index].step() }
    #expect(learners.map(\.trainer.steps) == [1, 1])
    #expect(learners.allSatisfy { $0.fault == nil })
  }

  @Test func aTableOfTooLongSamplesIsRefused() {
    var setup = Setup()
    setup.data = "table"
    let long = String(repeating: "word ", count: 1000)
    setup.text = "review,stars\n" + (0..<20).map { "\(long),\($0 % 2)\n" }.joined()
    #expect(throws: Refusal.self) { try setup.learners() }
  }
}

struct ReadTextTests {
  private func saved(cell: String = "gru") throws -> SavedLanguageModel {
    var setup = Setup.small
    setup.cell = cell
    return try #require(try setup.learners().first?.language)
  }

  @Test(arguments: ["gru", "lstm", "mgu"])
  func everyEarlierCharacterMovesAProbability(cell: String) throws {
    let text = try ReadText("abc de fgh", by: saved(cell: cell))
    let (first, norms) = try text.influence(on: 6)
    #expect(first == 0)
    #expect(norms.count == 6)
    #expect(norms.allSatisfy { $0 > 0 && $0.isFinite })
  }

  @Test func aRepeatedTextHasItsNearestStatesAtTheRepetition() throws {
    let text = try ReadText(String(repeating: "abc de fgh\n", count: 8), by: saved())
    // Far from the beginning, equal contexts lead to nearly equal states.
    let nearest = try text.nearest(to: 60..<61)
    let first = try #require(nearest.first)
    #expect((first.index - 60) % 11 == 0)
    #expect(first.cosine > 0.999)
  }

  @Test func surpriseIsTheLossOfTheModel() throws {
    let text = try ReadText("abc de", by: saved())
    #expect(text.surprise.count == 6)
    #expect(text.surprise[0] == 0)
    // An untrained model of about 14 characters is surprised by about the logarithm of their number.
    #expect(text.surprise.dropFirst().allSatisfy { $0 > 1.5 && $0 < 4 })
  }

  @Test func featuresAreReadOffTheText() {
    let pieces = "a(\"b\n[c])".map(String.init)
    #expect(TextFeature.brackets.values(pieces) == [0, 1, 1, 1, 1, 2, 2, 1, 0])
    #expect(TextFeature.quotes.values(pieces) == [0, 0, 1, 1, 1, 1, 1, 1, 1])
    #expect(TextFeature.linePosition.values(pieces) == [1, 2, 3, 4, 0, 1, 2, 3, 4])
  }

  @Test func aUnitThatIsAFeatureCorrelatesFully() {
    #expect(abs(correlation([0, 1, 0, 1], [2, 5, 2, 5]) - 1) < 1e-12)
    #expect(abs(correlation([0, 1, 0, 1], [5, 2, 5, 2]) + 1) < 1e-12)
    #expect(correlation([1, 1], [0, 1]) == 0)
  }
}

struct ZooTests {
  @Test func everyCellHasItsEquations() throws {
    for entry in Zoo.entries {
      let equations = try Zoo.equations(of: entry.name)
      #expect(equations.formula.contains("="), "\(entry.name)")
    }
  }

  @Test func aFaultIsNamedWithItsLine() {
    let verdict = Zoo.verdict(of: "cell a(x, h)\n  h' = tanhh(W_ih x)\n", measuring: true)
    #expect(verdict.fault?.line == 2)
    #expect(verdict.checks.isEmpty)
  }

  @Test func soundEquationsPassTheGradientCheckWithNumbers() {
    let verdict = Zoo.verdict(
      of: "cell a(x, h)\n  h' = tanh(W_ih x + b_ih + W_hh h)\n", measuring: true)
    #expect(verdict.fault == nil)
    #expect(verdict.checks.count > 3)
    #expect(verdict.checks.allSatisfy { $0.error <= $0.tolerance })
  }
}
