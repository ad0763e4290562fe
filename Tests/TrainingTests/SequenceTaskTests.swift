import Datasets
import ModelFixtures
import Models
import TensorCore
import Testing
import Training

/// Losses and gradients of models of all shapes equal PyTorch's.
@Suite struct SequenceTaskTests {
  /// Float32 against double precision, for gradients of size up to 1.
  static let tolerance: Float = 2e-5

  @Test(arguments: ModelCase.all)
  func lossAndGradientsArePyTorchs(_ model: ModelCase) throws {
    let numbers = try ModelNumbers()
    let task = try model.task(numbers)
    let batch = SampleBatch(padding: try numbers.samples(of: model))
    var generator = Philox(seed: 1)
    var network = task.makeModel(using: &generator)
    try network.load(numbers.tensors(model, "parameters"))
    var dropoutGenerator = Philox(seed: 1)
    let (loss, gradients) = valueAndGradient(of: network) { network in
      task.loss(
        of: network, on: batch, from: nil, at: .init(step: 0, totalSteps: nil),
        using: &dropoutGenerator
      ).loss
    }
    #expect(abs(loss.scalar - (try numbers.loss(model))) < Self.tolerance)
    for (name, expected) in numbers.tensors(model, "gradients") {
      let found = try #require(gradients[name])
      for (index, (a, b)) in zip(found.scalars, expected.scalars).enumerated() {
        #expect(abs(a - b) < Self.tolerance, "\(name)[\(index)]: expected \(b), found \(a)")
      }
    }
    // Evaluation without dropout gives the same loss.
    let measured = try #require(try task.evaluate(network))
    #expect(abs(Float(measured.loss) - loss.scalar) < 1e-6)
  }
}
