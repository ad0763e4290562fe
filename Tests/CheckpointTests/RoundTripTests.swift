import Checkpoint
import TensorCore
import Testing

struct RoundTripTests {
  @Test(arguments: Compression.allCases)
  func readsBackWhatWasWritten(compression: Compression) throws {
    let checkpoint = try sample()
    let bytes = try checkpoint.encoded(compression: compression)
    let reader = try CheckpointReader(bytes: bytes)
    try reader.verify()
    #expect(try Checkpoint(reading: reader) == checkpoint)
    #expect(try Checkpoint(reading: reader).encoded(compression: compression) == bytes)
  }

  @Test func numbersAreReadAsDoubles() {
    let large = 1 << 53 - 1
    #expect(StoredArray([Int64(large), -3]).doubles == [Double(large), -3])
    #expect(StoredArray([UInt64.max]).doubles == [0x1p64])
    #expect(StoredArray([0.1, 1e300]).doubles == [0.1, 1e300])
    #expect(StoredArray([0.1 as Float]).doubles == [Double(0.1 as Float)])
    #expect(StoredArray([Int32.min]).doubles == [-2_147_483_648])
    #expect(StoredArray([UInt32.max]).doubles == [4_294_967_295])
    #expect(StoredArray([Int8(-5)]).doubles == [-5])
    #expect(StoredArray([UInt8(200)]).doubles == [200])
    let half = StoredArray(elementType: .float16, shape: [1], bytes: [0, 0x3C])
    #expect(half.doubles == [1])
  }

  @Test func everyBitOfAFloatSurvives() throws {
    let patterns: [UInt32] = [
      // Zeros, subnormals, infinities; then quiet and signalling NaNs with payloads.
      0x0000_0000, 0x8000_0000, 0x0000_0001, 0x807F_FFFF, 0x7F80_0000, 0xFF80_0000,
      0x7FC0_0000, 0x7F80_0001, 0xFFC1_2345, 0x7FFF_FFFF,
    ]
    let floats = (0..<40).map { Float(bitPattern: patterns[$0 % patterns.count]) }
    for compression in Compression.allCases {
      var checkpoint = Checkpoint()
      checkpoint.set(StoredArray(floats, shape: [4, 10]), .model, "w")
      checkpoint.set(Tensor(floats, shape: [40]), .model, "t")
      let reader = try CheckpointReader(bytes: checkpoint.encoded(compression: compression))
      let expected = floats.map(\.bitPattern)
      #expect(try reader.values(Float.self, .model, "w").map(\.bitPattern) == expected)
      #expect(try reader.tensor(.model, "t").scalars.map(\.bitPattern) == expected)
      #expect(try reader.tensor(.model, "w").shape == [4, 10])
    }
  }

  @Test func everyShapeSurvives() throws {
    let shapes = [
      [], [0], [1], [7], [0, 3], [3, 0], [2, 3, 4, 1, 1, 2, 1, 2], [1, 1, 1, 1, 1, 1, 1, 1],
      [17, 3],
    ]
    var checkpoint = Checkpoint()
    for (index, shape) in shapes.enumerated() {
      let count = shape.reduce(1, *)
      checkpoint.set(
        StoredArray(normals(count, seed: UInt64(index)), shape: shape), .carry, "\(index)")
    }
    let read = try Checkpoint(reading: CheckpointReader(bytes: checkpoint.encoded()))
    #expect(read == checkpoint)
  }

  @Test func everyElementTypeSurvives() throws {
    var (checkpoint, generator) = (Checkpoint(), SplitMix(5))
    for type in ElementType.allCases {
      for count in [0, 1, 15, 64, 333] {
        let bytes = (0..<count * type.width).map { _ in UInt8.random(in: 0...3, using: &generator) }
        checkpoint.set(
          StoredArray(elementType: type, shape: [count], bytes: bytes), .data, "\(type)-\(count)")
      }
    }
    for compression in Compression.allCases {
      let bytes = try checkpoint.encoded(compression: compression)
      #expect(try Checkpoint(reading: CheckpointReader(bytes: bytes)) == checkpoint)
    }
  }

  @Test func anEmptyCheckpointIsAFile() throws {
    let bytes = try Checkpoint().encoded()
    #expect(bytes.count == 80)
    #expect(try Checkpoint(reading: CheckpointReader(bytes: bytes)) == Checkpoint())
  }

  /// Ten thousand random checkpoints of up to five entries, each in a random mode.
  @Test func randomCheckpointsSurvive() throws {
    var generator = SplitMix(2026)
    for number in 0..<10_000 {
      let checkpoint = randomCheckpoint(using: &generator)
      let compression = Compression.allCases.randomElement(using: &generator) ?? .fast
      let bytes = try checkpoint.encoded(compression: compression)
      let reader = try CheckpointReader(bytes: bytes)
      #expect(try Checkpoint(reading: reader) == checkpoint, "case \(number)")
    }
  }

  private func randomCheckpoint(using generator: inout SplitMix) -> Checkpoint {
    var checkpoint = Checkpoint()
    for _ in 0..<Int.random(in: 0...5, using: &generator) {
      let section = Checkpoint.Section(rawValue: .random(in: 0...255, using: &generator))
      let name = String(
        (0..<Int.random(in: 1...6, using: &generator)).map { _ in
          "aZ0./éß漢🙂 ".randomElement(using: &generator) ?? "x"
        })
      let type = ElementType.allCases.randomElement(using: &generator) ?? .float32
      let rank = Int.random(in: 0...8, using: &generator)
      let shape = (0..<rank).map { _ in Int.random(in: 0...(rank < 3 ? 9 : 2), using: &generator) }
      let range: ClosedRange<UInt8> = Bool.random(using: &generator) ? 0...255 : 0...1
      let bytes = (0..<shape.reduce(type.width, *)).map { _ in
        UInt8.random(in: range, using: &generator)
      }
      if Bool.random(using: &generator) {
        checkpoint.set(
          StoredArray(elementType: type, shape: shape, bytes: bytes), section, name)
      } else {
        checkpoint.set(bytes: bytes, section, name)
      }
    }
    return checkpoint
  }
}
