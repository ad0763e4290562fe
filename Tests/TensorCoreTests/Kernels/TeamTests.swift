import CTensorKernels
import Synchronization
import TensorCore
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// What the parts of a job share.
private final class Job: Sendable {
  let visits: [Atomic64]
  /// The parts but the first that have begun.
  let begun = Atomic64()
  let usesBarrier: Bool
  let wrong = Atomic64()

  init(parts: Int, usesBarrier: Bool = false) {
    visits = (0..<parts).map { _ in Atomic64() }
    self.usesBarrier = usesBarrier
  }

  var counts: [Int] { visits.map { $0.value.load(ordering: .relaxed) } }

  func withPointer<Result>(_ body: (UnsafeMutableRawPointer) -> Result) -> Result {
    withExtendedLifetime(self) { body(Unmanaged.passUnretained(self).toOpaque()) }
  }

  static func from(_ context: UnsafeMutableRawPointer?) -> Job {
    Unmanaged<Job>.fromOpaque(context!).takeUnretainedValue()
  }
}

private final class Atomic64: Sendable {
  let value = Atomic<Int>(0)
}

/// The team is the process's own: these tests run one after the other.
@Suite(.serialized) struct TeamTests {
  private static let visit: @convention(c) (UnsafeMutableRawPointer?, Int32) -> Void = {
    let job = Job.from($0)
    job.visits[Int($1)].value.add(1, ordering: .relaxed)
  }

  /// In round r every part adds one; after the barrier every part sees that all have.
  private static let visitAndWait: @convention(c) (UnsafeMutableRawPointer?, Int32) -> Void = {
    let job = Job.from($0)
    for round in 1...100 {
      job.visits[Int($1)].value.add(1, ordering: .relaxed)
      ctk_team_barrier()
      for visit in job.visits where visit.value.load(ordering: .relaxed) != round {
        job.wrong.value.add(1, ordering: .relaxed)
      }
      ctk_team_barrier()
    }
  }

  private static let nest: @convention(c) (UnsafeMutableRawPointer?, Int32) -> Void = {
    context, part in
    if ctk_team_try_run(2, visit, context) {
      Job.from(context).wrong.value.add(1, ordering: .relaxed)
    }
    ctk_team_run(3, visit, context)
  }

  private func withThreads(_ count: Int32, _ body: () -> Void) {
    let before = ctk_thread_count()
    ctk_set_thread_count(count)
    body()
    ctk_set_thread_count(before)
  }

  @Test(arguments: [1, 2, 3, 8], [0, 1, 2, 5, 40])
  func runsEveryPartOnce(threads: Int32, parts: Int) {
    withThreads(threads) {
      let job = Job(parts: parts)
      for _ in 0..<200 { job.withPointer { ctk_team_run(Int32(parts), Self.visit, $0) } }
      #expect(job.counts == [Int](repeating: 200, count: parts))
    }
  }

  @Test(arguments: [2, 3, 6])
  func barrierSeparatesRounds(parts: Int) {
    withThreads(Int32(parts)) {
      let job = Job(parts: parts, usesBarrier: true)
      // Other suites may have the team at this moment.
      let ran = job.withPointer { pointer in
        (0..<10_000).contains { _ in
          if ctk_team_try_run(Int32(parts), Self.visitAndWait, pointer) { return true }
          usleep(1000)
          return false
        }
      }
      #expect(ran)
      #expect(job.counts == [Int](repeating: 100, count: parts))
      #expect(job.wrong.value.load(ordering: .relaxed) == 0)
    }
  }

  @Test func callFromInsideABodyRunsAlone() {
    withThreads(3) {
      let job = Job(parts: 3)
      job.withPointer { ctk_team_run(3, Self.nest, $0) }
      #expect(job.counts == [3, 3, 3])
      #expect(job.wrong.value.load(ordering: .relaxed) == 0)
    }
  }

  @Test func moreThanTheThreadsIsRefused() {
    withThreads(2) {
      let job = Job(parts: 3)
      #expect(!job.withPointer { ctk_team_try_run(3, Self.visit, $0) })
      #expect(job.counts == [0, 0, 0])
    }
  }

  @Test func twoCallersAtOnceBothFinish() async {
    ctk_set_thread_count(2)
    await withTaskGroup(of: Bool.self) { group in
      for _ in 0..<4 {
        group.addTask {
          let job = Job(parts: 4)
          for _ in 0..<2000 { job.withPointer { ctk_team_run(4, Self.visit, $0) } }
          return job.counts == [2000, 2000, 2000, 2000]
        }
      }
      for await isRight in group { #expect(isRight) }
    }
  }

  /// A part on another thread than the caller's comes late.
  /// Of two parts the second one ends late. The first one ends once it has begun, so that its thread waits for the other,
  /// and does not take the second part itself.
  private static let visitLate: @convention(c) (UnsafeMutableRawPointer?, Int32) -> Void = {
    let job = Job.from($0)
    let earlierVisits = job.visits[Int($1)].value.load(ordering: .relaxed)
    if $1 > 0 {
      job.begun.value.add(1, ordering: .relaxed)
      usleep(3000)
    } else {
      while job.begun.value.load(ordering: .relaxed) == earlierVisits { usleep(10) }
    }
    job.visits[Int($1)].value.add(1, ordering: .relaxed)
  }

  /// Threads that the caller waits for longer than they save are left out, and tried again later.
  @Test func lateThreadsAreLeftOutForAWhile() {
    withThreads(2) {
      let job = Job(parts: 2)
      func tries(_ body: @convention(c) (UnsafeMutableRawPointer?, Int32) -> Void) -> Bool {
        job.withPointer { ctk_team_try_run(2, body, $0) }
      }
      // Other suites may have the team at any moment.
      #expect((0..<1000).contains { _ in !tries(Self.visitLate) })
      #expect(
        (0..<10_000).contains { _ in
          usleep(1000)
          return tries(Self.visit)
        })
    }
  }

