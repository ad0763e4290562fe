import FileCore
import TensorCore

/// The measurement of one case.
public struct Measurement: Codable, Sendable, Hashable {
  /// The case's name.
  public let name: String
  /// The case's sizes as text.
  public let sizes: String
  /// The precision that was requested.
  public let precision: Precision
  /// The precision that this machine uses for it.
  public let precisionInUse: Precision
  /// The instruction set of the kernels.
  public let instructions: String
  /// The number of threads.
  public let threads: Int
  /// The median time and the mean in milliseconds.
  public let milliseconds, mean: Double
  /// The shortest and the longest time in milliseconds.
  public let fastest, slowest: Double
  /// The mean processor time of all threads in milliseconds, which other programs hardly change.
  public let processor: Double
  /// Tokens a second.
  public let tokensPerSecond: Double
  /// Billions of floating-point operations a second.
  public let gigaflops: Double
  /// The bytes of activations that the forward pass saves for the backward pass.
  public let bytesKept: Int
  /// The bytes of weights read in each run; 0 if the case is not bound by memory bandwidth.
  public let bytesRead: Int
  /// The peak memory of the process in bytes, and its memory before the model was made.
  public let peakBytes, idleBytes: Int
}

/// A case that is ready to be timed repeatedly.
public final class Bench {
  /// The case.
  public let benchmark: BenchmarkCase
  private let workload: Workload
  private let idleBytes: Int

  /// Makes the model and its input, and runs the work twice as a warm-up: plans are compiled and memory is allocated in
  /// the first run.
  public init(_ benchmark: BenchmarkCase) throws {
    self.benchmark = benchmark
    MemoryPool.clear()
    PeakMemory.reset()
    idleBytes = PeakMemory.bytes
    let workload = try benchmark.workload()
    self.workload = workload
    try withPrecision(benchmark.precision) {
      for _ in 0..<2 { try workload.run() }
    }
  }

  /// Does the work without a clock; returns the number of repetitions.
  public func run(times: Int) throws -> Int {
    try withPrecision(benchmark.precision) {
      for _ in 0..<times { try workload.run() }
    }
    return times * workload.repetitions
  }

  /// Times the work for about `seconds`, with at least `count` runs.
  public func measure(seconds: Double, atLeast count: Int = 3) throws -> Measurement {
    var samples: [Double] = []
    var total = 0.0
    let start = System.processorSeconds
    try withPrecision(benchmark.precision) {
      while total < seconds || samples.count < count {
        let time = try timed(workload.run)
        total += time
        samples.append(1000 * time / Double(workload.repetitions))
      }
    }
    let processor =
      1000 * (System.processorSeconds - start) / Double(samples.count * workload.repetitions)
    let middle = median(samples)
    return Measurement(
      name: benchmark.name, sizes: benchmark.sizes, precision: benchmark.precision,
      precisionInUse: benchmark.precision.inUse,
      instructions: Machine.current.instructions, threads: ThreadTeam.count, milliseconds: middle,
      mean: samples.reduce(0, +) / Double(samples.count), fastest: samples.min() ?? 0,
      slowest: samples.max() ?? 0, processor: processor,
      tokensPerSecond: Double(workload.tokens) / middle * 1e3,
      gigaflops: workload.operations / middle * 1e-6, bytesKept: workload.bytesKept,
      bytesRead: workload.bytesRead, peakBytes: PeakMemory.bytes, idleBytes: idleBytes)
  }
}
