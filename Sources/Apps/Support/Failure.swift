/// Why a program cannot go on, in one line.
public struct Failure: Error, CustomStringConvertible {
  /// The file or name, and the reason.
  public let description: String

  /// A reason.
  public init(_ description: String) { self.description = description }
}
