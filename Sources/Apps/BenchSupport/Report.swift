import FileCore
import Models
import TensorCore

/// A table of measurements with the limits of the machine.
public struct Report {
  private var table = TextTable([
    "case", "milliseconds", "tokens/s", "GFLOP/s", "of peak", "kept", "peak memory",
  ])
  private var remarks = ""
  private let peak: Double
  private let precision: Precision

  /// Measures the machine's limit first, shortly before the cases that are compared with it.
  public init(_ precision: Precision) {
    peak = Peak.multiplyAdd(threads: ThreadTeam.count)
    self.precision = precision
  }

  /// The machine, its limit, and the precision.
  public var head: String {
    "\(Machine.current.line); \(ThreadTeam.count) threads; float32 multiply-add at most "
      + "\((peak * 1e-9).text(0)) GFLOP/s; precision \(precision.line)\n\n"
  }

  /// Adds a row.
  public mutating func add(_ measurement: Measurement) {
    let hasOperations = measurement.gigaflops > 0
    table.add([
      measurement.name == "custom" ? measurement.sizes : measurement.name,
      measurement.milliseconds.text(measurement.milliseconds < 10 ? 4 : 1),
      measurement.tokensPerSecond.text(0),
      hasOperations ? measurement.gigaflops.text(1) : "",
      hasOperations ? (1e11 * measurement.gigaflops / peak).text(0) + "%" : "",
      measurement.bytesKept > 0 ? megabytes(measurement.bytesKept) : "",
      megabytes(measurement.peakBytes),
    ])
    guard measurement.bytesRead > 0 else { return }
    let rate = Double(measurement.bytesRead) / measurement.milliseconds * 1e3
    let limit = Peak.bytesPerSecond(
      workingSet: measurement.bytesRead, threads: ThreadTeam.count)
    remarks +=
      "\(measurement.name): \(megabytes(measurement.bytesRead)) of weights at "
      + "\((rate * 1e-9).text(1)) GB/s, \((100 * rate / limit).text(0))% of what this machine reads\n"
  }

  /// The table, and remarks on cases bound by memory bandwidth.
  public var text: String { table.text + (remarks.isEmpty ? "" : "\n" + remarks) }

  private func megabytes(_ bytes: Int) -> String { (Double(bytes) * 1e-6).text(1) + " MB" }
}
