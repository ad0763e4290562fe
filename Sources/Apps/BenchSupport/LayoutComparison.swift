import FileCore
import Models
import TensorCore

/// Compares a layer in the layouts batch first and time first.
public struct LayoutComparison {
  private let rounds: Int
  private let seconds: Double

  /// A comparison that alternates `rounds` times; `seconds` are for all rounds of one figure.
  public init(rounds: Int, seconds: Double) {
    (self.rounds, self.seconds) = (rounds, seconds)
  }

  /// The layer that is compared, and the machine.
  public var title: String {
    "LSTM 128 -> 256, batch 64, 100 steps; \(Machine.current.line); \(ThreadTeam.count) threads"
  }

  /// Milliseconds in two columns, and their ratio.
  public func table() throws -> String {
    var table = TextTable(["milliseconds", "batch first", "time first", "ratio"])
    for (name, label) in [("forward", "forward"), ("backward", "forward and backward")] {
      let sides = try ["batch", "time"].map { side in
        try BenchmarkCase.cases(named: "layout-\(name)-\(side)").map { try Bench($0) }
      }.flatMap { $0 }
      var times: [[Double]] = [[], []]
      for _ in 0..<rounds {
        for (side, bench) in sides.enumerated() {
          let measurement = try bench.measure(seconds: seconds / Double(rounds), atLeast: 2)
          times[side].append(measurement.milliseconds)
        }
      }
      let ratios = zip(times[0], times[1]).map { $0 / $1 }
      table.add([
        label, median(times[0]).text(2), median(times[1]).text(2), median(ratios).text(3),
      ])
    }
    return table.text
  }
}
