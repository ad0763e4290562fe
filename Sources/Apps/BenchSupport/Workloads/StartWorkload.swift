import Checkpoint
import Models

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
