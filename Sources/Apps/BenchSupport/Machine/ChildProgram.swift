import FileCore

/// A program that is started and, after its first output, ended.
struct ChildProgram {
  let path: String

  /// One of the package's programs, in the directory of the running program.
  static func besideThisOne(_ name: String) throws -> ChildProgram {
    guard let own = System.ownPath else {
      throw BenchError("the running program: \(System.message(System.code))")
    }
    let folder = own.lastIndex(of: "/").map { String(own[..<$0]) } ?? "."
    let path = folder + "/" + name
    guard System.isExecutable(path) else {
      throw BenchError(
        "\(path): expected the program \(name), found nothing; build it first: "
          + "swift build -c release --product \(name)")
    }
    return ChildProgram(path: path)
  }

  /// Starts the program and returns after its first byte of output; throws if it ends without output.
  func runUntilItWrites(_ arguments: [String]) throws {
    guard let wrote = System.runUntilItWrites(path, arguments) else {
      throw BenchError("\(path): \(System.message(System.code))")
    }
    guard wrote else {
      throw BenchError("\(path) ended before it wrote a character")
    }
  }
}
