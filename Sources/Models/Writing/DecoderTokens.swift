import Datasets
import TensorCore

/// A batch of target answers for teacher forcing: the decoder's input and target at each step, one step longer than
/// the longest answer.
///
/// Token V is the first input (start) and the last target (end).
public struct DecoderTokens: Sendable, Hashable {
  /// The decoder's inputs, `[T + 1, B]`: the start token, then the answer.
  public private(set) var inputs: [Int32]
  /// The targets, `[T + 1, B]`: the answer, then the end token; `SampleValue.ignored` past it.
  public let targets: [Int32]
  /// The number of steps of each sample, its tokens and the end token, `[B]`.
  public let lengths: [Int]
  /// B.
  public let batch: Int
  /// T + 1.
  public let steps: Int

  /// Padded answers of tokens below `tokenCount`.
  public init(_ answers: PaddedTokens, tokenCount: Int) {
    batch = answers.batchSize
    steps = answers.stepCount + 1
    lengths = answers.lengths.map { $0 + 1 }
    let mark = Int32(tokenCount)
    let body = answers.ids.map { max(0, $0) }
    inputs = Array(repeating: mark, count: batch) + body
    var targets = answers.ids + Array(repeating: SampleValue.ignored, count: batch)
    for (row, length) in answers.lengths.enumerated() { targets[length * batch + row] = mark }
    self.targets = targets
  }

  /// Replaces inputs by the model's own predictions `[T + 1, B]` of the previous step; each input is kept with
  /// probability `share`.
  func mixed(
    with own: [Int32], share: Double, using generator: inout some RandomNumberGenerator
  ) -> DecoderTokens {
    var result = self
    for index in batch..<inputs.count {
      let isRight = Double(generator.next() >> 11) * 0x1p-53 < share
      if !isRight { result.inputs[index] = own[index - batch] }
    }
    return result
  }
}
