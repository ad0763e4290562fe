import Foundation
import Testing

/// The Python packages with which our files are compared, if `make interop-peers` has installed them.
enum Peers {
  /// The reason for skipping tests.
  static let comment: Comment = "no Python environment in .build-peers: run 'make interop-peers'"

  private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()

  /// The interpreter: the environment's, or the one that `SWIFT_RNN_PEERS` names.
  static let python: String? = {
    let named = ProcessInfo.processInfo.environment["SWIFT_RNN_PEERS"]
    let own = folder.appendingPathComponent("../../../.build-peers/bin/python").standardized.path
    let path = named ?? own
    return FileManager.default.isExecutableFile(atPath: path) ? path : nil
  }()

  static var areInstalled: Bool { python != nil }

  /// Whether a package is installed, which an older environment may lack.
  static func have(_ package: String) -> Bool {
    guard let python else { return false }
    return (try? Program(path: python).run("-c", "import \(package)").status) == 0
  }

  /// Runs a script of this folder and returns its output; if the script fails, the test fails.
  static func run(_ script: String, _ arguments: String...) throws -> String {
    try run(script, arguments: arguments)
  }

  static func run(_ script: String, arguments: [String]) throws -> String {
    let program = Program(path: try #require(python))
    let path = folder.appendingPathComponent(script).path
    let outcome = try program.run([path] + arguments)
    #expect(outcome.status == 0, "\(script): \(outcome.error)")
    return outcome.output
  }
}
