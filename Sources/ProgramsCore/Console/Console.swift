import FileCore

/// The program's standard output and error, written to at once, without a buffer.
package enum Console {
  /// Whether a person reads standard output: whether it is a terminal.
  package static var isTerminal: Bool { System.isTerminal(1) }
  /// Whether a person types and reads: whether standard input and output are a terminal.
  package static var isConversation: Bool { System.isTerminal(0) && isTerminal }
  /// Whether a person reads standard error.
  package static var showsRemarks: Bool { System.isTerminal(2) }
  /// The columns of the terminal at this moment: of standard output, 80 where it does not say.
  package static var columns: Int { System.columns(of: 1) ?? 80 }

  /// Writes a result to standard output.
  package static func write(_ text: String) throws(OutputFailure) {
    if let code = System.write(text, to: 1) { throw OutputFailure(code: code) }
  }

  /// Writes a remark to standard error. What nobody can read is dropped.
  package static func note(_ text: String) { _ = System.write(text, to: 2) }
}

/// Standard output cannot be written to: the disk is full, or nobody reads any longer.
package struct OutputFailure: Error, CustomStringConvertible {
  /// The system's number for the reason.
  let code: Int32

  /// Whether the reader of a pipe has ended, which is no fault.
  var isClosedPipe: Bool { System.isClosedPipe(code) }

  /// For example `standard output: No space left on device`.
  package var description: String { "standard output: \(System.message(code))" }
}
