import FileCore

/// Another process of the running program, in a process group of its own: a Ctrl-C in the terminal does not reach it.
package struct ChildProcess {
  private let process: Int32

  /// Starts the running program with arguments; what it prints goes to a file, which is emptied first.
  ///
  /// - Throws: ``Failure``.
  package init(_ arguments: [String], output path: String) throws {
    guard let own = System.ownPath else {
      throw Failure("the running program: \(System.message(System.code))")
    }
    let output = System.openForWriting(path, appends: false)
    guard output >= 0 else { throw Failure("\(path): \(System.message(System.code))") }
    defer { System.closeFile(output) }
    guard let process = System.start(own, arguments, output: output) else {
      throw Failure("\(own): \(System.message(System.code))")
    }
    self.process = process
  }

  /// The exit status once it has ended, 128 more than the number of a signal that ended it; nil while it runs.
  package var status: Int32? { System.status(ofChild: process) }

  /// Asks it to save and stop, as Ctrl-C does.
  package func interrupt() { System.interrupt(process) }
}
