import Testing

@testable import Training

@Suite struct ShownAnswersTests {
  private func answer(_ number: Int, fault: Double) -> Evaluation.Answer {
    .init(input: "\(number)", answer: "a", right: "b", fault: fault)
  }

  /// Of a thousand answers the worst are kept, the worst first, however they are parted among ranks.
  @Test(arguments: [1, 3, 8])
  func theWorstStandFirst(_ parts: Int) {
    let all = (0..<1000).map { answer($0, fault: Double($0 * 7919 % 97 - 10)) }
    var tallies = (0..<parts).map { _ in ShownAnswers() }
    for (number, answer) in all.enumerated() {
      let part = number * parts / all.count
      if tallies[part].keeps(fault: answer.fault) { tallies[part].add(answer) }
    }
    var whole = tallies[0]
    for tally in tallies.dropFirst() { whole.add(tally) }
    #expect(whole.first == Array(all.prefix(8)))
    let sorted = all.enumerated().filter { $0.element.fault > 0 }
      .sorted { ($1.element.fault, $0.offset) < ($0.element.fault, $1.offset) }
    #expect(whole.worst == sorted.prefix(24).map(\.element))
  }

  @Test func aWrongAnswerIsSaidWithTheRightOne() {
    #expect(answer(1, fault: 0.5).line == "1 → a (right is b)")
    #expect(answer(1, fault: 0).line == "1 → a")
  }

  /// Many numbers are thinned evenly: the kept ones span them all.
  @Test(arguments: [1, 599, 600, 10_000])
  func comparisonsSpanAllNumbers(_ count: Int) {
    var comparison = Evaluation.Comparison("x")
    for number in 0..<count { comparison.add(target: Double(number), answer: Double(2 * number)) }
    comparison.add(target: .nan, answer: 1)
    let targets = comparison.targets
    #expect(targets.count <= 600 && targets.count >= min(count, 300))
    #expect(comparison.answers == targets.map { 2 * $0 })
    #expect(comparison.residuals == targets.map { -$0 })
    let gaps = Set(zip(targets, targets.dropFirst()).map { $1 - $0 })
    #expect(gaps.count <= 1)
    #expect(targets.last.map { $0 > 0.99 * Double(count - 2) } == true)
  }

  /// What the histogram counts are all finite values, the far ones at its ends.
  @Test func aHistogramCountsEveryValue() {
    let values = (0..<1000).map { Float($0 % 100) } + [1e6, .nan, .infinity]
    let histogram = Histogram(values, intervals: 10)
    #expect(histogram.counts.reduce(0, +) == 1001 && histogram.counts.last == 1)
    let even = Histogram((0..<100).map(Double.init), intervals: 10)
    #expect(even.counts == Array(repeating: 10, count: 10))
    #expect(even.mean == 49.5 && abs(even.deviation - 28.866) < 1e-3)
    #expect((even.low, even.high) == (0, 99))
    let constant = Histogram([2.0, 2], intervals: 4)
    #expect(constant.counts == [2, 0, 0, 0] && constant.deviation == 0)
    #expect(Histogram([Double](), intervals: 4).counts == [0, 0, 0, 0])
  }
}
