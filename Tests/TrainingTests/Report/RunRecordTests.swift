import TensorCore
import Testing

@testable import Training

@Suite struct RunRecordTests {
  private func step(_ number: Int, loss: Double) -> TrainingEvent {
    .step(
      .init(
        number: number, epoch: 1, totalSteps: nil, loss: loss, gradientNorm: 2, learningRate: 0.1,
        units: 4))
  }

  private func start(_ steps: Int) -> TrainingEvent {
    .started(
      .init(
        parameterCount: 7, choices: nil, unitsPerEpoch: nil, unit: "samples", epochs: 1,
        steps: steps, totalSteps: nil))
  }

  private func measured(_ step: Int, _ loss: Double, isBest: Bool) -> TrainingEvent {
    .evaluation(
      .init(
        step: step, isBest: isBest,
        evaluation: Evaluation(
          loss: loss, metrics: [.init("accuracy", 0.5)], curves: [.init("x", [1, 2])],
          samples: ["<b> & more"])))
  }

  /// However many values there are, a curve has at most a thousand points, whose mean is that of the values.
  @Test(arguments: [1, 999, 1000, 1001, 4096, 100_000])
  func curvesKeepTheMeanInBoundedMemory(_ count: Int) {
    var curve = SampledCurve()
    for step in 1...count { curve.add(Double(step), step: step) }
    #expect(curve.points.count <= 1001 && curve.points.last?.step == count)
    #expect(zip(curve.points, curve.points.dropFirst()).allSatisfy { $0.step < $1.step })
    // Whole points weigh the same; the last one may hold less.
    let width = curve.points[0].step
    let sum = curve.points.enumerated().reduce(0.0) { sum, point in
      let before = point.offset == 0 ? 0 : curve.points[point.offset - 1].step
      return sum + point.element.value * Double(point.element.step - before)
    }
    #expect(abs(sum / Double(count) - Double(count + 1) / 2) < Double(width) + 1e-6)
  }

  @Test func comesBackFromItsText() throws {
    var record = RunRecord(title: "a \"task\"", settings: "slowly", hints: ["look out"])
    record.note(start(0), seconds: 0)
    record.note(step(1, loss: 3), seconds: 1, bytes: 1000)
    record.note(measured(1, 2.5, isBest: true), seconds: 2)
    let text = try record.encoded()
    #expect(!text.contains("\n"))
    #expect(try RunRecord(decoding: text).encoded() == text)
    #expect(throws: (any Error).self) { try RunRecord(decoding: "{") }
  }

  /// JSON has no infinite number, but a perplexity may be one.
  @Test func infiniteNumbersComeBack() throws {
    var record = RunRecord(title: "", settings: "")
    record.note(start(0), seconds: 0)
    let evaluation = Evaluation(loss: .infinity, metrics: [.init("perplexity", .infinity)])
    record.note(
      .evaluation(.init(step: 1, isBest: false, evaluation: evaluation)), seconds: 1)
    let read = try RunRecord(decoding: record.encoded())
    #expect(read.measurements.first?.evaluation == evaluation)
    #expect(RunReport(read).html.contains("inf"))
  }

  /// Whatever the numbers are, an axis holds them and has some ticks.
  @Test(
    arguments: [
      [0, 1], [3, 3], [-2, 40], [0, 1e13], [0, 5.8e31], [-3e38, 3e38], [3e38, 3e38], [0, 3e-39],
      [1e16, 1e16 + 2], [-1e308, 1e308], [0, .leastNonzeroMagnitude], [],
    ] as [[Double]])
  func anAxisHasSomeTicks(_ numbers: [Double]) {
    let axis = Axis(numbers, isLogarithmic: false)
    #expect(1...11 ~= axis.ticks.count, "\(axis.ticks)")
    #expect(axis.low.isFinite && axis.high.isFinite && axis.low <= axis.high)
    for number in numbers where number.magnitude < 1e300 {
      #expect(axis.low <= number && number <= axis.high && axis.share(of: number).isFinite)
    }
  }

  /// Training that goes on from an earlier step replaces what came after it, and adds to the time.
  @Test func goesOnFromAnEarlierStep() {
    var record = RunRecord(title: "", settings: "")
    record.note(start(0), seconds: 0)
    for number in 1...10 { record.note(step(number, loss: 1), seconds: Double(number)) }
    record.note(measured(10, 1, isBest: true), seconds: 10)
    record.note(start(5), seconds: 0)
    for number in 6...8 { record.note(step(number, loss: 2), seconds: Double(number - 5)) }
    #expect(record.loss.points.map(\.step) == [1, 2, 3, 4, 5, 6, 7, 8])
    #expect(record.loss.points.map(\.value) == [1, 1, 1, 1, 1, 2, 2, 2])
    #expect(record.measurements.isEmpty && record.seconds == 13 && record.steps == 8)
  }

