import Training

/// The machine's limits as tables, for several numbers of threads.
public struct Limits {
  private let threads: [Int]

  /// For the given numbers of threads.
  public init(threads: [Int]) { self.threads = threads }

  /// Arithmetic, then memory; each is measured when it is asked for.
  public var tables: some Sequence<String> {
    [arithmetic, memory].lazy.map { $0() }
  }

  private func arithmetic() -> String {
    var table = Table(["GFLOP/s"] + threads.map(heading))
    for probe in Peak.Probe.multiplyAdd + [.tiles] {
      guard probe.isSupported else {
        table.add([probe.name] + threads.map { _ in "not here" })
        continue
      }
      table.add(
        [probe.name]
          + threads.map { (1e-9 * Peak.operationsPerSecond(probe, threads: $0)).text(1) })
    }
    return table.text + "\n"
  }

  private func memory() -> String {
    var table = Table(["GB/s read, by working set"] + threads.map(heading))
    for exponent in stride(from: 14, through: 28, by: 1) {
      let bytes = 1 << exponent
      let size = bytes < 1 << 20 ? "\(bytes >> 10) KiB" : "\(bytes >> 20) MiB"
      table.add(
        [size]
          + threads.map {
            (1e-9 * Peak.bytesPerSecond(workingSet: bytes, threads: $0)).text(1)
          })
    }
    return table.text
  }

  private func heading(_ count: Int) -> String { count == 1 ? "1 thread" : "\(count) threads" }
}
