import FileCore
import Models

/// The machine's limits as tables, for several thread counts.
public struct Limits {
  private let threads: [Int]

  /// Limits for the given thread counts.
  public init(threads: [Int]) { self.threads = threads }

  /// The figures for other programs.
  public struct Summary: Codable, Sendable {
    /// The limit of 32-bit multiply-add for a thread count.
    public struct Limit: Codable, Sendable {
      /// The number of threads.
      public let threads: Int
      /// Billions of operations a second.
      public let gigaflops: Double
    }

    /// The machine.
    public let machine: Machine
    /// The limits of multiply-add for several thread counts.
    public let limits: [Limit]
    /// The matrix unit's limit on one thread; 0 if there is no matrix unit.
    public let tileGigaflops: Double
  }

  /// Multiply-add and the matrix unit, measured now.
  public var summary: Summary {
    Summary(
      machine: .current,
      limits: threads.map {
        .init(threads: $0, gigaflops: 1e-9 * Peak.multiplyAdd(threads: $0))
      },
      tileGigaflops: Peak.Probe.tiles.isSupported
        ? 1e-9 * Peak.operationsPerSecond(.tiles, threads: 1) : 0)
  }

  /// The tables of arithmetic, then of memory; each is measured on access.
  public var tables: some Sequence<String> {
    [arithmetic, memory].lazy.map { $0() }
  }

  private func arithmetic() -> String {
    var table = TextTable(["GFLOP/s"] + threads.map { $0.counted("threads") })
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
    var table = TextTable(["GB/s read, by working set"] + threads.map { $0.counted("threads") })
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
}