  /// Curves of older measurements are forgotten, those of the best and the last are not.
  @Test func onlyTheBestAndTheLastKeepTheirCurves() {
    var record = RunRecord(title: "", settings: "")
    record.note(start(0), seconds: 0)
    for (number, loss) in [(1, 3.0), (2, 1.0), (3, 2.0), (4, 2.5)] {
      record.note(measured(number, loss, isBest: number <= 2), seconds: 1)
    }
    #expect(record.measurements.map { $0.evaluation.curves.count } == [0, 1, 0, 1])
    #expect(record.best?.step == 2)
  }

  @Test func theReportEscapesAndRefersToNothingOutside() {
    var record = RunRecord(title: "a < b & \"c\"", settings: "")
    record.note(start(0), seconds: 0)
    for number in 1...300 {
      record.note(step(number, loss: 100 / Double(number)), seconds: 1, bytes: 1 << 20)
    }
    record.note(measured(300, 0.4, isBest: true), seconds: 2)
    let page = RunReport(record).html
    #expect(page.contains("<h1>a &lt; b &amp; &quot;c&quot;</h1>"))
    #expect(page.contains("&lt;b&gt; &amp; more") && !page.contains("<b> & more"))
    #expect(page.contains("Target and forecast"))
    #expect(page.contains("accuracy 0.5000") && page.contains("1 MiB at most"))
    #expect(!page.contains(",nan") && !page.contains("nan<") && !page.contains("href"))
  }

  /// The page shows what was wrong with the right answer beside it, what guessing gives, and the layers' weights; it reloads
  /// itself only while training goes on.
  @Test func theReportShowsMistakesBaselineAndLayers() {
    var record = RunRecord(
      title: "t", settings: "",
      baseline: Baseline(method: "the mean", loss: 2.5, accuracy: nil), floor: 0.25)
    var evaluation = Evaluation(loss: 0.4)
    evaluation.answers = [.init(input: "x", answer: "A C", right: "A B", fault: 1)]
    var comparison = Evaluation.Comparison("depth")
    for number in 0..<9 { comparison.add(target: Double(number), answer: Double(number) + 0.5) }
    evaluation.comparisons = [comparison]
    record.note(start(0), seconds: 0)
    for number in 1...3 { record.note(step(number, loss: 1), seconds: 1) }
    let gradients = Gradients([("rnn.weight_ih_l0", Tensor([1, 2, 3], shape: [3]))])
    record.note(
      .distributions(.init(step: 3, model: Weights(), gradients: gradients)), seconds: 1)
    record.note(
      .evaluation(.init(step: 3, isBest: true, evaluation: evaluation)), seconds: 1)
    let page = RunReport(record).html
    for part in [
      "<td>x</td><td>A <mark>C</mark></td><td>A B</td>", "guessing the mean 2.5000",
      "the language&#39;s own entropy 0.2500", "depth: predicted against true",
      "depth: true minus predicted; mean -0.5, deviation 0", "<h3>rnn, layer 0</h3>",
      "<b>weight_ih_l0</b>", "class=\"running\"", "http-equiv=\"refresh\"",
    ] {
      #expect(page.contains(part.replacing("&#39;", with: "'")), "\(part)")
    }
    record.note(.finished(.complete), seconds: 2)
    let ended = RunReport(record).html
    #expect(!ended.contains("class=\"running\"") && !ended.contains("http-equiv"))
  }

  private struct Weights: Module {
    var weight = Tensor([0, 1, 2], shape: [3])

    mutating func visitParameters(_ visitor: inout ParameterVisitor) {
      visitor.visit("rnn.weight_ih_l0", &weight)
    }
  }

  /// A straight fall of braille points from the upper left to the lower right.
  @Test func thePlotFallsFromItsFirstLineToItsLast() {
    var record = RunRecord(title: "", settings: "")
    for number in 1...3 { record.note(step(number, loss: 4 - Double(number)), seconds: 1) }
    let lines = TerminalPlot(record, width: 24, height: 4).text.split(separator: "\n")
    #expect(
      lines.prefix(7) == [
        "   loss", "3 |⠉⠑⠒⠤⣀⡀", "  |     ⠈⠉⠒⠤⢄⡀", "  |          ⠈⠉⠒⠢⠤⣀⡀",
        "1 |                ⠈⠉⠒⠢⢄",
        "  +---------------------", "   1                   3",
      ], "\(lines.prefix(7).joined(separator: "\n"))")
  }

  /// A plot is as wide as asked, with a logarithmic axis where the numbers are far apart.
  @Test(arguments: [24, 40, 80, 200])
  func thePlotIsAsWideAsAsked(_ width: Int) {
    var record = RunRecord(title: "", settings: "")
    for number in 1...300 { record.note(step(number, loss: 300 / Double(number)), seconds: 1) }
    record.note(measured(200, 3, isBest: true), seconds: 2)
    let lines = TerminalPlot(record, width: width, height: 10).text.split(separator: "\n")
    #expect(lines.map(\.count).max() == width)
    #expect("      loss, validation (o), logarithmic".hasPrefix(lines[0]))
    #expect(lines[1...10].contains { $0.contains("o") })
    // In logarithms, half of the height is the square root: step 17 of 300, near the left edge.
    let middle = lines[5].drop { $0 != "|" }.dropFirst()
    #expect(middle.prefix { $0 == " " }.count < width / 8)
  }
}
