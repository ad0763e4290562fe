/// Reads JSON Lines: an object a line, of which some members are the fields.
struct JSONLinesReader: FileRecordReader {
  private let lines: FileLines
  private let names: [String]
  private let decode: FileDecoders.Members

  /// The members of some names, in this order; `decode` reads an object.
  init(_ lines: FileLines, names: [String], decode: @escaping FileDecoders.Members) {
    self.lines = lines
    self.names = names
    self.decode = decode
  }

  var place: SamplePlace { lines.place }

  mutating func next() throws(DatasetError) -> FileRecord? {
    while let line = try lines.line() {
      let content = Array(line.withoutLineEnd)
      if content.allSatisfy({ $0 == UInt8(ascii: " ") }) { continue }
      let number = lines.place.line
      let members: [String: String]
      do throws(FileDecoders.Fault) {
        members = try decode(content)
      } catch {
        throw .badRow(
          path: lines.path, line: number, column: error.offset + 1, expected: error.expected,
          found: error.found)
      }
      var fields: [FileField] = []
      for name in names {
        guard let text = members[name] else {
          throw .badRow(
            path: lines.path, line: number, column: 1,
            expected: "a text, a number, true or false for \(name)", found: "none")
        }
        fields.append(FileField(text: text, line: number, column: 1))
      }
      return FileRecord(rows: [fields])
    }
    return nil
  }
}

/// What reading some files takes beyond this library, which depends on nothing: how to unpack gzip, and how
/// to read JSON. The `Training` library has both, as its `FileDecoders.standard`.
public struct FileDecoders: Sendable {
  /// What is wrong with some bytes: where, from 0, and what.
  public struct Fault: Error, Sendable {
    /// The offset of the byte.
    public var offset: Int
    /// What had to stand there.
    public var expected: String
    /// What stands there.
    public var found: String

    /// A fault.
    public init(offset: Int, expected: String, found: String) {
      self.offset = offset
      self.expected = expected
      self.found = found
    }
  }

  /// The members of a JSON object that are texts, numbers or truth values, as texts.
  public typealias Members = @Sendable (_ json: [UInt8]) throws(Fault) -> [String: String]
  /// The content of a gzip file, at most so many bytes.
  public typealias Unpacker = @Sendable (_ gzip: [UInt8], _ limit: Int) throws(Fault) -> [UInt8]

  /// Reads a JSON object.
  public var members: Members
  /// Unpacks gzip.
  public var unpack: Unpacker

  /// Two functions.
  public init(members: @escaping Members, unpack: @escaping Unpacker) {
    self.members = members
    self.unpack = unpack
  }

  /// Neither: files that need one are refused.
  public static let none = FileDecoders { (_) throws(Fault) in
    throw Fault(offset: 0, expected: "a file that needs no reader of JSON", found: "JSON Lines")
  } unpack: { (_, _) throws(Fault) in
    throw Fault(offset: 0, expected: "a file that is not packed", found: "gzip")
  }
}
