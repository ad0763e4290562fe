import FileCore

/// A line that is a JSON object: its field `input`, and what else stands in it.
public struct JSONInput: Sendable {
  /// The field `input`, as it was written.
  public let input: JSONValue?
  /// The other fields.
  public let others: [ExactString: JSONValue]

  /// The object of a line that looks like one; nil for any other line.
  ///
  /// - Throws: ``UnreadableInput`` where it is no JSON object.
  public init?(_ line: String) throws(UnreadableInput) {
    guard line.looksLikeJSON else { return nil }
    let value: JSONValue
    do throws(JSONError) {
      value = try JSONValue(parsing: Array(line.utf8), maximumDepth: 32)
    } catch {
      throw UnreadableInput(expected: "a JSON object", found: error.foundWithOffset)
    }
    guard case .object(var members) = value else { return nil }
    input = members.removeValue(forKey: "input")
    others = members
  }

  /// The text of the field `input`.
  ///
  /// - Throws: ``UnreadableInput`` where it is missing or no text.
  public var text: String {
    get throws(UnreadableInput) {
      guard case .string(let text) = input else {
        throw UnreadableInput(
          expected: #"a field "input" that is a text"#, found: input?.text ?? "none")
      }
      return text
    }
  }

  /// The whole object.
  var object: JSONValue {
    var members = others
    members["input"] = input
    return .object(members)
  }
}
