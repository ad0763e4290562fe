import Cells
import Checkpoint
import Datasets
import TensorCore
import Testing
import Training

/// Lines become inputs, models answer them, other data are read in a model's own numbers.
@Suite struct PredictionTests {
  private func saved(
    _ interface: SequenceInterface, isBidirectional: Bool = false
  ) throws -> SavedSequenceModel {
    var generator = Philox(seed: 3)
    var configuration = SequenceConfiguration(cell: try CellRegistry.standard.cell(named: "gru"))
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

  @Test(arguments: ["1", "1,2,3", "1,x", "1,nan", "1,1e999", ""])
  func badNumbersAreRefused(_ line: String) {
    #expect(throws: UnreadableInput.self) {
      try ValueKind.vector(Self.columns).value(reading: line)
    }
  }

  /// A stream that is answered line by line has the answers of the whole sequence; an empty line begins anew.
  @Test func streamsAreAnsweredAsTheWholeIs() throws {
    let kind = ValueKind.features([Column("x")])
    let interface = SequenceInterface(input: kind, target: kind)
    let predictor = SequencePredictor(try saved(interface))
    var stream = LineAnswering(predictor)
    var answers: [String] = []
    for line in ["x", "0.5", "-1", "2", "", "0.5"] {
      answers += try stream.take(line).map { $0.text(interface) }
    }
    #expect(stream.finish().isEmpty && answers.count == 4 && answers[3] == answers[0])
    var whole = LineAnswering(predictor)
    let together = try whole.take("0.5; -1; 2").map { $0.text(interface) }
    #expect(together == [answers[..<3].joined(separator: "; ")])
    // One that reads both ways waits for the end.
    var waiting = LineAnswering(SequencePredictor(try saved(interface, isBidirectional: true)))
    #expect(try waiting.take("0.5").isEmpty && waiting.take("-1").isEmpty)
    #expect(waiting.finish().count == 1)
  }

  /// Answers do not depend on how many inputs are read side by side.
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
    answers.1 += many.finish()
    for (a, b) in zip(answers.0, answers.1) {
      #expect(a.input == b.input && a.answer == b.answer)
      #expect(abs(a.probabilities.reduce(0, +) - 1) < 1e-6)
      for (p, q) in zip(a.probabilities, b.probabilities) { #expect(abs(p - q) < 1e-6) }
    }
  }

  /// Data that number their names and scale their columns otherwise measure the same.
  @Test func otherNumberingsMeasureTheSame() throws {
    func samples(_ words: [String], _ classes: [String]) throws -> TaskSamples {
      let (input, target) = (
        ValueKind.symbols(Vocabulary(words)), ValueKind.label(Vocabulary(classes))
      )
      let pairs = [("x y", "a"), ("y y x", "b"), ("x", "a")]
      return TaskSamples(
        input: input, target: target,
        training: ArraySamples(
          try pairs.map {
            Sample(try input.value(reading: $0.0), try target.value(reading: $0.1))
          }))
    }
    let own = try samples(["x", "y"], ["a", "b"])
    let model = try saved(SequenceInterface(own))
    let first = try model.evaluation(on: own)
    let second = try model.evaluation(on: samples(["y", "z", "x"], ["c", "b", "a"]))
    #expect(first.loss == second.loss && first["accuracy"] == second["accuracy"])
    let kind = ValueKind.features([Column("x")])
    #expect(throws: InvalidSetting.self) {
      try model.evaluation(
        on: TaskSamples(input: kind, target: kind, training: ArraySamples([])))
    }
  }
}
