/// What is wrong with a file: the file, the place, what was expected and what was found.
///
/// ```
/// reviews.csv:3:6: expected 2 fields, found 3
/// ```
///
/// All readers of outside data in this package use this form; its description is one line.
public struct FileError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The path, or a name for bytes in memory.
  public var file: String
  /// What is wrong.
  public var problem: Problem

  /// A file and what is wrong with it.
  public init(file: String, _ problem: Problem) {
    self.file = file
    self.problem = problem
  }

  /// What can be wrong with a file.
  public enum Problem: Hashable, Sendable {
    /// A place does not contain what was expected.
    case unexpected(Place, expected: String, found: String)
    /// Bytes are not valid in the encoding in which they were read; `likely` is the encoding that they look like.
    case encoding(TextEncoding, Place, expected: String, found: String, likely: TextEncoding?)
    /// There is no such file or directory.
    case noSuchFile
    /// There is no such directory to save a file in.
    case noSuchFolder
    /// The path is that of something else than a file.
    case notARegularFile(Kind)
    /// No permission for the file or its directory; the operation is empty for reading.
    case permission(operation: String)
    /// The disk is full or the user's quota is used up.
    case noSpace(operation: String)
    /// Another system call failed with this `errno`.
    case system(operation: String, code: Int32)
    /// The file became shorter while it was read.
    case cutShort(expected: Int, found: Int)
    /// The new file is in place, but the system could not confirm that a power cut leaves it there.
    case durabilityUnknown(operation: String, code: Int32)
  }

  /// What can stand in a file's place.
  public enum Kind: String, Hashable, Sendable {
    /// A directory.
    case directory
    /// A device.
    case device
    /// A named pipe.
    case pipe
    /// A socket.
    case socket
    /// A symbolic link that leads round in a circle.
    case link = "circle of links"
  }

  /// A place in a file.
  public enum Place: Hashable, Sendable, CustomStringConvertible {
    /// The file as a whole.
    case whole
    /// A byte, from 0.
    case byte(Int)
    /// A line from 1, and a byte of it from 1.
    case line(Int, column: Int)
    /// A part with a name: a member, a tensor, a section.
    case named(String)

    /// Nothing, `byte 3`, `2:7` or the name.
    public var description: String {
      switch self {
      case .whole: ""
      case .byte(let offset): "byte \(offset)"
      case .line(let line, let column): "\(line):\(column)"
      case .named(let name): name
      }
    }
  }

  /// One line: the file, the place, what was expected and what was found.
  public var description: String {
    switch place {
    case .whole: "\(Self.named(file)): \(problem)"
    case .line: "\(Self.named(file)):\(place): \(problem)"
    case .byte, .named: "\(Self.named(file)): \(place): \(problem)"
    }
  }

  /// A path in a message, where an empty one must be seen.
  package static func named(_ file: String) -> String { file.isEmpty ? "\"\"" : file }

  /// The place of the error.
  public var place: Place { problem.place }
}

extension FileError.Problem {
  /// The place of the error.
  public var place: FileError.Place {
    switch self {
    case .unexpected(let place, _, _), .encoding(_, let place, _, _, _): place
    default: .whole
    }
  }
}

extension FileError.Problem: CustomStringConvertible {
  /// What was expected and what was found, or the system's message, without file and place.
  public var description: String {
    func failed(_ operation: String, _ words: String) -> String {
      operation.isEmpty ? words : "\(operation) failed: \(words)"
    }
    return switch self {
    case .unexpected(_, let expected, let found): "expected \(expected), found \(found)"
    case .encoding(let encoding, _, let expected, let found, let likely):
      "not \(encoding.title): expected \(expected), found \(found)"
        + (likely.map { "; it looks like \($0.title)" } ?? "")
    case .noSuchFile: "no such file or directory"
    case .noSuchFolder: "no such directory to save to"
    case .notARegularFile(let kind): "expected a file, found a \(kind.rawValue)"
    case .permission(let operation): failed(operation, "permission denied")
    case .noSpace(let operation): failed(operation, "no space left on the disk")
    case .system(let operation, let code): failed(operation, System.message(code))
    case .cutShort(let expected, let found):
      "cut off: expected \(expected.counted("bytes")), found \(found.grouped)"
    case .durabilityUnknown(let operation, let code):
      "saved, but a power cut may undo it: " + failed(operation, System.message(code))
    }
  }
}

extension FileError {
  /// A place of a file does not contain what was expected.
  public init(file: String, _ place: Place = .whole, expected: String, found: String) {
    self.init(file: file, .unexpected(place, expected: expected, found: found))
  }

  /// The same, with the place as line and column, both from 1.
  public init(file: String, line: Int, column: Int, expected: String, found: String) {
    self.init(file: file, .line(line, column: column), expected: expected, found: found)
  }

  /// A file without text.
  public static func empty(_ file: String) -> FileError {
    FileError(file: file, expected: "some text", found: "none")
  }

  /// The last system call failed.
  package static func system(_ file: String, _ operation: String = "") -> FileError {
    system(file, operation, System.code)
  }

  /// A system call failed with this `errno`.
  package static func system(_ file: String, _ operation: String, _ code: Int32) -> FileError {
    switch System.reason(code) {
    case .missing: FileError(file: file, .noSuchFile)
    case .permission: FileError(file: file, .permission(operation: operation))
    case .noSpace: FileError(file: file, .noSpace(operation: operation))
    case .other: FileError(file: file, .system(operation: operation, code: code))
    }
  }

  /// Whether the error is about a line's content, so that a reader may continue after the line.
  public var isOfALine: Bool {
    switch problem {
    case .unexpected(.line, _, _), .encoding(_, .line, _, _, _): true
    default: false
    }
  }
}

/// What is wrong with bytes whose file is not known yet.
public struct ByteFault: Error, Hashable, Sendable {
  /// The offset of the byte, from 0.
  public var offset: Int
  /// What was expected there.
  public var expected: String
  /// What was found there.
  public var found: String

  /// A fault.
  public init(offset: Int, expected: String, found: String) {
    self.offset = offset
    self.expected = expected
    self.found = found
  }
}
