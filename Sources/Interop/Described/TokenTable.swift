import Checkpoint
import FileCore

/// The tokens of a side: texts and their numbers.
struct TokenTable: Sendable {
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
      place = Self.path(name, in: folder)
      pairs = try Self.pairs(place)
    }
    func failure(_ reason: String) -> CheckpointError {
      CheckpointError(file: place, format: "tokens", place: "", reason: reason)
    }
    guard let most = pairs.map(\.1).max(), pairs.allSatisfy({ $0.1 >= 0 }) else {
      throw failure("expected tokens with numbers from 0, found \(pairs.first?.0 ?? "none")")
    }
    let marks = [side.begin, side.end].compactMap { $0 }
    guard marks.allSatisfy({ $0 >= 0 }), side.unknown ?? 0 >= -1,
      side.limit.map({ (1...1_000_000).contains($0) }) ?? true
    else { throw failure("expected marks of 0 or more and a limit from 1 to 1000000") }
    ids = Dictionary(pairs.map { (ExactString($0), $1) }) { first, _ in first }
    texts = Dictionary(pairs.map { ($1, $0) }) { first, _ in first }
    (unknown, begin, end) = (side.unknown, side.begin, side.end)
    limit = side.limit ?? 200
    largest = Int(max(most, marks.max() ?? 0, side.unknown ?? 0))
    count = Int(most) + 1
  }

  /// The folder of a file, with its slash.
  static func folder(of file: ArrayFile) -> String {
    String(file.path.dropLast(Folder.name(of: file.path).count))
  }

  /// The path of a file that a description names, beside the weights unless it begins with a slash.
  static func path(_ name: String, in folder: String) -> String {
    name.hasPrefix("/") ? name : folder + name
  }

  /// The tokens that a network reads; nil for one that reads numbers.
  ///
  /// - Throws: `CheckpointError` if there are none, or they do not fit the first layer.
  static func checked(
    _ side: NetworkDescription.Tokens?, for network: DescribedNetwork, of file: ArrayFile
  ) throws(CheckpointError) -> TokenTable? {
    guard let rows = network.tokenCount else { return nil }
    guard let side else {
      throw file.failure("input", "expected tokens in the description, found none")
    }
    let table = try TokenTable(side, in: folder(of: file))
    guard table.largest < rows else {
      throw file.failure("input", "expected tokens below \(rows), found \(table.largest)")
    }
    // Of one-hot rows, a token of -1 is a row of zeros.
    guard table.unknown != -1 || network.readsOneHot else {
      throw file.failure("input", "expected an unknown token of 0 or more, found -1")
    }
    return table
  }

  /// The numbers of characters, with the marks around them; those that are not in the table are unknown, or left out.
  func ids(_ characters: [String]) -> [Int32] {
    let own = characters.compactMap { ids[ExactString($0)] ?? unknown }
    return (begin.map { [$0] } ?? []) + own + (end.map { [$0] } ?? [])
  }

  func text(of id: Int32) -> String { texts[id] ?? "<\(id)>" }

  /// The text of a token; nil if the table has none.
  func knownText(of id: Int32) -> String? { texts[id] }

  /// The texts of a file with their numbers: JSON, a pickle, or a text a line.
  private static func pairs(_ path: String) throws(CheckpointError) -> [(String, Int32)] {
    guard path.hasEnding(".json", ".pkl") else {
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
      readings[character] = texts.compactMap(\.stringValue)
    }
    return readings
  }

  private static func value(_ path: String) throws(CheckpointError) -> JSONValue {
    if path.hasEnding(".pkl") { return try PickleFile(path: path).content }
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
