import Checkpoint
import Testing

/// A million damaged files with repaired checksums; the same for every run. `make torture` looks at many more, led by
/// the paths that they take through the reader.
struct FuzzTests {
  #if DEBUG
    private static let inputs = 20_000
  #else
    private static let inputs = 1_000_000
  #endif
  private static let parts = 8

  /// Small files of every kind of entry, to start from.
  private static func seeds() throws -> [[UInt8]] {
    var tiny = Checkpoint()
    tiny.set(StoredArray([1, -2] as [Float]), .model, "w")
    var json = Checkpoint()
    try json.setJSON(["cell": "lstm", "note": "déjà vu"], .configuration, "model")
    json.set(bytes: Array("any bytes".utf8), .application(3), "note")
    var shuffled = Checkpoint()
    shuffled.set(
      StoredArray([Float](repeating: 0.5, count: 60), shape: [3, 20]), .model, "rnn.weight")
    shuffled.set(StoredArray([Float](), shape: [0, 3]), .model, "empty")
    shuffled.set(StoredArray(UInt64(1500)), .trainer, "step")
    shuffled.set(StoredArray([UInt8](repeating: 7, count: 100)), .optimizer, "plain")
    return try [tiny, json, shuffled].map { try $0.encoded() }
      + [shuffled.encoded(compression: .none)]
  }

  @Test(arguments: 0..<FuzzTests.parts)
  func noDamagedFileIsTakenForAnother(part: Int) throws {
    let seeds = try Self.seeds()
    var mutator = RnnzMutator(seed: UInt64(part))
    var outcomes: [RnnzOracle.Outcome: Int] = [:]
    // Files that were opened are damaged further.
    var pool = seeds
    for number in 0..<Self.inputs / Self.parts {
      let isFresh = Bool.random(using: &mutator.generator)
      let file = pool[
        Int.random(in: 0..<(isFresh ? seeds.count : pool.count), using: &mutator.generator)]
      let other = pool[Int.random(in: 0..<pool.count, using: &mutator.generator)]
      let bytes = mutator.mutated(file, with: other)
      let outcome = RnnzOracle.check(bytes)
      outcomes[outcome, default: 0] += 1
      switch outcome {
      case .violation(let violation): Issue.record("input \(number) of part \(part): \(violation)")
      case .refused: continue
      case .opened, .verified:
        if pool.count < 200 {
          pool.append(bytes)
        } else if number.isMultiple(of: 16) {
          let place = Int.random(in: seeds.count..<pool.count, using: &mutator.generator)
          pool[place] = bytes
        }
      }
    }
    // Inputs that never get past the first checks would show nothing.
    for outcome in [RnnzOracle.Outcome.refused, .opened, .verified] {
      let share = Double(outcomes[outcome] ?? 0) / Double(Self.inputs / Self.parts)
      #expect(share > 0.01, "\(outcome): \(outcomes)")
    }
  }
}
