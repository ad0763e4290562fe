import Checkpoint

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Saves checkpoints for tests that stop it on the way, or make its system calls fail.
///
///     save DIRECTORY NUMBER    saves one generation
///     loop DIRECTORY NUMBER    saves one after the other, from NUMBER on, and tells of each when it is safe
///     check DIRECTORY NUMBER   whether the newest generation is whole, and this or a later one; tells which
///
/// Exit statuses: 0; 1 for an error, which is one line; 3 if the file is there but not known to be durable; 64 for other arguments.
@main enum CheckpointProbe {
  static func main() {
    let arguments = CommandLine.arguments
    guard arguments.count == 4, let number = Int(arguments[3]) else { exit(64) }
    let directory = arguments[2]
    do {
      switch arguments[1] {
      case "save":
        let checkpoint = Generation.checkpoint(number)
        mark("begins")
        try Generation.series(in: directory).save(checkpoint, step: number, isBest: true)
        mark("ends")
      case "loop":
        for number in number... {
          try Generation.save(number, in: directory)
          tell("\(number)", 1)
        }
      case "check":
        let newest = try Generation.newest(in: directory) ?? -1
        tell("\(newest)", 1)
        if newest < number { exit(1) }
      default: exit(64)
      }
    } catch {
      mark("ends")
      tell("\(error)", 2)
      if let error = error as? CheckpointError, case .file(.durabilityUnknown) = error.problem {
        exit(3)
      }
      exit(1)
    }
  }

  /// A system call that stands out in a trace.
  private static func mark(_ word: String) { _ = access("/checkpoint-probe-\(word)", F_OK) }

  private static func tell(_ line: String, _ file: Int32) {
    let bytes = Array((line + "\n").utf8)
    _ = write(file, bytes, bytes.count)
  }
}
