/// What is wrong with a file: the file, the place, what had to stand there, and what stands there.
///
/// ```
/// reviews.csv:3:6: expected 2 fields, found 3
/// ```
///
/// Every reader of outside data in this package says it in this form; its description is one line for a person.
public struct FileError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The path, or what stands for it where the bytes were in memory.
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
    /// Something else stands at a place than has to.
    case unexpected(Place, expected: String, found: String)
    /// Bytes are no text of the encoding in which they were read; the likeliest one, where they look like another.
    case encoding(TextEncoding, Place, expected: String, found: String, likely: TextEncoding?)
    /// There is no such file or directory.
    case noSuchFile
    /// A directory, device or pipe stands where a file is needed.
    case notARegularFile
    /// The file or its directory may not be read or written; the operation is empty for reading.
    case permission(operation: String)
    /// The disk is full, or the user's share of it.
    case noSpace(operation: String)
    /// Another call of the operating system failed with this `errno`.
    case system(operation: String, code: Int32)
    /// The file became shorter while it was read.
    case cutShort(expected: Int, found: Int)
    /// The new file is in place, but the system could not confirm that a power cut leaves it there.
    case durabilityUnknown(operation: String, code: Int32)
  }

  /// A place in a file.
  public enum Place: Hashable, Sendable, CustomStringConvertible {
    /// The file as a whole.
    case whole
    /// A byte, from 0.
    case byte(Int)
    /// A line from 1, and a byte of it from 1.
    case line(Int, column: Int)
    /// Something that has a name: a member, a tensor, a section.
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
    case .whole: "\(file): \(problem)"
    case .line: "\(file):\(place): \(problem)"
    case .byte, .named: "\(file): \(place): \(problem)"
    }
  }

  /// Where it is wrong.
  public var place: Place { problem.place }
}

extension FileError.Problem {
  /// Where it is wrong.
  public var place: FileError.Place {
    switch self {
    case .unexpected(let place, _, _), .encoding(_, let place, _, _, _): place
    default: .whole
    }
  }
}

extension FileError.Problem: CustomStringConvertible {
  /// What was expected and what was found, or what the system says, without file and place.
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
    case .notARegularFile: "expected a file, found a directory or device"
    case .permission(let operation): failed(operation, "permission denied")
    case .noSpace(let operation): failed(operation, "no space left on the disk")
    case .system(let operation, let code): failed(operation, System.message(code))
    case .cutShort(let expected, let found): "cut off: expected \(expected) bytes, found \(found)"
    case .durabilityUnknown(let operation, let code):
      "saved, but a power cut may undo it: " + failed(operation, System.message(code))
    }
  }
}

extension FileError {
  /// Something else stands at a place than has to.
  public init(file: String, _ place: Place = .whole, expected: String, found: String) {
    self.init(file: file, .unexpected(place, expected: expected, found: found))
  }

  /// The same, the place given by line and column, both from 1.
  public init(file: String, line: Int, column: Int, expected: String, found: String) {
    self.init(file: file, .line(line, column: column), expected: expected, found: found)
  }

  /// A file without text.
  public static func empty(_ file: String) -> FileError {
    FileError(file: file, expected: "some text", found: "none")
  }

  /// The system's last call failed.
  package static func system(_ file: String, _ operation: String = "") -> FileError {
    system(file, operation, System.code)
  }

  /// A call of the system failed with a code.
  package static func system(_ file: String, _ operation: String, _ code: Int32) -> FileError {
    switch System.reason(code) {
    case .missing: FileError(file: file, .noSuchFile)
    case .permission: FileError(file: file, .permission(operation: operation))
    case .noSpace: FileError(file: file, .noSpace(operation: operation))
    case .other: FileError(file: file, .system(operation: operation, code: code))
    }
  }

  /// Whether it is about what a line holds, so that a reader may go on behind it.
  public var isOfALine: Bool {
    switch problem {
    case .unexpected(.line, _, _), .encoding(_, .line, _, _, _): true
    default: false
    }
  }
}

/// What is wrong with some bytes, before anybody knows which file they are of.
public struct ByteFault: Error, Hashable, Sendable {
  /// The offset of the byte, from 0.
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
