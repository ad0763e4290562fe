import FileCore

/// The malformed rows of a file that were skipped.
public struct SkippedRows: Equatable, Sendable {
  /// Their number.
  public var count = 0
  /// The error of the first one.
  public var first: FileError?

  /// No rows.
  public init() {}

  mutating func add(_ error: FileError) {
    count += 1
    first = first ?? error
  }
}

extension SkippedRows {
  /// One line with the number of skipped rows and the error of the first; nil if there are none.
  public var remark: String? {
    guard let first else { return nil }
    return "Passed over \(count.counted("malformed rows")); the first: \(first)"
  }
}
