import Programs
import ProgramsCore
import Synchronization
import Testing
import Training

@Suite struct ProgressTextTests {
  private func step(_ number: Int) -> TrainingEvent {
    .step(
      .init(
        number: number, epoch: 1, totalSteps: 100, loss: 2, gradientNorm: 1,
        learningRate: 0.1, units: 640))
  }

  private let start = TrainingEvent.started(
    .init(
      parameterCount: 1_234, choices: TaskChoices(count: 28, noun: "tokens"), unitsPerEpoch: 64_000,
      unit: "characters",
      epochs: 3, steps: 0, totalSteps: 100))

  /// A terminal of a width, without colours.
  private func bar(_ columns: Int) -> ProgressText {
    ProgressText(.bar(columns: { columns }, .none))
  }

  @Test func theFirstLineSaysWhatThereIsToDo() {
    var text = bar(80)
    #expect(
      text.text(for: start, seconds: 0)
        == "1,234 weights, 28 tokens, 64,000 characters an epoch, 100 steps\n")
  }

  @Test func aBarShowsShareLossSpeedAndTimeLeft() {
    var text = bar(100)
    _ = text.text(for: start, seconds: 0)
    let line = text.text(for: step(25), seconds: 10)
    #expect(line.contains("[######..................] 25%  epoch 1/3  loss 2.000"))
    #expect(line.contains("64 characters/s  0:30 left"))
    #expect(text.text(for: step(26), seconds: 10.01).isEmpty)
  }

  /// A line that is as wide as the terminal would wrap, and the next one would not replace it.
  @Test(arguments: [1, 2, 5, 9, 10, 12, 20, 30, 40, 50, 60, 70, 79, 80, 81, 100, 132, 400])
  func aLineFitsTheTerminal(_ columns: Int) {
    var text = bar(columns)
    _ = text.text(for: start, seconds: 0)
    let line = text.text(for: step(25), seconds: 10)
    #expect(line.hasPrefix("\r") && line.hasSuffix("\u{1B}[K"))
    let shown = line.dropFirst().dropLast(3)
    #expect(shown.count < max(2, columns), "\(columns): \(shown)")
    #expect("loss 2.000".hasPrefix(shown) || shown.contains("loss 2.000"))
    if columns >= 70 { #expect(shown.hasSuffix("64 characters/s  0:30 left")) }
  }

  /// The width is that of the moment: a terminal that was made narrower gets shorter lines.
  @Test func aLineFollowsTheTerminalsWidth() {
    let width = Mutex(100)
    var text = ProgressText(.bar(columns: { width.withLock { $0 } }, .none))
    _ = text.text(for: start, seconds: 0)
    #expect(text.text(for: step(25), seconds: 10).count > 70)
    width.withLock { $0 = 30 }
    #expect(text.text(for: step(26), seconds: 20).count < 30 + 4)
  }

  /// Lines break at spaces, and colours take no room; a word that is too long stays whole.
  @Test func linesBreakAtSpaces() {
    let text = "loss 0.5, accuracy 1.0 \u{1B}[32m(best)\u{1B}[0m\nnext  one"
    #expect(text.wrapped(columns: 80) == text)
    #expect(text.wrapped(columns: 29) == text)
    #expect(
      text.wrapped(columns: 28)
        == "loss 0.5, accuracy 1.0\n\u{1B}[32m(best)\u{1B}[0m\nnext  one")
    #expect("a bcdefghij k".wrapped(columns: 4) == "a\nbcdefghij\nk")
    #expect("".wrapped(columns: 4).isEmpty && "\n\n".wrapped(columns: 4) == "\n\n")
  }

  @Test func coloursTakeNoRoom() {
    var (plain, painted) = (bar(90), ProgressText(.bar(columns: { 90 }, .ansi)))
    _ = plain.text(for: start, seconds: 0)
    _ = painted.text(for: start, seconds: 0)
    let line = painted.text(for: step(50), seconds: 10)
    #expect(line.contains("[\u{1B}[32m####") && line.contains("\u{1B}[0m."))
    let unpainted = line.replacing("\u{1B}[32m", with: "").replacing("\u{1B}[0m", with: "")
    #expect(unpainted == plain.text(for: step(50), seconds: 10))
  }

  @Test func linesComeNowAndThen() {
    var text = ProgressText(.lines)
    _ = text.text(for: start, seconds: 0)
    #expect(text.text(for: step(1), seconds: 0).isEmpty)
    #expect(text.text(for: step(2), seconds: 5).isEmpty)
    #expect(text.text(for: step(50), seconds: 20).hasPrefix("50%  epoch 1/3"))
  }

  @Test func anEpochHasTheNotesLine() {
    var text = ProgressText(.lines)
    let epoch = TrainingEvent.Epoch(number: 1, loss: 3.03151)
    #expect(text.text(for: .epoch(epoch), seconds: 1) == "epoch 1 loss: 3.0315\n")
  }

  @Test(arguments: [(0.0, "0.000"), (-1.2345, "-1.235"), (12, "12.000"), (0.0004, "0.000")])
  func numbersAreRounded(_ number: Double, _ expected: String) {
    #expect(number.text(3) == expected)
  }

  @Test(arguments: [
    (2.71828, "2.7183"), (0, "0.0000"), (0.1, "0.1000"), (-0.0123456, "-0.0123"),
    (0.00152, "0.00152"), (0.0000123, "0.0000123"), (1.52e-7, "1.52e-07"), (9.999e-7, "1.00e-06"),
    (1e-12, "1.00e-12"), (.infinity, "inf"),
  ])
  func numbersHaveDigitsThatSaySomething(_ number: Double, _ expected: String) {
    #expect(number.significant == expected)
  }

  @Test(arguments: [
    (1, "samples", "1 sample"), (2, "samples", "2 samples"), (1, "classes", "1 class"),
    (0, "classes", "0 classes"), (12_345, "rows", "12,345 rows"), (1, "entries", "1 entry"),
  ])
  func oneIsNotPlural(_ count: Int, _ noun: String, _ expected: String) {
    #expect(count.counted(noun) == expected)
  }

  /// Days around leap days, by `date -u -d @SECONDS`.
  @Test(arguments: [
    (0, "1970-01-01 00:00 UTC"), (951_782_399, "2000-02-28 23:59 UTC"),
    (951_782_400, "2000-02-29 00:00 UTC"), (1_709_251_199, "2024-02-29 23:59 UTC"),
    (4_107_542_400, "2100-03-01 00:00 UTC"), (1_795_915_200, "2026-11-29 01:20 UTC"),
  ])
  func timesAreDays(_ seconds: Int, _ text: String) {
    #expect(Timestamp(seconds: seconds).text == text)
  }
}
