import Checkpoint
import TensorCore
import Testing

struct CompressionTests {
  private static func checkpoint(_ values: [Float]) -> Checkpoint {
    var checkpoint = Checkpoint()
    checkpoint.set(StoredArray(values), .model, "w")
    return checkpoint
  }

  /// The size of a file of 50,000 weights, as a share of the weights' own size.
  private func ratio(_ values: [Float], _ compression: Compression) throws -> Double {
    let bytes = try CompressionTests.checkpoint(values).encoded(compression: compression)
    return Double(bytes.count) / Double(4 * values.count)
  }

  /// The format's design measured 83.5% on normal data; only sign and exponent can be compressed.
  @Test func normalWeightsTakeLessThan84Percent() throws {
    let values = normals(50_000, seed: 3)
    #expect(try ratio(values, .fast) < 0.84)
    #expect(try ratio(values, .small) < 0.84)
    #expect(try (1.0...1.002).contains(ratio(values, .none)))
  }

  @Test func zeroesTakeNextToNothing() throws {
    #expect(try ratio([Float](repeating: 0, count: 50_000), .fast) < 0.005)
    #expect(try ratio([Float](repeating: 0, count: 50_000), .small) < 0.003)
  }

  @Test func prunedWeightsAreSmallestInTheSmallMode() throws {
    var values = normals(50_000, seed: 4)
    for index in stride(from: 0, to: values.count, by: 2) { values[index] = 0 }
    #expect(try ratio(values, .small) < ratio(values, .fast))
  }

  @Test func noiseIsStoredAsItIs() throws {
    var generator = SplitMix(9)
    let noise = (0..<10_000).map { _ in UInt8.random(in: 0...255, using: &generator) }
    var checkpoint = Checkpoint()
    checkpoint.set(bytes: noise, .data, "noise")
    let entry = try #require(CheckpointReader(bytes: checkpoint.encoded()).entries.first)
    #expect(entry.storedByteCount == 10_000)
  }

  @Test func bytesDoNotDependOnTheNumberOfThreads() throws {
    var checkpoint = Checkpoint()
    for (index, count) in [40_000, 3, 1_000, 0, 25_000, 64, 90_000].enumerated() {
      checkpoint.set(
        StoredArray(normals(count, seed: UInt64(index))), .optimizer, "exp_avg/\(index)")
    }
    let before = ThreadTeam.count
    defer { ThreadTeam.count = before }
    ThreadTeam.count = 1
    let alone = try checkpoint.encoded()
    for threads in [2, 3, 8] {
      ThreadTeam.count = threads
      #expect(try checkpoint.encoded() == alone)
    }
  }
}
