import Cells
import Checkpoint
import Datasets
import Models
import TensorCore
import Testing

/// Parsing lines of input, and predictions for them.
@Suite struct PredictionTests {
  private func saved(
    _ interface: SequenceInterface, isBidirectional: Bool = false
  ) throws -> SavedSequenceModel {
    var generator = Philox(seed: 3)
    var configuration = ModelConfiguration(cell: try CellRegistry.standard.cell(named: "gru"))
    (configuration.hiddenSize, configuration.embeddingSize) = (6, 4)
    configuration.isBidirectional = isBidirectional
    return SavedSequenceModel(
      SequenceNetwork(configuration, interface, using: &generator), interface)
  }

  private static let columns = [Column("a"), Column("b", offset: 10, scale: 2)]

  @Test func linesAreReadAsTheirKindSays() throws {
    let names = Vocabulary(["x", "y", "<unk>"])
    #expect(try ValueKind.symbols(names).value(reading: "xy z") == .tokens([0, 1, 2]))
    #expect(try ValueKind.symbols(names).value(reading: #"{"input":["y"]}"#) == .tokens([1]))
    let words = ValueKind.symbols(Vocabulary(["the", "cat"]))
    #expect(try words.value(reading: " the  cat ") == .tokens([0, 1]))
    #expect(try ValueKind.label(Vocabulary(["no"])).value(reading: " no ") == .label(0))
    let steps = ValueKind.features(Self.columns)
    let expected = SampleValue.features(FeatureSequence([1, 2, 3, -5], width: 2))
    #expect(try steps.value(reading: "1,14; 3 0") == expected)
    #expect(try steps.value(reading: #"{"input":[[1,14],[3,0]]}"#) == expected)
    #expect(try ValueKind.vector(Self.columns).value(reading: "1\t10") == .vector([1, 0]))
  }

