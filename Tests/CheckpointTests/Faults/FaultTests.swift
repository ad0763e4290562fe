import Checkpoint
import CheckpointProbe
import Testing

#if os(Linux)
  /// A save with rotation, of a file and of the best one, gets a fault at each of its system calls, one at a time.
  /// After any fault the old or the new checkpoint is there, undamaged, and an error is one line.
  @Suite(.enabled(if: SystemCalls.canBeTraced, SystemCalls.comment)) struct FaultTests {
    /// Calls for memory, time or thread synchronization are excluded: no Swift program survives without memory, and
    /// calls that can't fail are not made to fail.
    private static let withoutErrors: Set = [
      "mmap", "munmap", "brk", "mprotect", "madvise", "futex", "getpid", "gettid", "clock_gettime",
      "rt_sigprocmask", "rt_sigaction", "sched_yield", "sched_getaffinity",
    ]

    @Test(arguments: SystemCalls.Fault.allCases)
    func theOldOrTheNewCheckpointIsThere(fault: SystemCalls.Fault) throws {
      var calls = try Self.calls()
      #expect(
        Set(["openat", "write", "fsync", "linkat", "close", "unlinkat"]).isSubset(
          of: Set(calls.map(\.name))), "\(calls)")
      if fault != .kill { calls.removeAll { Self.withoutErrors.contains($0.name) } }
      #expect(calls.count > 30)
      var durabilityReports = 0
      for call in calls {
        let directory = try Self.directoryOfTwo()
        let probe = SystemCalls(arguments: [
          builtProgram("CheckpointProbe"), "save", directory.path, "3",
        ])
        let ending = try probe.run(fault, at: call)
        guard let ending else {
          Issue.record("\(call) did not come")
          continue
        }
        let newest = try Generation.newest(in: directory.path)
        #expect(newest == 2 || newest == 3, "\(fault) at \(call)")
        if fault == .kill {
          #expect(ending.status == nil || ending.status == 137, "\(call): \(ending)")
        } else {
          expectAnswer(ending, newest, "\(fault) at \(call)")
          if ending.status == 3 { durabilityReports += 1 }
        }
        // The next save removes every leftover file.
        try Generation.save(4, in: directory.path)
        let names = try fileNames(in: directory.path)
        #expect(!names.contains { $0.hasPrefix(".") }, "\(fault) at \(call): \(names)")
        #expect(try Generation.newest(in: directory.path) == 4)
      }
      // The directory is flushed for the file and for the best one.
      #expect(durabilityReports == (fault == .kill ? 0 : 2))
    }

    private func expectAnswer(_ ending: Ending, _ newest: Int?, _ place: String) {
      switch ending.status {
      case 0: #expect(newest == 3, "\(place): saved, it said")
      case 1: expectOneLine(ending.output, place)
      case 3:
        expectOneLine(ending.output, place)
        #expect(newest == 3, "\(place)")
      default: Issue.record("\(place): \(ending)")
      }
    }

    private func expectOneLine(_ output: String, _ place: String) {
      #expect(
        output.split(separator: "\n").count == 1 && output.hasPrefix("/"), "\(place): \(output)")
    }

    /// The calls of an undisturbed save.
    private static func calls() throws -> [SystemCalls.Call] {
      let directory = try directoryOfTwo()
      return try SystemCalls(
        arguments: [builtProgram("CheckpointProbe"), "save", directory.path, "3"]
      ).list()
    }

    /// Two generations have been saved, so that the third removes the first.
    private static func directoryOfTwo() throws -> TemporaryDirectory {
      let directory = try TemporaryDirectory()
      for number in 1...2 { try Generation.save(number, in: directory.path) }
      return directory
    }
  }
#endif
