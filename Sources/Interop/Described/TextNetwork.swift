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
    let folder = String(file.path.dropLast(Folder.name(of: file.path).count))
    self.input = try TokenTable(input, in: folder)
    self.output = try TokenTable(output, in: folder)
    readings = try output.readings.map { (name) throws(CheckpointError) in
      try TokenTable.readings(name.hasPrefix("/") ? name : folder + name)
    }
    guard let rows = network.tokenCount, self.input.largest < rows else {
      throw failure(
        "input", "expected tokens below \(network.tokenCount ?? 0), found \(self.input.largest)")
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
    guard !ids.isEmpty else { return [] }
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

/// The tokens of a side: texts and their numbers.
private struct TokenTable: Sendable {
  private let ids: [ExactString: Int32]
  private let texts: [Int32: String]
  private let unknown: Int32?
  let begin: Int32?
  let end: Int32?
  let limit: Int
  /// The largest number that ``ids(_:)`` gives.
  let largest: Int
  /// The number after the largest of a text.
  let count: Int

  init(_ side: NetworkDescription.Tokens, in folder: String) throws(CheckpointError) {
    let pairs: [(String, Int32)]
    let place: String
    switch side.tokens {
    case .each(let texts):
      (pairs, place) = (texts.enumerated().map { ($1, Int32($0)) }, "description")
    case .common(let name):
      place = name.hasPrefix("/") ? name : folder + name
      pairs = try Self.pairs(place)
    }
    func failure(_ reason: String) -> CheckpointError {
      CheckpointError(file: place, format: "tokens", place: "", reason: reason)
    }
    guard let most = pairs.map(\.1).max(), pairs.allSatisfy({ $0.1 >= 0 }) else {
      throw failure("expected tokens with numbers from 0, found \(pairs.first?.0 ?? "none")")
    }
    let marks = [side.unknown, side.begin, side.end].compactMap { $0 }
    guard marks.allSatisfy({ $0 >= 0 }), side.limit.map({ (1...1_000_000).contains($0) }) ?? true
    else { throw failure("expected marks of 0 or more and a limit from 1 to 1000000") }
    ids = Dictionary(pairs.map { (ExactString($0), $1) }) { first, _ in first }
    texts = Dictionary(pairs.map { ($1, $0) }) { first, _ in first }
    (unknown, begin, end) = (side.unknown, side.begin, side.end)
    limit = side.limit ?? 200
    largest = Int(max(most, marks.max() ?? 0))
    count = Int(most) + 1
  }

  /// The numbers of characters, with the marks around them; those that are not in the table are unknown, or left out.
  func ids(_ characters: [String]) -> [Int32] {
    let own = characters.compactMap { ids[ExactString($0)] ?? unknown }
    return (begin.map { [$0] } ?? []) + own + (end.map { [$0] } ?? [])
  }

  func text(of id: Int32) -> String { texts[id] ?? "<\(id)>" }

  /// The texts of a file with their numbers: JSON, a pickle, or a text a line.
  private static func pairs(_ path: String) throws(CheckpointError) -> [(String, Int32)] {
    guard path.hasSuffix(".json") || path.hasSuffix(".pkl") else {
      let lines = try smallText(path).split(separator: "\n", omittingEmptySubsequences: false)
      let texts = lines.last?.isEmpty == true ? lines.dropLast() : lines[...]
      return texts.enumerated().map { (String($1), Int32($0)) }
    }
    var pairs: [(String, Int32)] = []
    switch try value(path) {
    case .array(let elements):
      for (index, element) in elements.enumerated() {
        guard case .string(let text) = element else { throw misfit(path, "texts", element) }
        pairs.append((text, Int32(index)))
      }
    case .object(let members):
      for (text, element) in members {
        guard case .number(let digits) = element, let id = Int32(digits) else {
          throw misfit(path, "a number for each text", element)
        }
        pairs.append((text.string, id))
      }
    case let other: throw misfit(path, "an array or an object", other)
    }
    return pairs
  }

  /// The possible answers of characters, in a file of JSON or a pickle.
  static func readings(_ path: String) throws(CheckpointError) -> [ExactString: [String]] {
    guard case .object(let members) = try value(path) else {
      throw misfit(path, "an object of arrays", .null)
    }
    var readings: [ExactString: [String]] = [:]
    for (character, element) in members {
      guard case .array(let texts) = element else {
        throw misfit(path, "an array for each character", element)
      }
      readings[character] = texts.compactMap { text in
        if case .string(let text) = text { text } else { nil }
      }
    }
    return readings
  }

  private static func value(_ path: String) throws(CheckpointError) -> JSONValue {
    if path.hasSuffix(".pkl") { return try PickleFile(path: path).content }
    let text = try smallText(path)
    do throws(JSONError) {
      return try JSONValue(parsing: Array(text.utf8), maximumDepth: ReadLimits().jsonDepth)
    } catch {
      throw CheckpointError(
        file: path, format: "JSON", place: "byte \(error.offset)", reason: error.problem)
    }
  }

  private static func misfit(_ path: String, _ expected: String, _ found: JSONValue)
    -> CheckpointError
  {
    CheckpointError(
      file: path, format: "tokens", place: "",
      reason: "expected \(expected), found \(found.text.prefix(40))")
  }
}
