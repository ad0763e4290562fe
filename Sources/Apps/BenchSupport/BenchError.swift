/// Why something can't be measured: what was expected and what was found, in a line.
public struct BenchError: Error, CustomStringConvertible {
  public let description: String

  init(_ description: String) { self.description = description }
}
