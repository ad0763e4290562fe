import Checkpoint
import Testing

/// A million damaged files with corrected checksums; the same in every run. `make torture` reads many more, guided by
/// code coverage.
struct FuzzTests {
  /// One part of the work, with its own random generator.
  struct Part: Sendable, CustomTestStringConvertible {
    var format: FuzzedFormat
    var number: Int
    var testDescription: String { "\(format) \(number)" }
  }

  #if DEBUG
    private static let inputs = 1_000
  #else
    private static let inputs = 100_000
  #endif
  /// Ten parts: half of the work for our own format.
  static let parts =
    (0..<5).map { Part(format: .rnnz, number: $0) }
    + FuzzedFormat.allCases.filter { $0 != .rnnz }.map { Part(format: $0, number: 0) }

  @Test(arguments: FuzzTests.parts)
  func noDamagedFileIsTakenForAnother(part: Part) throws {
    let seeds = try part.format.seeds()
    for (number, seed) in seeds.enumerated() {
      if case .violation(let violation) = part.format.check(seed) {
        Issue.record("seed \(number) of \(part.format): \(violation)")
      }
    }
    var random = ByteMutator(generator: SplitMix(UInt64(part.number)))
    var outcomes: [FuzzedFormat.Outcome: Int] = [:]
    // Files that were opened are damaged further.
    var pool = seeds
    for number in 0..<Self.inputs {
      let isFresh = random.happens(oneIn: 2)
      let file = pool[random.number(below: isFresh ? seeds.count : pool.count)]
      let bytes = part.format.mutated(file, with: random.choice(pool), &random)
      let outcome = part.format.check(bytes)
      outcomes[outcome, default: 0] += 1
      switch outcome {
      case .violation(let violation):
        Issue.record("input \(number) of \(part): \(violation); \(bytes)")
      case .refused: continue
      case .opened, .verified:
        if pool.count < 200 {
          pool.append(bytes)
        } else if number.isMultiple(of: 16) {
          pool[seeds.count + random.number(below: pool.count - seeds.count)] = bytes
        }
      }
    }
    // Inputs that always fail the first checks would test nothing.
    for outcome in [FuzzedFormat.Outcome.refused, .verified] {
      let share = Double(outcomes[outcome] ?? 0) / Double(Self.inputs)
      #expect(share > 0.01, "\(outcome): \(outcomes)")
    }
  }

  /// A seed that is refused would leave its operators untested.
  @Test func everyGraphSeedIsComputed() throws {
    for (number, seed) in try FuzzedFormat.graph.seeds().enumerated() {
      #expect(FuzzedFormat.graph.check(seed) == .verified, "seed \(number)")
    }
  }
}
