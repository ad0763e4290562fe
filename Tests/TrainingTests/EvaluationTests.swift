import Cells
import Datasets
import Models
import TensorCore
import Testing
import Training

/// Test sets are evaluated with a model's own IDs and scales.
@Suite struct EvaluationTests {
  /// Data with other IDs and scales give the same metrics.
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
    let interface = SequenceInterface(own)
    var generator = Philox(seed: 3)
    var configuration = ModelConfiguration(cell: try CellRegistry.standard.cell(named: "gru"))
    (configuration.hiddenSize, configuration.embeddingSize) = (6, 4)
    let model = SavedSequenceModel(
      SequenceNetwork(configuration, interface, using: &generator), interface)
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
