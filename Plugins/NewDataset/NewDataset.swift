import Foundation
import PackagePlugin

/// `swift package new-dataset Signs` writes a template of a dataset, and its tests.
@main
struct NewDataset: CommandPlugin {
  func performCommand(context: PluginContext, arguments: [String]) throws {
    let skeleton = try Skeleton(
      verb: "new-dataset", library: "Datasets", in: context.package, arguments: arguments)
    try skeleton.write(code: code(skeleton.name), tests: tests(skeleton))
  }

  private func code(_ name: String) -> String {
    """
    import Datasets

    /// Short sequences of numbers, and whether their sum is negative or positive. Put your own samples here.
    struct \(name): Dataset {
      let name = "\(name.lowercased())"

      func read() throws -> TaskSamples {
        let sequences: [[Float]] = [[1, -3, 1], [2, 2], [-1, -1, -1, 2], [-2, 3]]
        let samples = sequences.map { values in
          Sample(
            .features(FeatureSequence(values, width: 1)),
            .label(values.reduce(0, +) < 0 ? 0 : 1))
        }
        return TaskSamples(
          input: .features([Column("number")]),
          target: .label(Vocabulary(["negative", "positive"])),
          training: ArraySamples(samples))
      }
    }

    """
  }

  private func tests(_ skeleton: Skeleton) -> String {
    """
    import Datasets
    import Testing

    @testable import \(skeleton.module)

    struct \(skeleton.name)Tests {
      /// Every sample is what the dataset says that its samples are.
      @Test func samplesAreOfTheirKinds() throws {
        let task = try \(skeleton.name)().read()
        var place = SamplePlace()
        var count = 0
        while case let samples = try task.training.samples(from: &place, limit: 100),
          !samples.isEmpty
        {
          for sample in samples {
            try task.check(sample, index: count)
            count += 1
          }
        }
        #expect(count > 0)
        #expect(task.training.count == nil || task.training.count == count)
      }

      @Test func isFoundByItsName() throws {
        var datasets = DatasetRegistry.standard
        let dataset = \(skeleton.name)()
        datasets.register(dataset.name, summary: "what it is") { _ in dataset }
        #expect(try datasets.dataset(dataset.name) is \(skeleton.name))
      }
    }

    """
  }
}
