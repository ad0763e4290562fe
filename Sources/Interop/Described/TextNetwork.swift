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
  public func answer(to text: String) -> [String] { answers(to: [text])[0] }

  /// The answers to texts, those of one length together: on all threads, to the same bits as one by one.
  public func answers(to texts: [String]) -> [[String]] {
    let texts = texts.map { $0.unicodeScalars.map { String($0) } }
    let ids = texts.map { isAsked($0) ? input.ids($0) : [] }
    let byLength = Dictionary(grouping: texts.indices) { ids[$0].count }
    let batches = byLength.sorted { $0.key < $1.key }.flatMap { length, indices -> [[Int]] in
      if length < network.fewestSteps { return [] }
      let size = max(1, min(Self.mostTexts, Self.mostTokens / length))
      return stride(from: 0, to: indices.count, by: size).map {
        Array(indices[$0..<min(indices.count, $0 + size)])
      }
    }
    let found = ThreadTeam.map(batches) { batch in
      answers(batch.map { ids[$0] }, lengths: batch.map { texts[$0].count })
    }
    var results = [[String]](repeating: [], count: texts.count)
    for (batch, found) in zip(batches, found) {
      for (index, answer) in zip(batch, found) { results[index] = answer }
    }
    guard let readings else { return results }
    return zip(texts, results).map { characters, asked in
      characters.indices.map { place in
        let own = readings[ExactString(characters[place])] ?? []
        return own.count > 1 && place < asked.count ? asked[place] : own.first ?? characters[place]
      }
    }
  }

  /// The most texts, and about the most tokens, that go through the network together.
  private static let (mostTexts, mostTokens) = (64, 8192)

  /// Whether the network is needed: not where each character has one reading.
  private func isAsked(_ characters: [String]) -> Bool {
    guard let readings else { return true }
    return characters.contains { (readings[ExactString($0)]?.count ?? 0) > 1 }
  }

  /// The answers to texts that have equally many tokens.
  private func answers(_ ids: [[Int32]], lengths: [Int]) -> [[String]] {
    let (steps, batch) = (ids[0].count, ids.count)
    let tokens = (0..<steps).flatMap { step in ids.map { $0[step] } }
    let read = network(.tokens(tokens, shape: [steps, batch]))
    if network.hasDecoder, let first = output.begin, let end = output.end {
      let written = network.write(
        after: read, batch: batch, first: first, end: end, limit: output.limit)
      return written.map { $0.map { output.text(of: $0) } }
    }
    let last = network.last(of: read)
    let width = last.shape[last.rank - 1]
    let best = last.reshaped(to: [last.count / width, width]).argmax()
    guard last.rank == 3 else { return best.map { [output.text(of: $0)] } }
    let start = input.begin == nil ? 0 : 1
    return lengths.enumerated().map { text, length in
      (start..<start + length).map { output.text(of: best[$0 * batch + text]) }
    }
  }
}
