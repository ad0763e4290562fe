import Checkpoint
import Training

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

extension BenchmarkCase {
  func startWorkload() throws -> Workload {
    let program = try ChildProgram.besideThisOne("generate")
    let file = TemporaryFile("model.rnnz")
    var checkpoint = Checkpoint()
    try savedModel().write(to: &checkpoint)
    try checkpoint.save(to: file.path)
    var workload = Workload {
      try program.runUntilItWrites(["--ckpt", file.path, "--length", "1"])
    }
    workload.operations = 0
    return workload
  }
}

/// A file that is gone when nobody refers to it any more.
private final class TemporaryFile {
  let path: String

  init(_ name: String) {
    let folder = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    path = "\(folder)/swift-rnn-bench-\(getpid())-\(name)"
  }

  deinit { unlink(path) }
}
