import Checkpoint
import FileCore
public import Models
public import TensorCore

/// A described network whose answers are numbers: a voice as a vector, a word as a vector, activations of each step.
///
/// ```swift
/// let voice = try VectorNetwork(
///   NetworkDescription(path: "resemblyzer.json"), weights: ArrayFile(path: "pretrained.pt"))
/// let vector = try voice.numbers(for: mel)   // [T, 40] to [256]
/// ```
public struct VectorNetwork: Sendable {
  private let network: DescribedNetwork
  private let input: TokenTable?

  /// Finds the weights of a description in a file, and the tokens of its `input` beside it, if it has some.
  ///
  /// - Throws: `CheckpointError` if tokens are missing or do not fit the weights, and what
  ///   ``DescribedNetwork/init(_:weights:)`` throws.
  public init(
    _ description: NetworkDescription, weights file: ArrayFile
  ) throws(CheckpointError) {
    network = try DescribedNetwork(description, weights: file)
    // Without tokens of texts it reads their numbers.
    input =
      description.input == nil
      ? nil : try TokenTable.checked(description.input, for: network, of: file)
    guard !network.hasDecoder else {
      throw file.failure("decoder", "expected numbers as answers, found a network that writes")
    }
  }

  /// What the last layer gives for a text, `[T, N]`, or `[N]` where the steps are pooled.
  ///
  /// - Throws: `UnreadableInput` for a network that reads numbers, and for a text without tokens.
  public func numbers(for text: String) throws(UnreadableInput) -> Tensor {
    guard let input else {
      throw UnreadableInput(expected: "numbers", found: "a text")
    }
    let ids = input.ids(text.unicodeScalars.map { String($0) })
    guard ids.count >= network.fewestSteps else {
      throw UnreadableInput(
        expected: "a text of \(network.fewestSteps) known characters or more", found: "\(ids.count)"
      )
    }
    return answer(.tokens(ids, shape: [ids.count, 1]))
  }

  /// What the last layer gives for vectors `[T, I]`, or for the numbers of tokens, `[T]`: `[T, N]`, or `[N]` where the steps are
  /// pooled.
  ///
  /// - Throws: `UnreadableInput` for another shape, and for numbers that are no tokens.
  public func numbers(for steps: Tensor) throws(UnreadableInput) -> Tensor {
    if let count = network.tokenCount { return answer(try tokens(steps, below: count)) }
    let size = network.inputSize
    guard steps.rank == 2, steps.count > 0, steps.shape[0] >= network.fewestSteps,
      size == nil || steps.shape[1] == size
    else {
      throw UnreadableInput(
        expected:
          "\(network.fewestSteps) steps or more of \(size.map { "\($0)" } ?? "some") numbers",
        found: "shape \(steps.shape)")
    }
    return answer(.vectors(steps.reshaped(to: [steps.shape[0], 1, steps.shape[1]])))
  }

  /// The tokens of an array of their numbers.
  private func tokens(
    _ numbers: Tensor, below count: Int
  ) throws(UnreadableInput) -> DescribedNetwork.Input {
    guard numbers.rank == 1, numbers.count >= network.fewestSteps else {
      throw UnreadableInput(
        expected: "the numbers of \(network.fewestSteps) tokens or more, one a step",
        found: "shape \(numbers.shape)")
    }
    let lowest: Float = network.readsOneHot ? -1 : 0
    let ids = numbers.scalars
    if let other = ids.first(where: { !($0 >= lowest && $0 < Float(count)) || $0 != $0.rounded() })
    {
      throw UnreadableInput(expected: "tokens from 0 to \(count - 1)", found: "\(other)")
    }
    return .tokens(ids.map { Int32($0) }, shape: [ids.count, 1])
  }

  private func answer(_ input: DescribedNetwork.Input) -> Tensor {
    let last = network.last(of: network(input))
    return last.reshaped(
      to: last.rank == 3 ? [last.shape[0], last.shape[2]] : [last.shape[last.rank - 1]])
  }
}
