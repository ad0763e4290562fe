import Checkpoint
import FileCore
import TensorCore

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

  /// Why an input is none of a network's.
  public struct UnsuitableInput: Error, Hashable, CustomStringConvertible {
    /// What the network reads.
    public let expected: String
    /// What was given.
    public let found: String

    package init(expected: String, found: String) {
      (self.expected, self.found) = (expected, found)
    }

    /// One line with both.
    public var description: String { "expected \(expected), found \(found)" }
  }

  /// Finds the weights of a description in a file, and the tokens of its `input` beside it.
  ///
  /// - Throws: `CheckpointError` if tokens are missing or do not fit the weights, and what
  ///   ``DescribedNetwork/init(_:weights:)`` throws.
  public init(
    _ description: NetworkDescription, weights file: ArrayFile
  ) throws(CheckpointError) {
    network = try DescribedNetwork(description, weights: file)
    input = try TokenTable.checked(description.input, for: network, of: file)
    guard !network.hasDecoder else {
      throw file.failure("decoder", "expected numbers as answers, found a network that writes")
    }
  }

  /// What the last layer gives for a text, `[T, N]`, or `[N]` where the steps are pooled.
  ///
  /// - Throws: ``UnsuitableInput`` for a network that reads numbers, and for a text without tokens.
  public func numbers(for text: String) throws(UnsuitableInput) -> Tensor {
    guard let input else {
      throw UnsuitableInput(expected: "numbers", found: "a text")
    }
    let ids = input.ids(text.unicodeScalars.map { String($0) })
    guard ids.count >= network.fewestSteps else {
      throw UnsuitableInput(
        expected: "a text of \(network.fewestSteps) known characters or more", found: "\(ids.count)"
      )
    }
    return answer(.tokens(ids, shape: [ids.count, 1]))
  }

  /// What the last layer gives for vectors `[T, I]`: `[T, N]`, or `[N]` where the steps are pooled.
  ///
  /// - Throws: ``UnsuitableInput`` for another shape, and for a network that reads tokens.
  public func numbers(for steps: Tensor) throws(UnsuitableInput) -> Tensor {
    guard network.tokenCount == nil else {
      throw UnsuitableInput(expected: "tokens", found: "numbers")
    }
    let size = network.inputSize
    guard steps.rank == 2, steps.count > 0, steps.shape[0] >= network.fewestSteps,
      size == nil || steps.shape[1] == size
    else {
      throw UnsuitableInput(
        expected:
          "\(network.fewestSteps) steps or more of \(size.map { "\($0)" } ?? "some") numbers",
        found: "shape \(steps.shape)")
    }
    return answer(.vectors(steps.reshaped(to: [steps.shape[0], 1, steps.shape[1]])))
  }

  private func answer(_ input: DescribedNetwork.Input) -> Tensor {
    let last = network.last(of: network(input))
    return last.reshaped(
      to: last.rank == 3 ? [last.shape[0], last.shape[2]] : [last.shape[last.rank - 1]])
  }
}
