/// An error that ends a program: one line, exit status 1.
package struct Failure: Error, CustomStringConvertible {
  /// The file or name, and what is wrong with it.
  package let description: String

  /// An error with its line.
  package init(_ description: String) { self.description = description }
}
