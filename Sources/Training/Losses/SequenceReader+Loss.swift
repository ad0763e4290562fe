import Datasets
import Models
import Requirements
import TensorCore

extension SequenceReader {
  /// The mean loss of outputs for the targets of a batch, over `SampleBatch.countedTargets`, as the model's head has it.
  ///
  /// | head | loss of a target |
  /// |---|---|
  /// | plain | cross-entropy of a class, squared error of a number |
  /// | random field | `-log p(tags)` of a sequence, for each of its tags |
  /// | blank | `-log p(labels)` of a sequence, for each label and the end |
  /// | quantiles, likelihood | the head's own |
  func loss(
    of outputs: Tensor, for batch: SampleBatch, labelSmoothing: Double = 0
  ) -> Tensor {
    let target = batch.target
    switch (reading, target) {
    case (.chain(let field), .tokens(let padded)):
      let counted = target.countedTargets
      guard counted > 0 else { return target.loss(of: outputs) }
      let loss = field.loss(outputs, padded.rows, lengths: padded.lengths)
      return loss * (Float(padded.batchSize) / Float(counted))
    case (.alignment(let blank), .tokens(let padded)):
      let (labels, lengths) = (padded.known, batch.input.lengths ?? [])
      let fitting = zip(labels, lengths).count { CTC.fits($0, frames: $1) }
      let counted = batch.countedLabels
      let loss = CTC.loss(outputs, labels, lengths: lengths, blank: blank)
      return loss * (Float(fitting) / Float(max(1, counted)))
    case (.numbers(let head), .features(let padded)): return head.loss(outputs, padded.values)
    case (.numbers(let head), .vectors(let values, _)): return head.loss(outputs, values)
    default: return target.loss(of: outputs, labelSmoothing: labelSmoothing)
    }
  }
}

extension SequenceInterface {
  /// The number of targets of a batch over which a model's loss is the mean: those that are not ignored; with the end of
  /// each sample where the model chooses the length.
  func countedTargets(of batch: SampleBatch) -> Int {
    if writes {
      return batch.target.decoderTokens(tokenCount: target.size).targets.count { $0 >= 0 }
    }
    return shape == .manyToManyOrdered ? batch.countedLabels : batch.target.countedTargets
  }
}

extension SampleBatch {
  /// The labels of the samples whose labels fit their steps, and an end each.
  fileprivate var countedLabels: Int {
    guard case .tokens(let padded) = target else { return 0 }
    return zip(padded.known, input.lengths ?? []).reduce(0) { sum, sample in
      CTC.fits(sample.0, frames: sample.1) ? sum + sample.0.count + 1 : sum
    }
  }
}

extension PaddedTokens {
  /// The tokens of each sample.
  fileprivate var rows: [[Int32]] {
    lengths.enumerated().map { row, length in
      (0..<length).map { ids[$0 * batchSize + row] }
    }
  }

  /// The same without those that are ignored.
  fileprivate var known: [[Int32]] { rows.map { $0.filter { $0 >= 0 } } }
}
