import Datasets
import TensorCore

/// Right answers side by side, as a model that writes learns from them: what it is fed at each step, and what
/// it should say there, one step longer than the longest answer.
///
/// With V tokens, number V is fed first and is to be said at the end.
public struct DecoderTokens: Sendable, Hashable {
  /// What is fed, `[T + 1, B]`: the beginning, then the answer.
  public private(set) var inputs: [Int32]
  /// What should be said, `[T + 1, B]`: the answer, then the end; ``SampleValue/ignored`` past it.
  public let targets: [Int32]
  /// The number of steps of each sample, its tokens and the end, `[B]`.
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

  /// Feeds what the model itself said one step before, `[T + 1, B]`, wherever chance does not choose the right
  /// token.
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
