import Datasets
import ModelFixtures
import Training

extension ModelCase {
  /// The task whose only samples are the recorded ones.
  func task(_ numbers: ModelNumbers) throws -> SequenceTask {
    let samples = try numbers.samples(of: self)
    let configuration = SequenceTask.Configuration(dataset: name, model: try configuration())
    return try SequenceTask(
      configuration,
      samples: TaskSamples(
        input: interface.input, target: interface.target, alignment: interface.alignment,
        training: ArraySamples(samples), validation: ArraySamples(samples)))
  }
}
