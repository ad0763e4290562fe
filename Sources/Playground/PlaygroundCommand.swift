import ArgumentParser
import Dispatch
import ProgramsCore
import Synchronization

/// The program `playground`: serves its page and trains until it is interrupted.
package struct PlaygroundCommand: ParsableCommand {
  package static let configuration = CommandConfiguration(
    commandName: "playground",
    abstract: "Opens a page in which one sees a recurrent network learn.",
    discussion: """
      The page is at http://127.0.0.1:8020 and needs no network.
      Example: playground --port 8021
      """,
    version: Version.number)

  @Option(help: "The port.")
  var port: UInt16 = 8020

  @Option(help: "The IPv4 address to listen on; any but 127.0.0.1 lets others on your network in.")
  var address = "127.0.0.1"

  package init() {}

  package func validate() throws {
    guard port > 0 else {
      throw ValidationError("--port: expected a whole number from 1 to 65535, found 0")
    }
  }

  package func run() throws {
    let server = try PlaygroundServer(address: address, port: port, session: Session(.opening))
    let ended = DispatchSemaphore(value: 0)
    let reason = Mutex<any Error>(CancellationError())
    let task = Task.detached { [address, port] in
      do {
        try await server.run {
          try Console.write("playground: http://\(address):\(port) (Ctrl-C ends it)\n")
        }
      } catch {
        reason.withLock { $0 = error }
      }
      ended.signal()
    }
    Interruption.listen()
    while ended.wait(timeout: .now() + .milliseconds(100)) == .timedOut {
      if Interruption.isRequested { return }
    }
    task.cancel()
    let error = reason.withLock { $0 }
    if let error = error as? OutputFailure { throw error }
    throw Failure("\(address):\(port): \(error)")
  }
}