  @Test(arguments: [
    ("the dog", "some of the, cat", "dog"), (#"{"text":"the"}"#, "an object", "{"),
  ])
  func whatIsNoInputIsSaid(_ line: String, _ expected: String, _ found: String) {
    let kind = ValueKind.symbols(Vocabulary(["the", "cat"]))
    let error = #expect(throws: UnreadableInput.self) { try kind.value(reading: line) }
    #expect(error?.expected.contains(expected) == true && error?.found.contains(found) == true)
  }

  @Test(arguments: [
    (#"{"input":"good film""#, "byte 20: "), (#"{"input":"a\ud800"}"#, "lone surrogate"),
    (#"{"text":"good film"}"#, "{"),
  ])
  func aLineThatIsMeantAsJSONIsNeverRead(_ line: String, _ found: String) {
    let kind = ValueKind.text(CharacterTokenizer("good film"))
    let error = #expect(throws: UnreadableInput.self) { try kind.value(reading: line) }
    #expect(error?.found.contains(found) == true, "\(String(describing: error))")
  }

  @Test func aTextMayBeginWithABrace() throws {
    let tokenizer = CharacterTokenizer("{ab}")
    let kind = ValueKind.text(tokenizer)
    #expect(try kind.value(reading: "{ab}") == .tokens(tokenizer.encode("{ab}")))
    #expect(try kind.value(reading: #"{"input":"{ab}"}"#) == .tokens(tokenizer.encode("{ab}")))
  }

  @Test(arguments: ["1", "1,2,3", "1,x", "1,nan", "1,1e999", ""])
  func badNumbersAreRefused(_ line: String) {
    #expect(throws: UnreadableInput.self) {
      try ValueKind.vector(Self.columns).value(reading: line)
    }
  }

  /// A sequence without steps, a name of another kind or a number in another notation has no answer, and stops nothing.
  @Test func whatHasNoStepsOrOtherValuesIsNoInput() throws {
    let steps = ValueKind.features([Column("x")])
    let interface = SequenceInterface(input: steps, target: steps)
    let predictor = SequencePredictor(try saved(interface))
    for line in [#"{"input":[]}"#, #"{"input":""}"#, ";", #"{"input":[[]]}"#, "0x10", "1;inf"] {
      var answering = LineAnswering(predictor)
      #expect(throws: UnreadableInput.self, "\(line)") { try answering.take(line) }
      #expect(try answering.take("1;2").count == 1)
    }
    let digits = ValueKind.symbols(Vocabulary(["0", "1"]))
    #expect(try digits.value(reading: #"{"input":[1,"0",1]}"#) == .tokens([1, 0, 1]))
    for line in [#"{"input":[1,true]}"#, #"{"input":["1",[0]]}"#, #"{"input":[]}"#] {
      #expect(throws: UnreadableInput.self, "\(line)") { try digits.value(reading: line) }
    }
    // What is no name is not an unknown one either.
    let words = ValueKind.symbols(Vocabulary(["<unk>", "she"]))
    #expect(try words.value(reading: #"{"input":["she","he",7]}"#) == .tokens([1, 0, 0]))
    for line in [#"{"input":[null]}"#, #"{"input":[["she"]]}"#, #"{"input":[{"she":1}]}"#] {
      #expect(throws: UnreadableInput.self, "\(line)") { try words.value(reading: line) }
    }
  }

  /// A stream answered line by line has the answers of the whole sequence; an empty line starts a new sequence.
  @Test func streamsAreAnsweredAsTheWholeIs() throws {
    let kind = ValueKind.features([Column("x")])
    let interface = SequenceInterface(input: kind, target: kind)
    let predictor = SequencePredictor(try saved(interface))
    var stream = LineAnswering(predictor)
    var answers: [String] = []
    for line in ["x", "0.5", "-1", "2", "", "0.5"] {
      answers += try stream.take(line).map { $0.text(interface) }
    }
    let rest = try stream.finish()
    #expect(rest.isEmpty && answers.count == 4 && answers[3] == answers[0])
    var whole = LineAnswering(predictor)
    let together = try whole.take("0.5; -1; 2").map { $0.text(interface) }
    #expect(together == [answers[..<3].joined(separator: "; ")])
    // A bidirectional model waits for the end.
    var waiting = LineAnswering(SequencePredictor(try saved(interface, isBidirectional: true)))
    #expect(try waiting.take("0.5").isEmpty && waiting.take("-1").isEmpty)
    #expect(try waiting.finish().count == 1)
  }

  /// A forecast uses its own predictions as input, also for a model that predicts several steps ahead.
  @Test(arguments: [1, 3])
  func forecastsGoOnFromThemselves(_ stepsAhead: Int) throws {
    let kind = ValueKind.features([Column("x"), Column("y")])
    let interface = SequenceInterface(input: kind, target: kind, stepsAhead: stepsAhead)
    let predictor = SequencePredictor(try saved(interface))
    #expect(predictor.canForecast)
    let known = FeatureSequence([0.5, 1, -1, 0, 2, -2, 0.25, 1], width: 2)
    let found = try #require(predictor.forecasts(for: [.features(known)], steps: 5).first)
    guard case .features(let forecast) = found.answer else {
      Issue.record("no numbers: \(found.answer)")
      return
    }
    #expect(forecast.count == 5)
    // If the forecast is appended to the input, the model answers with it, except for the last steps.
    let all = FeatureSequence(known.values + forecast.values, width: 2)
    var reader = try #require(StepPredictor(predictor))
    let read = reader.prediction(for: .features(all)).answer
    guard case .features(let answers) = read else {
      Issue.record("expected numbers, found \(read)")
      return
    }
    for step in 0..<5 {
      #expect(Array(answers[known.count + step - stepsAhead]) == Array(forecast[step]))
    }
    // Forecasting does not change the state.
    var other = try #require(StepPredictor(predictor))
    _ = other.prediction(for: .features(known))
    _ = other.forecast(3)
    #expect(
      other.prediction(for: .features(forecast)).answer
        == {
          var plain = StepPredictor(predictor)
          _ = plain?.prediction(for: .features(known))
          return plain?.prediction(for: .features(forecast)).answer
        }())
  }

  @Test func forecastsOfLinesComeAtTheirEnd() throws {
    let kind = ValueKind.features([Column("x", offset: 10, scale: 2)])
    let interface = SequenceInterface(input: kind, target: kind, stepsAhead: 2)
    let predictor = SequencePredictor(try saved(interface))
    var answering = LineAnswering(predictor, ahead: 3)
    #expect(try answering.take("11").isEmpty && answering.take("9").isEmpty)
    let answers = try answering.take("").map { $0.text(interface) }
    #expect(answers.count == 1 && answers[0].split(separator: ";").count == 3)
    #expect(try answering.take("11; 9").map { $0.text(interface) } == answers)
    _ = try answering.take("11")
    let error = #expect(throws: UnreadableInput.self) { try answering.finish() }
    #expect(error?.description == "expected at least 2 steps to go on from, found 1")
    // A model with another kind of answer can't forecast.
    let other = SequenceInterface(input: kind, target: .label(Vocabulary(["a", "b"])))
    #expect(!SequencePredictor(try saved(other)).canForecast)
    #expect(throws: InvalidSetting.self) {
      try ModelConfiguration(cell: CellRegistry.standard.cell(named: "gru")).validate(
        for: SequenceInterface(input: kind, target: .features([Column("z")]), stepsAhead: 1))
    }
  }

  /// Answers do not depend on the batch size.
  @Test func groupsDoNotChangeAnswers() throws {
    let interface = SequenceInterface(
      input: .symbols(Vocabulary(["x", "y"])), target: .label(Vocabulary(["a", "b", "c"])))
    let predictor = SequencePredictor(try saved(interface))
    let lines = ["x", "xyxy", "yy", "yxyyxyx"]
    var (one, many) = (LineAnswering(predictor), LineAnswering(predictor, group: 3))
    var answers: ([Prediction], [Prediction]) = ([], [])
    for line in lines {
      answers.0 += try one.take(line)
      answers.1 += try many.take(line)
    }
    #expect(answers.0.count == 4 && answers.1.count == 3)
    answers.1 += try many.finish()
    for (a, b) in zip(answers.0, answers.1) {
      #expect(a.input == b.input && a.answer == b.answer)
      #expect(abs(a.probabilities.reduce(0, +) - 1) < 1e-6)
      for (p, q) in zip(a.probabilities, b.probabilities) { #expect(abs(p - q) < 1e-6) }
    }
  }
}
