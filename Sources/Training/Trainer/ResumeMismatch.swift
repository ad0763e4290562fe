import Checkpoint
import Datasets
import FileCore

/// The error for resuming with a configuration or data other than the file's.
///
/// ```
/// model.rnnz: model.hiddenSize has changed: expected 128, found 256
/// ```
public struct ResumeMismatch: Error, Hashable, CustomStringConvertible {
  /// The file.
  public let file: String
  /// What differs.
  public let what: String
  /// The value in the file.
  public let expected: String
  /// The current value.
  public let found: String

  /// One line with all four.
  public var description: String {
    "\(file): \(what) has changed: expected \(expected), found \(found)"
  }
}

extension ResumeMismatch {
  /// Compares the fingerprints of the data.
  static func checkData(_ saved: String, _ now: String, of file: String) throws(ResumeMismatch) {
    guard saved == now else {
      throw ResumeMismatch(file: file, what: "the data", expected: saved, found: now)
    }
  }

  /// Compares two values as saved; the error has the path of the first difference.
  ///
  /// - Parameter ignoring: a part at the top that may differ.
  package static func check<Value: Encodable>(
    _ what: String, _ saved: Value, _ now: Value, ignoring: String? = nil, of file: String
  ) throws {
    var values = (try JSONValue(encoding: saved), try JSONValue(encoding: now))
    if let ignoring = ignoring.map({ ExactString($0) }),
      case (.object(var a), .object(var b)) = values
    {
      (a[ignoring], b[ignoring]) = (nil, nil)
      values = (.object(a), .object(b))
    }
    guard let difference = JSONDifference(values.0, values.1) else { return }
    let place = [what, difference.path].filter { !$0.isEmpty }.joined(separator: ".")
    throw ResumeMismatch(
      file: file, what: place, expected: difference.left, found: difference.right)
  }

  /// Compares tokenizers: their tokens, which are named, then everything else.
  static func check(
    _ saved: any Tokenizer, _ now: any Tokenizer, of file: String
  ) throws {
    try checkNames(saved.vocabulary, now.vocabulary, what: "vocabulary", of: file)
    try check("the tokenizer", AnyTokenizer(saved), AnyTokenizer(now), of: file)
  }

  /// Compares lists of names, byte by byte.
  static func checkNames(
    _ saved: [String], _ now: [String], what: String, of file: String
  ) throws(ResumeMismatch) {
    let pairs = zip(saved, now).enumerated()
    if let (id, pair) = pairs.first(where: { !$1.0.utf8.elementsEqual($1.1.utf8) }) {
      throw ResumeMismatch(
        file: file, what: "number \(id) of the \(what)", expected: "\"\(pair.0)\"",
        found: "\"\(pair.1)\"")
    }
    guard saved.count == now.count else {
      throw ResumeMismatch(
        file: file, what: "the \(what)", expected: "\(saved.count) names", found: "\(now.count)")
    }
  }
}

/// The first difference of two values, in the order of the keys.
private struct JSONDifference {
  var path = ""
  var left: String
  var right: String

  /// Nil if the values are equal.
  init?(_ left: JSONValue, _ right: JSONValue) {
    (self.left, self.right) = (Self.short(left), Self.short(right))
    switch (left, right) {
    case (.object(let a), .object(let b)):
      for key in Set(a.keys).union(b.keys).sorted()
      where take(a[key] ?? .null, b[key] ?? .null, key.string) { return }
      return nil
    case (.array(let a), .array(let b)) where a.count == b.count:
      for (index, pair) in zip(a, b).enumerated() where take(pair.0, pair.1, "\(index)") { return }
      return nil
    default: if left == right { return nil }
    }
  }

  /// Takes the difference of two parts, if they differ.
  private mutating func take(_ left: JSONValue, _ right: JSONValue, _ key: String) -> Bool {
    guard let inner = JSONDifference(left, right) else { return false }
    self = inner
    path = inner.path.isEmpty ? key : "\(key).\(inner.path)"
    return true
  }

  private static func short(_ value: JSONValue) -> String {
    if case .null = value { return "nothing" }
    let text = value.text
    return text.count > 60 ? text.prefix(57) + "..." : text
  }
}