  /// The job of steps whose product's columns are split.
  private final class SplitProduct: Sendable {
    let rounds = [Atomic64(), Atomic64()]
    let steps: StepSequence
    let weights: PackedWeights
    let areas = AreaTable(count: 2)
    let result = Storage(repeating: 0, count: 300)

    init() {
      let x = Storage(count: 8) { Float($0) - 3 }
      let w = Storage(count: 8 * 300) { Float($0 % 17) - 8 }
      areas.set(0, Area(Floats(x), rowStride: 8))
      areas.set(1, Area(Floats(result), rowStride: 300))
      weights = PackedWeights([
        PackedMatrix(StridedMatrix(Floats(w), rows: 8, columns: 300), precision: .highest)
      ])
      steps = StepSequence([
        .product(
          Step.Product(
            Place(area: 0, columns: 8), weight: 0, bias: nil, accumulates: true,
            into: Place(area: 1, columns: 300)))
      ])
    }

    func run(_ part: Int, of parts: Int) {
      var block = StepBlock(step: 0, rows: 1)
      (block.part, block.parts) = (part, parts)
      steps.run(areas, weights, block)
    }
  }

  /// Steps until one thread is left, then five more.
  private static let multiplyLate: @convention(c) (UnsafeMutableRawPointer?, Int32) -> Void = {
    let product = Unmanaged<SplitProduct>.fromOpaque($0!).takeUnretainedValue()
    let part = Int($1)
    for _ in 0..<1000 where !ctk_team_is_apart() {
      if part > 0 { usleep(3000) }
      product.run(part, of: 2)
      product.rounds[part].value.add(1, ordering: .relaxed)
    }
    for _ in 0..<5 { product.run(part, of: 2) }
    ctk_team_barrier()
  }

  /// Where threads that split columns cost more than they save, the first one goes on alone, with the same sums.
  @Test func aLateThreadsColumnsAreComputedByTheFirst() {
    withThreads(2) {
      let product = SplitProduct()
      let ran = withExtendedLifetime(product) {
        (0..<10_000).contains { _ in
          usleep(1000)
          return ctk_team_try_run(
            2, Self.multiplyLate, Unmanaged.passUnretained(product).toOpaque())
        }
      }
      #expect(ran)
      let rounds = product.rounds.map { $0.value.load(ordering: .relaxed) }
      #expect(rounds[0] == rounds[1] && rounds[0] < 1000)
      let found = Floats(product.result).array(300)
      product.result.fill(0..<300, with: 0)
      for _ in 0..<rounds[0] + 5 { product.run(0, of: 1) }
      #expect(found == Floats(product.result).array(300))
    }
  }

  /// The typical time of a hand-over is about the median of the last ones: some that are very late count no more than others.
  @Test func theTypicalHandoverIsAboutTheMedian() {
    var typical: Int64 = 0
    func note(_ times: [Int64], repeated count: Int) {
      for _ in 0..<count {
        for time in times { typical = ctk_team_typical_handover(typical, time) }
      }
    }
    note([90, 110, 100, 3_000_000, 95, 105], repeated: 20)
    #expect(80...160 ~= typical)
    note([700, 800, 750, 40, 720], repeated: 20)
    #expect(500...900 ~= typical)
    note([60], repeated: 40)
    #expect(50...70 ~= typical)
  }

  @Test func leastWorkIsOneOfTwoLimits() {
    #expect([100_000, 500_000].contains(ctk_team_least_work()))
  }

  @Test func threadCountIsAtLeastOne() {
    withThreads(-5) { #expect(ctk_thread_count() == 1) }
    withThreads(4) { #expect(ctk_thread_count() == 4) }
  }
}

@Suite struct SystemTests {
  @Test func memoryIsAligned() {
    for count in [0, 1, 17, 100_000] {
      let memory = ctk_memory_create(count)
      #expect(UInt(bitPattern: memory) % 64 == 0 && memory != nil)
      ctk_memory_destroy(memory)
    }
  }

  @Test func hopelessMemoryIsRefused() {
    #expect(ctk_memory_create(.max) == nil)
    #expect(ctk_memory_create(-1) == nil)
  }

  @Test func portableKernelsAreAlwaysThere() {
    #expect(ctk_isa_supported(CTK_ISA_PORTABLE))
    #expect(ctk_isa_supported(ctk_isa_active()))
    #expect(String(cString: ctk_isa_name(CTK_ISA_AVX512)) == "avx512")
    #expect(!ctk_isa_select(ctk_isa(rawValue: 99)))
  }
}
