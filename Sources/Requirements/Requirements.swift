/// Stops the process with `message` unless `condition` holds: for a caller's bug, such as a shape
/// that does not fit.
///
/// The standard library's `precondition` drops its message in release builds, where a message that
/// names both shapes is worth most. This one is always checked and always printed.
@inlinable
@inline(__always)
package func require(
  _ condition: Bool, _ message: @autoclosure () -> String, file: StaticString = #fileID,
  line: UInt = #line
) {
  if !condition { failure(message(), file: file, line: line) }
}

/// Stops the process with `message`: a caller's bug, or memory that the system does not have.
@inline(never)
@usableFromInline
package func failure(_ message: String, file: StaticString = #fileID, line: UInt = #line) -> Never {
  fatalError(message, file: file, line: line)
}
