import Foundation
import Testing

@testable import Playground

struct BranchTreeTests {
  private func model() throws -> Stepwise {
    let language = try #require(try Setup.small.learners().first?.language)
    return Stepwise(language, after: "(ab")
  }

  @Test func aKeptStateIsTheStateOfItsText() throws {
    let saved = try model().saved
    var tree = BranchTree(saved, after: "(ab", step: 0)
    let (first, second) = (
      try tree.grow(from: 0, reading: "c"), try tree.grow(from: 0, reading: "d")
    )
    let third = try tree.grow(from: first, reading: ") \"d")
    for (node, text) in [(0, "(ab"), (first, "(abc"), (second, "(abd"), (third, "(abc) \"d")] {
      // A step computes in another order than a whole text.
      let (kept, anew) = (try tree.node(node).logits, Stepwise(saved, after: text).logits)
      #expect(zip(kept, anew).allSatisfy { abs($0 - $1) < 1e-5 }, "\(text)")
    }
    // A branch changes none of the others.
    #expect(try tree.node(0).logits == BranchTree(saved, after: "(ab", step: 0).node(0).logits)
  }

  @Test func aTreeIsBounded() throws {
    var tree = BranchTree(try model().saved, after: "a", step: 0)
    #expect(throws: Refusal.self) {
      for _ in 0...BranchTree.mostNodes { _ = try tree.grow(from: 0, reading: "b") }
    }
    #expect(throws: Refusal.self) { try tree.node(-1) }
  }

  @Test func theOldestTreesGo() async throws {
    let (trees, tree) = (BranchTrees(), BranchTree(try model().saved, after: "a", step: 3))
    let first = await trees.keep(tree)
    for _ in 0..<BranchTrees.most { _ = await trees.keep(tree) }
    await #expect(throws: Refusal.self) { try await trees.tree(first) }
    #expect(try await trees.tree(first + 1).step == 3)
  }
}

struct StreamLessonTests {
  @Test func aGradientThatSeesTooLittleDoesNotLearnWhatExactRTRLLearns() throws {
    var options = StreamLesson.Options()
    (options.units, options.delay, options.reach) = (8, 3, 1)
    var lesson = try StreamLesson(options)
    for _ in 0..<3000 { lesson.observe() }
    let losses = try lesson.lanes.map { try #require($0.points.last)[1] }
    #expect(losses[0] < 0.35 && losses[2] < 0.35, "\(losses)")
    #expect(losses[1] > 0.6, "\(losses)")
  }

  @Test func theInfluenceMatrixHasARowAStateUnitAndAColumnAWeight() throws {
    var options = StreamLesson.Options()
    (options.cell, options.units) = ("lstm", 4)
    var lesson = try StreamLesson(options)
    for _ in 0..<5 { lesson.observe() }
    let picture = lesson.picture
    // Two states of 4 units; 4 gates of an input, 4 units and two biases.
    #expect(picture.rows == 8)
    #expect(picture.columns == 4 * 4 * (1 + 4 + 2))
    let values = try #require(Data(base64Encoded: picture.values))
    #expect(values.count == picture.rows * picture.columns)
    #expect(values.contains(127) || values.contains(UInt8(bitPattern: -127)))
  }

  @Test func anElementwiseRecurrenceHasARowAState() throws {
    var options = StreamLesson.Options()
    (options.cell, options.units) = ("indrnn", 6)
    var lesson = try StreamLesson(options)
    lesson.observe()
    #expect(lesson.picture.rows == 1)
  }

  @Test func aStreamThatDivergesGoesOnWithoutPoints() throws {
    var options = StreamLesson.Options()
    (options.cell, options.rate) = ("cell wild(x, h)\n  h' = exp(exp(W_ih x + 9 * h))\n", 1)
    var lesson = try StreamLesson(options)
    for _ in 0..<100 { lesson.observe() }
    #expect(lesson.step == 100)
    #expect(lesson.lanes.allSatisfy { $0.points.allSatisfy { $0[1].isFinite } })
    _ = lesson.picture
  }
}

struct DrawnCurveTests {
  private func answer(_ points: [Double], cell: String = "gru") throws -> DrawnCurve.Answer {
    var curve = try DrawnCurve(.init(points: points, cell: cell, seed: 1))
    return try curve.answer()
  }

  @Test func aWaveGoesOnAsAWave() throws {
    let wave = (0..<240).map { 0.7 * sin(Double($0) * 0.25) }
    let answer = try answer(Array(wave.prefix(160)))
    let error = zip(answer.bands[2], wave.dropFirst(160)).prefix(40).map { abs($0 - $1) }.max() ?? 1
    #expect(error < 0.35, "\(error)")
    // The levels are in order, and the fan opens.
    for (low, high) in zip(answer.bands, answer.bands.dropFirst()) {
      #expect(zip(low, high).allSatisfy { $0 <= $1 })
    }
    #expect(answer.bands[4][39] - answer.bands[0][39] > answer.bands[4][0] - answer.bands[0][0])
  }

  @Test func theSameCurveGoesOnWithTheSameBits() throws {
    let points = (0..<40).map { Double($0 % 7) }
    #expect(try answer(points).bands == answer(points).bands)
  }

  @Test(arguments: [Array(repeating: 0.0, count: 40), (0..<40).map { $0 < 20 ? -1.0 : 1.0 }])
  func flatAndBrokenCurvesHaveAnAnswer(points: [Double]) throws {
    #expect(try answer(points).bands.joined().allSatisfy(\.isFinite))
  }

  @Test func wrongPointsAreRefused() {
    for points in [[], [1.0], Array(repeating: 1e9, count: 50), Array(repeating: .nan, count: 50)] {
      #expect(throws: Refusal.self) { _ = try DrawnCurve(.init(points: points)) }
    }
  }
}
