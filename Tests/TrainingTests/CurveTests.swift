import Cells
import Models
import TensorCore
import Testing

import Training

/// Forty steps of Adam, loss by loss, against PyTorch in double precision.
@Suite struct CurveTests {
  /// The tolerance in nats for rounding errors of float32 in forty steps.
  static let tolerance = 1e-3

  @Test(arguments: Curve.fixtures)
  func followsPyTorch(_ curve: Curve) throws { try follow(curve) }

  /// Three bf16 products replace a float32 product, on an emulated matrix unit.
  @Test(arguments: Curve.fixtures.indices)
  func followsPyTorchAtHighPrecision(_ index: Int) async {
    await #expect(processExitsWith: .success) { [index = index as Int] in
      MatrixUnit.emulate()
      try withPrecision(.high) { try CurveTests().follow(Curve.fixtures[index]) }
    }
  }

  @Test(
    .enabled(
      if: !Curve.reference.isEmpty, "the larger reference curves are not on this machine"),
    arguments: Curve.reference)
  func followsPyTorchOnLargerModels(_ curve: Curve) throws { try follow(curve) }

  @Test func allFixturesAreThere() { #expect(Curve.fixtures.count == 3) }

  private func follow(_ curve: Curve) throws {
    let (setting, weights, inputs, targets, losses) = try curve.load()
    let configuration = ModelConfiguration(
      cell: try CellRegistry.standard.cell(named: setting.kind.lowercased()),
      embeddingSize: setting.embedding, hiddenSize: setting.hidden, layers: setting.layers)
    var generator = Philox(seed: 0)
    var model = LanguageModel(
      configuration, vocabularySize: setting.vocabulary.count, using: &generator)
    try model.load(weights)
    var optimizer = Adam(learningRate: setting.lr)
    for (step, expected) in losses.enumerated() {
      let batch = step % inputs.count
      let (loss, gradients) = valueAndGradient(of: model) { model in
        let start = model.zeroState(batch: setting.batch)
        let shape = [setting.batch, setting.time]
        return crossEntropy(
          model(inputs[batch], shape: shape, from: start).logits, targets[batch])
      }
      optimizer.update(&model, with: gradients)
      #expect(
        abs(Double(loss.scalar) - expected) < Self.tolerance,
        "step \(step + 1): expected \(expected), found \(loss.scalar)")
    }
    #expect(losses.count == 40)
  }
}
