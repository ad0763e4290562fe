import BenchProbes
import TensorCore

/// Measures the machine's limits, which no program can exceed.
public enum Peak {
  /// A loop over registers that reaches one instruction set's limit.
  public struct Probe: Sendable {
    /// The name in tables.
    public let name: String
    let run: @Sendable (_ rounds: Int64) -> Double

    /// Multiply-add in 32-bit floating point by instruction set, from the narrowest to the widest.
    public static let multiplyAdd = [
      Probe(name: "portable, 4 lanes", run: { bench_probe_portable($0) }),
      Probe(name: "AVX2 and FMA", run: { bench_probe_avx2($0) }),
      Probe(name: "AVX-512", run: { bench_probe_avx512($0) }),
      Probe(name: "NEON", run: { bench_probe_neon($0) }),
    ]
    /// Products of bf16 tiles on the matrix unit.
    public static let tiles = Probe(name: "AMX bf16 tiles", run: { bench_probe_amx($0) })

    /// Whether this machine can run it.
    public var isSupported: Bool { run(1) > 0 }
  }

  /// Operations a second of a probe on `threads` threads: the best of many runs within a quarter of a second, because
  /// other programs on the machine can only slow it down.
  public static func operationsPerSecond(_ probe: Probe, threads: Int) -> Double {
    let rounds: Int64 = 200_000
    let perThread = probe.run(1) * Double(rounds)
    return best(within: 0.25) { seconds in
      seconds = timed {
        ThreadTeam.run(parts: threads) { _ in _ = probe.run(rounds) }
      }
      return perThread * Double(threads)
    }
  }

  /// The limit of 32-bit multiply-add with the machine's widest vectors, in operations a second.
  public static func multiplyAdd(threads: Int) -> Double {
    Probe.multiplyAdd.filter(\.isSupported)
      .map { operationsPerSecond($0, threads: threads) }.max() ?? 0
  }

  /// The read bandwidth in bytes a second of a working set of `workingSet` bytes in all; each thread reads its share
  /// repeatedly.
  public static func bytesPerSecond(workingSet: Int, threads: Int) -> Double {
    let floats = max(64, workingSet / 4 / threads / 64 * 64)
    let memory = Tensor(ones: [threads, floats])
    let passes = Int64(max(1, (2 << 20) / floats))
    return memory.withUnsafePointer { base in
      // Only the address is passed to the other threads; the tensor outlives them.
      nonisolated(unsafe) let base = base
      return best(within: 0.1) { seconds in
        seconds = timed {
          ThreadTeam.run(parts: threads) { part in
            _ = bench_probe_read(base + part * floats, floats, passes)
          }
        }
        return Double(4 * threads * floats) * Double(passes)
      }
    }
  }

  /// The highest rate of at least three runs, because new threads may share a core at first.
  private static func best(
    within limit: Double, _ run: (_ seconds: inout Double) -> Double
  ) -> Double {
    var (spent, count, highest) = (0.0, 0, 0.0)
    while spent < limit || count < 3 {
      var seconds = 0.0
      let work = run(&seconds)
      highest = max(highest, work / seconds)
      spent += seconds
      count += 1
    }
    return highest
  }
}
