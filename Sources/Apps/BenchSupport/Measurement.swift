import TensorCore

/// What one case took.
public struct Measurement: Codable, Sendable, Hashable {
  /// The case's name.
  public let name: String
  /// The case's sizes in words.
  public let sizes: String
  /// How products were computed.
  public let precision: Precision
  /// What this machine computes that precision in.
  public let precisionInUse: Precision
  /// The instruction set of the kernels.
  public let instructions: String
  /// Threads that work was split over.
  public let threads: Int
  /// Milliseconds, in the middle of all samples.
  public let milliseconds: Double
  /// The fastest and the slowest sample.
  public let fastest, slowest: Double
  /// Tokens a second.
  public let tokensPerSecond: Double
  /// Billions of floating-point operations a second.
  public let gigaflops: Double
  /// Bytes that the forward pass leaves for the way back.
  public let bytesKept: Int
  /// Bytes of weights that are read each time, or 0 where that is not what takes the time.
  public let bytesRead: Int
  /// Bytes of memory that the process had at most, and those that it had before the model was made.
  public let peakBytes, idleBytes: Int
}

/// A case that is ready to be timed, as often as one likes.
public final class Bench {
  /// The case.
  public let benchmark: BenchmarkCase
  private let workload: Workload
  private let idleBytes: Int

  /// Makes the model and its input, and does the work twice without timing it: plans are compiled and
  /// memory comes from the system in the first step, not in those that follow.
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

  /// Times it for so many seconds, and so many times at least.
  public func measure(seconds: Double, atLeast count: Int = 3) throws -> Measurement {
    var samples: [Double] = []
    var total = 0.0
    try withPrecision(benchmark.precision) {
      while total < seconds || samples.count < count {
        let time = try timed(workload.run)
        total += time
        samples.append(1000 * time / Double(workload.repetitions))
      }
    }
    samples.sort()
    let middle = (samples[(samples.count - 1) / 2] + samples[samples.count / 2]) / 2
    return Measurement(
      name: benchmark.name, sizes: benchmark.sizes, precision: benchmark.precision,
      precisionInUse: benchmark.precision.inUse,
      instructions: Machine.current.instructions, threads: ThreadTeam.count, milliseconds: middle,
      fastest: samples[0], slowest: samples[samples.count - 1],
      tokensPerSecond: Double(workload.tokens) / middle * 1e3,
      gigaflops: workload.operations / middle * 1e-6, bytesKept: workload.bytesKept,
      bytesRead: workload.bytesRead, peakBytes: PeakMemory.bytes, idleBytes: idleBytes)
  }
}
