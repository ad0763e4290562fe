import Cells
import Models
import TensorCore
import Testing
import Training

/// Threads do not change results: neither those that share a step's work, nor those that train separate models.
@Suite struct ThreadTests {
  /// A character model and some training steps.
  private struct Course: Sendable {
    var cell: String
    var seed: UInt64
    var precision = Precision.highest

    /// The losses and the weights at the end.
    func run(steps: Int = 6) throws -> [Tensor] {
      let configuration = ModelConfiguration(
        cell: try CellRegistry.standard.cell(named: cell), embeddingSize: 32, hiddenSize: 64,
        layers: 2)
      var generator = Philox(seed: seed)
      var model = LanguageModel(configuration, vocabularySize: 40, using: &generator)
      var optimizer = Adam(learningRate: 0.01)
      var results: [Tensor] = []
      for _ in 0..<steps {
        let tokens = (0..<2 * 16 * 12).map { _ in Int32.random(in: 0..<40, using: &generator) }
        let (loss, gradients) = withPrecision(precision) {
          valueAndGradient(of: model) { model in
            let start = model.zeroState(batch: 16)
            return crossEntropy(
              model(Array(tokens[..<192]), shape: [16, 12], from: start).logits,
              Array(tokens[192...]))
          }
        }
        optimizer.update(&model, with: gradients)
        results.append(loss)
      }
      return results + model.parameters.map(\.value)
    }
  }

  private static let courses = [
    Course(cell: "lstm", seed: 1), Course(cell: "gru", seed: 2), Course(cell: "mgu", seed: 3),
    Course(cell: "slstm", seed: 4), Course(cell: "lstm", seed: 5, precision: .high),
  ]

  private static func bits(_ tensors: [Tensor]) -> [[UInt32]] {
    tensors.map { $0.scalars.map(\.bitPattern) }
  }

  @Test(arguments: courses.indices)
  func trainingGivesTheSameBitsOnAnyNumberOfThreads(_ index: Int) async {
    await #expect(processExitsWith: .success) { [index = index as Int] in
      MatrixUnit.emulate()
      ThreadTeam.count = 1
      let expected = ThreadTests.bits(try ThreadTests.courses[index].run())
      for threads in [2, 3] {
        ThreadTeam.count = threads
        #expect(
          ThreadTests.bits(try ThreadTests.courses[index].run()) == expected, "\(threads) threads")
      }
    }
  }

  @Test func modelsThatTrainAtOnceLearnAsTheyDoAlone() async {
    await #expect(processExitsWith: .success) {
      MatrixUnit.emulate()
      let alone = try ThreadTests.courses.map { ThreadTests.bits(try $0.run()) }
      for _ in 0..<2 {
        try await withThrowingTaskGroup(of: (Int, [[UInt32]]).self) { group in
          for (index, course) in ThreadTests.courses.enumerated() {
            group.addTask { (index, ThreadTests.bits(try course.run())) }
          }
          for try await (index, found) in group {
            #expect(found == alone[index], "model \(index)")
          }
        }
      }
    }
  }
}
