import Datasets
import Foundation
import TensorCore
import Training

/// Trains both models on the same batches, from the same weights, and compares their losses:
/// `StudyNote [CORPUS]`, where CORPUS is `timemachine:FILE`, a text file, or by default the
/// book's opening.
@main
struct StudyNote {
  /// The allowed relative difference of the losses. The two models add the same float32 numbers in different orders,
  /// and training amplifies the difference with every step.
  static let tolerance: Float = 1e-4

  static func main() {
    do {
      try run()
    } catch {
      FileHandle.standardError.write(Data("\(error)\n".utf8))
      exit(1)
    }
  }

  private static func run() throws {
    var corpora = CorpusRegistry.standard
    corpora.register("opening", summary: "the book's opening") { _ in Opening() }
    let choice = CommandLine.arguments.dropFirst().first ?? "opening"
    let corpus = try TokenizedCorpus(corpora.corpus(choice))
    let characters = Array(corpus.training.prefix(10_000))
    let windows = Windows(.random, batchSize: 32, sequenceLength: 35)

    var generator = Philox(seed: 1)
    var layer = LayerModel(vocabularySize: corpus.tokenizer.vocabulary.count, using: &generator)
    var loop = try LoopModel(layer, using: &generator)
    var layerOptimizer = Adam(learningRate: 0.05)
    var loopOptimizer = Adam(learningRate: 0.05)

    for number in 0..<5 {
      var sums = (layer: Float(0), loop: Float(0))
      let epoch = try WindowEpoch(characters, windows: windows, seed: 1, number: number)
      for batch in epoch {
        let shape = [batch.batchSize, batch.sequenceLength]
        let (first, layerGradients) = valueAndGradient(of: layer) { model in
          crossEntropy(model(batch.inputs, shape: shape), batch.targets)
        }
        layerOptimizer.update(&layer, with: layerGradients)

        let (second, loopGradients) = valueAndGradient(of: loop) { model in
          crossEntropy(model(batch.inputs, shape: shape), batch.targets)
        }
        loopOptimizer.update(&loop, with: loopGradients)

        guard abs(first.scalar - second.scalar) <= tolerance * first.scalar else {
          throw Disagreement(layer: first.scalar, loop: second.scalar)
        }
        sums.layer += first.scalar
        sums.loop += second.scalar
      }
      let count = Float(epoch.count)
      print("epoch \(number + 1): layer \(sums.layer / count), own loop \(sums.loop / count)")
    }
  }
}

/// The error if the two models' losses differ.
struct Disagreement: Error {
  var layer: Float
  var loop: Float
}
