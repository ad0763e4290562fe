import Foundation

/// One of the package's programs, as it was built beside the tests.
struct Program {
  /// What a program did.
  struct Outcome {
    var status: Int32
    var output: String
    var error: String
  }

  let path: String

  init(path: String) { self.path = path }

  init(_ name: String) {
    let bundle = URL(fileURLWithPath: CommandLine.arguments[0])
    path = bundle.deletingLastPathComponent().appendingPathComponent(name).path
  }

  /// Runs it to its end.
  func run(_ arguments: String..., in directory: String? = nil) throws -> Outcome {
    try run(arguments, in: directory)
  }

  /// Runs a shell's command line in which the package's programs have their names: `train lab | head -1`.
  static func shell(_ line: String, in directory: String) throws -> Outcome {
    let folder = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent().path
    return try Program(path: "/bin/bash").run(
      ["-c", "PATH=\"$0:$PATH\"; \(line)", folder], in: directory)
  }

  /// Runs it to its end, or to a signal, Ctrl-C unless another is named, when it is time.
  func run(
    _ arguments: [String], in directory: String? = nil, signal: Int32 = SIGINT,
    interruptedWhen isTime: (@Sendable () -> Bool)? = nil
  ) throws -> Outcome {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    if let directory { process.currentDirectoryURL = URL(fileURLWithPath: directory) }
    let (output, error) = (Pipe(), Pipe())
    process.standardOutput = output
    process.standardError = error
    process.standardInput = FileHandle.nullDevice
    try process.run()
    if let isTime {
      Thread.detachNewThread {
        while process.isRunning && !isTime() { usleep(5_000) }
        if process.isRunning { kill(process.processIdentifier, signal) }
      }
    }
    // Neither pipe may fill up while the other one is read.
    let group = DispatchGroup()
    let errorText = Box()
    DispatchQueue.global().async(group: group) {
      errorText.data = error.fileHandleForReading.readDataToEndOfFile()
    }
    let outputText = output.fileHandleForReading.readDataToEndOfFile()
    group.wait()
    process.waitUntilExit()
    return Outcome(
      status: process.terminationStatus, output: String(decoding: outputText, as: UTF8.self),
      error: String(decoding: errorText.data, as: UTF8.self))
  }

  private final class Box: @unchecked Sendable { var data = Data() }
}

/// A directory that is gone when the body ends.
func withTemporaryDirectory<Result>(_ body: (String) throws -> Result) throws -> Result {
  let url = FileManager.default.temporaryDirectory.appendingPathComponent(
    "swift-rnn-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: url) }
  return try body(url.path)
}

/// The character model that PyTorch trained and saved.
enum TorchModel {
  static let folder =
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("InteropTests/Fixtures/torch-model").path
  static let tokens = ["<unk>"] + " etainoshrdlmucfwgypbvkxzjq".map(String.init)
}
