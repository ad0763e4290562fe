import FileCore

/// Standard output and standard error, unbuffered.
package enum Console {
  /// Whether standard output is a terminal.
  package static var isTerminal: Bool { System.isTerminal(1) }
  /// Whether standard input and output are both a terminal.
  package static var isConversation: Bool { System.isTerminal(0) && isTerminal }
  /// Whether standard error is a terminal.
  package static var errorIsTerminal: Bool { System.isTerminal(2) }
  /// The present width of the terminal in columns; 80 if standard output is no terminal or its width is unknown.
  package static var columns: Int { System.columns(of: 1) ?? 80 }

  /// Writes to standard output.
  package static func write(_ text: String) throws(OutputFailure) {
    guard Peers.speaks else { return }
    if let code = System.write(text, to: 1) { throw OutputFailure(code: code) }
  }

  /// Writes to standard error; a failure to write is ignored.
  package static func note(_ text: String) {
    if Peers.speaks { noteAlone(text) }
  }
}

/// Writing to standard output failed: the disk is full, or the reader of the pipe has ended.
package struct OutputFailure: Error, CustomStringConvertible {
  /// The `errno` of the failure.
  let code: Int32

  /// Whether the reader of the pipe has ended, which is not an error.
  var isClosedPipe: Bool { System.isClosedPipe(code) }

  /// For example `standard output: No space left on device`.
  package var description: String { "standard output: \(System.message(code))" }
}
