import Testing

/// The system calls of a program, by `strace`, which can make one of them fail or kill the program there.
struct SystemCalls {
  /// One call: its name, and its number among the process's calls of this name, from 1.
  struct Call: Sendable, Hashable {
    var name: String
    var ordinal: Int
  }

  /// The fault at a call.
  enum Fault: String, CaseIterable, Sendable {
    case kill = "signal=SIGKILL"
    case inputOutput = "error=EIO"
    case noSpace = "error=ENOSPC"
    case quota = "error=EDQUOT"
    case access = "error=EACCES"
  }

  static let comment: Comment =
    "strace is not installed, or may not trace here: no fault is injected"

  /// Whether programs can be traced.
  static let canBeTraced: Bool = {
    guard let directory = try? TemporaryDirectory() else { return false }
    let command = ["strace", "-o", directory.file("trace"), "true"]
    return (try? execute(command, in: directory.path))?.status == 0
  }()

  let arguments: [String]

  /// All calls between the two marks of the probe.
  func list() throws -> [Call] {
    let directory = try TemporaryDirectory()
    let ending = try execute(
      ["strace", "-o", directory.file("trace")] + arguments, in: directory.path)
    guard ending.status == 0 else { throw FixtureError(description: ending.output) }
    var (calls, counts, isBetween): ([Call], [String: Int], Bool) = ([], [:], false)
    for line in try trace(directory) {
      guard let end = line.firstIndex(of: "("), line.first?.isLetter == true else { continue }
      let name = String(line[..<end])
      counts[name, default: 0] += 1
      if line.contains("/checkpoint-probe-ends") { isBetween = false }
      if isBetween { calls.append(Call(name: name, ordinal: counts[name] ?? 0)) }
      if line.contains("/checkpoint-probe-begins") { isBetween = true }
    }
    return calls
  }

  /// Runs the program with a fault at a call; nil if it made no such call after the first mark.
  func run(_ fault: Fault, at call: Call) throws -> Ending? {
    let directory = try TemporaryDirectory()
    let ending = try execute(
      [
        "strace", "-o", directory.file("trace"), "-e", "trace=access,faccessat,\(call.name)",
        "-e", "inject=\(call.name):\(fault.rawValue):when=\(call.ordinal)",
      ] + arguments, in: directory.path)
    let lines = try trace(directory)
    let begin = lines.firstIndex { $0.contains("/checkpoint-probe-begins") }
    let end = lines.firstIndex { $0.contains("INJECTED") || $0.contains("killed by SIGKILL") }
    guard let begin, let end, begin < end else { return nil }
    return ending
  }

  private func trace(_ directory: TemporaryDirectory) throws -> [Substring] {
    String(decoding: try readFile(directory.file("trace")), as: UTF8.self).split(separator: "\n")
  }
}
