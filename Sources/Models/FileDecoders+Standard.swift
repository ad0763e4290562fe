import Checkpoint
import Datasets

extension FileDecoders {
  /// JSON by this library's strict reader (RFC 8259), and gzip by zlib.
  ///
  /// ```swift
  /// let digits = FileDataset("mnist", decoders: .standard)
  /// ```
  public static let standard = FileDecoders { (json) throws(Fault) in
    let value: JSONValue
    do throws(JSONError) {
      value = try JSONValue(parsing: json, maximumDepth: ReadLimits().jsonDepth)
    } catch {
      throw Fault(offset: error.offset, expected: "a JSON object", found: error.problem)
    }
    guard case .object(let members) = value else {
      throw Fault(offset: 0, expected: "a JSON object", found: "another value")
    }
    return members.compactMapValues { member in
      switch member {
      case .string(let text): text
      case .number(let digits): digits
      case .bool(let value): "\(value)"
      case .null, .array, .object: nil
      }
    }
  } unpack: { (packed, limit) throws(Fault) in
    do throws(GzipFault) {
      return try Gzip.unpack(packed, limit: limit)
    } catch {
      throw Fault(offset: error.offset, expected: error.expected, found: error.found)
    }
  }
}
