import FileCore

/// Standard output and standard error, unbuffered.
package enum Console {
  /// Whether standard output is a terminal.
  package static var isTerminal: Bool { System.isTerminal(1) }
  /// Whether standard output is a terminal that can write over a line and paint it.
  package static var canOverwrite: Bool { isTerminal && Environment["TERM"] != "dumb" }
  /// Whether standard input and output are both a terminal.
  package static var isConversation: Bool { System.isTerminal(0) && isTerminal }
  /// Whether standard error is a terminal.
  package static var errorIsTerminal: Bool { System.isTerminal(2) }
  /// The present width of the terminal in columns; 80 if standard output is no terminal or its width is unknown.
  package static var columns: Int { System.columns(of: 1) ?? 80 }

  /// Gives help as many columns as its two columns of text need, however narrow the terminal is: with less, the argument
  /// parser traps, or leaves the text out.
  static func widenHelp() {
    let least = 40
    let found = Environment["COLUMNS"].flatMap { Int($0) } ?? columns
    if found < least { System.setEnvironment("COLUMNS", to: "\(least)") }
  }

  /// Writes to standard output.
  package static func write(_ text: String) throws(OutputFailure) {
    guard Peers.speaks else { return }
    if let code = System.write(text, to: 1) { throw OutputFailure(code: code) }
  }

  /// Writes to standard error; a failure to write is ignored.
  package static func note(_ text: String) {
    if Peers.speaks { noteAlone(text) }
  }

  /// Writes an error that does not end the program to standard error, as one line.
  package static func note(error: String) { note("Error: \(error.visibleLine)\n") }
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
