import Cells
import Checkpoint
import Datasets
import ModelFixtures
import Models
import TensorCore
import Testing
import Training

/// Some batches that are accumulated for a step give what one batch of all their samples gives.
@Suite struct AccumulationTests {
  /// Float32 weights of size 1 after some steps of gradient descent, which other orders of summation round otherwise.
  static let tolerance: Float = 2e-5

  /// 22 samples, so that the last step has batches of four and of two; lengths from 1 to 7; some targets are ignored.
  private static func samples(_ interface: SequenceInterface) -> [Sample] {
    var generator = Philox(seed: 11)
    func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &generator) }
    func value(_ kind: ValueKind, _ steps: Int, isTarget: Bool) -> SampleValue {
      func id() -> Int32 { Int32(below(kind.size)) }
      func number() -> Float { Float(below(2001)) / 1000 - 1 }
      func isIgnored() -> Bool { isTarget && below(5) == 0 }
      switch kind {
      case .label: return .label(id())
      case .vector: return .vector((0..<kind.size).map { _ in isIgnored() ? .nan : number() })
      case .features:
        let numbers = (0..<steps * kind.size).map { _ in isIgnored() ? .nan : number() }
        return .features(FeatureSequence(numbers, width: kind.size))
      case .text, .symbols:
        let ignores = interface.shape == .manyToManyInStep
        return .tokens(
          (0..<steps).map { _ in ignores && isIgnored() ? SampleValue.ignored : id() })
      }
    }
    return (0..<22).map { index in
      let (steps, others) = (1 + index * 5 % 7, 1 + index * 3 % 5)
      let input = value(interface.input, steps, isTarget: false)
      let answers = interface.shape == .manyToManyInStep ? steps : others
      return Sample(input, value(interface.target, answers, isTarget: true))
    }
  }

  private static func trained(
    _ model: ModelCase, batch: Int, accumulation: Int
  ) throws -> (weights: [Float], steps: Int) {
    var configuration = SequenceTask.Configuration(
      dataset: model.name, model: try model.configuration())
    configuration.batchSize = batch
    let interface = model.interface
    let task = try SequenceTask(
      configuration,
      samples: TaskSamples(
        input: interface.input, target: interface.target, alignment: interface.alignment,
        training: ArraySamples(samples(interface))))
    var trainer = try Trainer(task, settings(accumulation))
    try trainer.run { _ in }
    return (trainer.model.parameters.flatMap(\.value.scalars), trainer.steps)
  }

  private static func settings(_ accumulation: Int) -> TrainingSettings {
    var settings = TrainingSettings()
    settings.optimizer = .sgd()
    settings.learningRate = 0.2
    settings.clip = nil
    settings.labelSmoothing = 0.1
    settings.epochs = 2
    settings.accumulation = accumulation
    return settings
  }

  @Test(arguments: ModelCase.all)
  func batchesOfUnequalLengthsAreOneLargeBatch(_ model: ModelCase) throws {
    let parts = try Self.trained(model, batch: 4, accumulation: 2)
    let whole = try Self.trained(model, batch: 8, accumulation: 1)
    #expect(parts.steps == 6 && whole.steps == 6)
    for (index, (a, b)) in zip(parts.weights, whole.weights).enumerated() {
      #expect(abs(a - b) < Self.tolerance, "weight \(index): expected \(b), found \(a)")
    }
  }

  @Test func windowsOfATextAreOneLargeBatch() throws {
    func weights(batch: Int, accumulation: Int) throws -> [Float] {
      var model = ModelConfiguration(cell: try CellRegistry.standard.cell(named: "lstm"))
      (model.hiddenSize, model.embeddingSize) = (6, 4)
      let configuration = LanguageModelTask.Configuration(
        dataset: "tales", model: model,
        windows: Windows(.random, batchSize: batch, sequenceLength: 5, offset: 0),
        carriesState: false)
      // 20 windows of 5 characters.
      let corpus = try TokenizedCorpus(Text(), validationFraction: 0)
      let task = try LanguageModelTask(configuration, corpus)
      var trainer = try Trainer(task, Self.settings(accumulation))
      try trainer.run { _ in }
      #expect(trainer.steps == 10)
      return trainer.model.parameters.flatMap(\.value.scalars)
    }
    let parts = try weights(batch: 2, accumulation: 2)
    for (a, b) in zip(parts, try weights(batch: 4, accumulation: 1)) {
      #expect(abs(a - b) < Self.tolerance)
    }
  }

  /// 101 characters.
  private struct Text: Corpus {
    let name = "text"
    func read() -> CorpusText {
      CorpusText(
        (0..<101).map { "\("abcdefg".utf8.map(UnicodeScalar.init)[$0 * $0 % 7])" }.joined())
    }
  }
}
