import Checkpoint
import FileCore
public import Models
import Requirements
import TensorCore

/// A described network that writes a text: each character from a window of the last ones, without a carried state.
///
/// ```swift
/// let network = try WritingNetwork(
///   NetworkDescription(path: "textgenrnn.json"), weights: ArrayFile(path: "textgenrnn.hdf5"))
/// for piece in network.text(after: "The ", sampler: .greedy).prefix(200) { print(piece, terminator: "") }
/// ```
///
/// The description's `input` says the window's length and how its characters become tokens: the mark `begin`, the prompt and what
/// was written, of which the last `window` tokens are read, filled in front with `padding`. The steps must be pooled; the last
/// layer has a logit for each token of `output`, or after a softmax its probability. Tokens without a text are not written.
public struct WritingNetwork: Sendable {
  private let network: DescribedNetwork
  private let input: TokenTable
  private let output: TokenTable
  private let window: Int
  private let padding: Int32

  /// The most tokens of a window.
  private static let longestWindow = 65_536

  /// Finds the weights of a description in a file, and its tables beside it.
  ///
  /// - Throws: `CheckpointError` if the description has no window or no `output`, if tables do not fit the weights, and what
  ///   ``DescribedNetwork/init(_:weights:)`` throws.
  public init(
    _ description: NetworkDescription, weights file: ArrayFile
  ) throws(CheckpointError) {
    guard let side = description.input, let window = side.window,
      (1...Self.longestWindow).contains(window)
    else {
      throw file.failure(
        "input", "expected a window from 1 to \(Self.longestWindow) in the description, found none")
    }
    guard let written = description.output else {
      throw file.failure("output", "expected tokens in the description, found none")
    }
    network = try DescribedNetwork(description, weights: file)
    guard let table = try TokenTable.checked(side, for: network, of: file),
      let rows = network.tokenCount
    else {
      throw file.failure("input", "expected a network that reads tokens, found one of numbers")
    }
    output = try TokenTable(written, in: TokenTable.folder(of: file))
    (input, self.window, padding) = (table, window, side.padding ?? 0)
    guard padding >= (network.readsOneHot ? -1 : 0), padding < rows else {
      throw file.failure(
        "input", "expected padding that is a token below \(rows), found \(padding)")
    }
    guard !network.hasDecoder, network.isPooled, window >= network.fewestSteps,
      let size = network.outputSize, output.count >= size
    else {
      throw file.failure(
        "output", "expected pooled steps and a linear layer of \(output.count) tokens at the end")
    }
  }

  /// The text after a prompt, which is not repeated.
  ///
  /// - Precondition: the sampler passes `Sampler.validate()`.
  public func text(after prompt: String, sampler: Sampler, seed: UInt64 = 0) -> Text {
    let tokens = input.ids(prompt.unicodeScalars.map { String($0) })
    return Text(self, filled(tokens), sampler, seed)
  }

  /// A text in the making, token by token; it ends where the network writes the mark `end`. The same seed gives the same text.
  public struct Text: Sequence, IteratorProtocol, Sendable {
    private let network: WritingNetwork
    private let sampler: Sampler
    private var window: [Int32]
    private var generator: Philox

    fileprivate init(
      _ network: WritingNetwork, _ window: [Int32], _ sampler: Sampler, _ seed: UInt64
    ) {
      (self.network, self.window, self.sampler) = (network, window, sampler)
      generator = Philox(seed: seed)
    }

    /// The text of the next token; nil at the end.
    public mutating func next() -> String? {
      let token = sampler.token(from: network.logits(after: window), using: &generator)
      guard token != network.output.end, let text = network.output.knownText(of: token) else {
        return nil
      }
      window = network.filled(window + [token])
      return text
    }
  }

  /// The last tokens, with padding in front.
  private func filled(_ tokens: [Int32]) -> [Int32] {
    [Int32](repeating: padding, count: max(0, window - tokens.count)) + tokens.suffix(window)
  }

  /// A logit for each token; those without a text are never sampled.
  private func logits(after window: [Int32]) -> [Float] {
    let last = network.last(of: network(.tokens(window, shape: [window.count, 1])))
    let logits = (network.endsWithSoftmax ? log(last) : last).scalars
    return logits.enumerated().map { token, logit in
      Int32(token) == output.end || output.knownText(of: Int32(token)) != nil ? logit : -.infinity
    }
  }
}
