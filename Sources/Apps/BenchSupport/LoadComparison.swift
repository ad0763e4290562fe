import FileCore
import TensorCore

/// Compares all threads with one of them while other processes use the processors too.
public struct LoadComparison {
  private let rounds: Int
  private let seconds: Double
  private let busyProcesses = [0, 1, 2, 4]

  /// A comparison that alternates `rounds` times; `seconds` are for all rounds of one figure.
  public init(rounds: Int, seconds: Double) {
    (self.rounds, self.seconds) = (rounds, seconds)
  }

  /// A row for each case: the time of all threads by the time of one, beside each number of busy processes.
  public func table(_ cases: [BenchmarkCase]) throws -> String {
    var table = TextTable(["all threads' time by one's"] + busyProcesses.map { "\($0) busy" })
    for benchmark in cases {
      let bench = try Bench(benchmark)
      let ratios = try busyProcesses.map { try besideBusyProcesses($0) { try ratio(of: bench) } }
      table.add([benchmark.name + ", " + benchmark.sizes] + ratios.map { $0.text(2) })
    }
    return table.text
  }

  private func ratio(of bench: Bench) throws -> Double {
    let counts = [ThreadTeam.count, 1]
    defer { ThreadTeam.count = counts[0] }
    var times: [[Double]] = [[], []]
    for _ in 0..<rounds {
      for (side, count) in counts.enumerated() {
        ThreadTeam.count = count
        let measurement = try bench.measure(seconds: seconds / Double(rounds), atLeast: 1)
        times[side].append(measurement.mean)
      }
    }
    return median(times[0]) / median(times[1])
  }

  private func besideBusyProcesses<Result>(
    _ count: Int, _ body: () throws -> Result
  ) throws -> Result {
    var children: [Int32] = []
    defer { children.forEach(System.end) }
    for _ in 0..<count {
      guard let child = System.startBusyProcess() else {
        throw BenchError("/bin/sh: \(System.message(System.code))")
      }
      children.append(child)
    }
    return try body()
  }
}
