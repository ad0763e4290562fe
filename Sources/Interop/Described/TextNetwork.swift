import Checkpoint
import FileCore
import TensorCore

/// A described network between texts: letters to phonemes, characters to readings.
///
/// ```swift
/// let network = try TextNetwork(
///   NetworkDescription(path: "g2p-en.json"), weights: ArrayFile(path: "g2p-en.npz"))
/// network.answer(to: "grapheme")   // ["G", "R", "AE1", "F", "IY0", "M"]
/// ```
///
/// The description's `input` says how the characters of a text become tokens, its `output` how tokens become texts. With a
/// decoder the answer is written token by token; else each character has the likeliest token of the last layer at its place, or
/// the whole text has one where the steps are pooled.
public struct TextNetwork: Sendable {
  private let network: DescribedNetwork
  private let input: TokenTable
  private let output: TokenTable
  /// The possible answers of each character.
  private let readings: [ExactString: [String]]?

  /// Finds the weights of a description in a file, and its tables beside it.
  ///
  /// - Throws: `CheckpointError` if the description has no `input` or `output`, if tables are missing or do not fit the weights, and
  ///   what ``DescribedNetwork/init(_:weights:)`` throws.
  public init(
    _ description: NetworkDescription, weights file: ArrayFile
  ) throws(CheckpointError) {
    func failure(_ place: String, _ reason: String) -> CheckpointError {
      CheckpointError(file: file.path, format: "network", place: place, reason: reason)
    }
    guard let input = description.input, let output = description.output else {
      throw failure(
        description.input == nil ? "input" : "output",
        "expected tokens in the description, found none")
    }
    network = try DescribedNetwork(description, weights: file)
    guard let table = try TokenTable.checked(input, for: network, of: file) else {
      throw failure("input", "expected a network that reads tokens, found one that reads numbers")
    }
    self.input = table
    let folder = TokenTable.folder(of: file)
    self.output = try TokenTable(output, in: folder)
    readings = try output.readings.map { (name) throws(CheckpointError) in
      try TokenTable.readings(TokenTable.path(name, in: folder))
    }
    guard let size = network.outputSize, self.output.count >= size else {
      throw failure(
        "output",
        "expected \(network.outputSize ?? 0) tokens, one a unit of the last layer, found "
          + "\(self.output.count)")
    }
    guard network.hasDecoder else {
      guard input.unknown != nil else {
        throw failure("input", "expected an unknown token, so that each character has a place")
      }
      return
    }
    guard let rows = network.decoderTokenCount, size <= rows, let first = self.output.begin,
      (0..<Int32(rows)).contains(first), self.output.end != nil
    else {
      throw failure("output", "expected a begin and an end among the decoder's tokens")
    }
  }

  /// The answer to a text: the tokens that are written, or one for each character.
  public func answer(to text: String) -> [String] {
    let characters = text.unicodeScalars.map { String($0) }
    if let readings {
      let isSure = !characters.contains { (readings[ExactString($0)]?.count ?? 0) > 1 }
      let asked = isSure ? [] : answers(characters)
      return characters.indices.map { place in
        let own = readings[ExactString(characters[place])] ?? []
        return own.count > 1 ? asked[place] : own.first ?? characters[place]
      }
    }
    return answers(characters)
  }

  private func answers(_ characters: [String]) -> [String] {
    let ids = input.ids(characters)
    guard ids.count >= network.fewestSteps else { return [] }
    let read = network(.tokens(ids, shape: [ids.count, 1]))
    if network.hasDecoder, let first = output.begin, let end = output.end {
      let written = network.write(after: read, first: first, end: end, limit: output.limit)
      return written.tokens.map { output.text(of: $0) }
    }
    let last = network.last(of: read)
    guard last.rank == 3 else { return last.argmax().map { output.text(of: $0) } }
    let start = input.begin == nil ? 0 : 1
    let best = last.reshaped(to: [last.shape[0], last.shape[2]]).argmax()
    return best[start..<start + characters.count].map { output.text(of: $0) }
  }
}
