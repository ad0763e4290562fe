import FileCore

/// Rows of a file that were malformed and passed over.
public struct SkippedRows: Equatable, Sendable {
  /// How many.
  public var count = 0
  /// What was wrong with the first one: file, line, column, expected and found.
  public var first: FileError?

  /// None.
  public init() {}

  mutating func add(_ error: FileError) {
    count += 1
    first = first ?? error
  }
}

extension SkippedRows {
  /// One line that says how many rows were passed over, and what was wrong with the first; nil for none.
  public var remark: String? {
    guard let first else { return nil }
    return "Passed over \(count) malformed \(count == 1 ? "row" : "rows"); the first: \(first)"
  }
}
