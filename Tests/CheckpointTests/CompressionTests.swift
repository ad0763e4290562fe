import Checkpoint
import TensorCore
import Testing

struct CompressionTests {
  private static func checkpoint(_ values: [Float]) -> Checkpoint {
    var checkpoint = Checkpoint()
    checkpoint.set(StoredArray(values), .model, "w")
    return checkpoint
  }

  /// The size of a file of 50,000 weights, relative to the weights' size.
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

  @Test func whatIsRepeatedIsSmallestInTheSmallMode() throws {
    let rows = normals(500, seed: 4)
    let values = (0..<100).flatMap { _ in rows }
    #expect(try ratio(values, .small) < 0.1)
    #expect(try ratio(values, .small) < ratio(values, .fast))
  }

  @Test func halfOfPrunedWeightsTakesHalfTheSpace() throws {
    var (values, generator) = (normals(50_000, seed: 4), SplitMix(4))
    for index in values.indices where Bool.random(using: &generator) { values[index] = 0 }
    #expect(try ratio(values, .fast) < 0.55)
  }

  /// Bytes for every path of the run-length coder; zlib reads its output.
  @Test func everyPatternOfBytesComesBack() throws {
    var (generator, patterns) = (SplitMix(11), [[UInt8]]())
    for length in [64, 255, 4_000, 65_535, 65_536, 140_000] {
      for spread in [0, 1, 3, 20, 60, 255] as [UInt8] {
        patterns.append((0..<length).map { _ in UInt8.random(in: 0...spread, using: &generator) })
      }
    }
    // Runs of every length up to three of deflate's longest copies.
    patterns.append((1...800).flatMap { [UInt8](repeating: UInt8($0 % 7), count: $0) })
    // Fibonacci numbers as counts give the longest codes.
    var (a, b, fibonacci) = (1, 1, [UInt8]())
    for symbol in 0..<22 as Range<UInt8> {
      fibonacci += [UInt8](repeating: symbol, count: a)
      (a, b) = (b, a + b)
    }
    patterns.append(fibonacci.shuffled(using: &generator))
    patterns.append(fibonacci)
    for (index, pattern) in patterns.enumerated() {
      var checkpoint = Checkpoint()
      checkpoint.set(
        StoredArray(elementType: .uint8, shape: [pattern.count], bytes: pattern), .data, "p")
      let reader = try CheckpointReader(bytes: checkpoint.encoded())
      #expect(try reader.array(.data, "p").bytes == pattern, "pattern \(index)")
    }
  }

  @Test func noiseIsStoredAsItIs() throws {
    var generator = SplitMix(9)
    let noise = (0..<10_000).map { _ in UInt8.random(in: 0...255, using: &generator) }
    var checkpoint = Checkpoint()
    checkpoint.set(bytes: noise, .data, "noise")
    let entry = try #require(CheckpointReader(bytes: checkpoint.encoded()).entries.first)
    #expect(entry.storedByteCount == 10_000)
  }

  @Test func bytesDoNotDependOnTheNumberOfThreads() async {
    await #expect(processExitsWith: .success) {
      var checkpoint = Checkpoint()
      for (index, count) in [40_000, 3, 1_000, 0, 25_000, 64, 90_000].enumerated() {
        checkpoint.set(
          StoredArray(normals(count, seed: UInt64(index))), .optimizer, "exp_avg/\(index)")
      }
      ThreadTeam.count = 1
      let alone = try checkpoint.encoded()
      for threads in [2, 3, 8] {
        ThreadTeam.count = threads
        #expect(try checkpoint.encoded() == alone)
      }
    }
  }
}
