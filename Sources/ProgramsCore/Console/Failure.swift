/// Why a program cannot go on, in one line.
package struct Failure: Error, CustomStringConvertible {
  /// The file or name, and the reason.
  package let description: String

  /// A reason.
  package init(_ description: String) { self.description = description }
}
