import Testing

@testable import Cells
@testable import TensorCore

/// A loop's parts, which go through chunks of steps one after the other, leave in memory what its steps leave that are run
/// in turn at each step.
@Suite struct LoopPartsTests {
  private static let (steps, batch) = (LoopParts.chunk + 3, 2)

  /// Random memory of the caller.
  private struct Signals: PlanSignals {
    let areas: [Schedule.Buffer.Kind: Area]
    let states: [Int: Storage]

    init(_ schedule: Schedule, _ generator: inout Philox) {
      var areas: [Schedule.Buffer.Kind: Area] = [:]
      var states: [Int: Storage] = [:]
      for buffer in schedule.buffers {
        let row = LoopPartsTests.batch * buffer.width
        switch buffer.kind {
        case .sequence, .output:
          let storage = Storage(random: LoopPartsTests.steps * row, &generator)
          areas[buffer.kind] = Area(Floats(storage), timeStride: row, rowStride: buffer.width)
        case .gathered(let index):
          let storage = Storage(random: schedule.gatheredRows[index] * buffer.width, &generator)
          areas[buffer.kind] = Area(Floats(storage), rowStride: buffer.width)
        case .state(let index): states[index] = Storage(random: row, &generator)
        default: break
        }
      }
      (self.areas, self.states) = (areas, states)
    }

    func sequence(_ index: Int) -> Area { areas[.sequence(index)]! }
    func output(_ index: Int) -> Area { areas[.output(index)]! }
    func initialState(_ index: Int) -> Floats? { states[index].map { Floats($0) } }
    func gathered(_ index: Int) -> Floats { areas[.gathered(index)]!.memory }
  }

  /// What a loop leaves in memory, by buffer.
  private func results(
    _ runnable: RunnableSchedule, _ parameters: [CellGraph.Parameter], isReversed: Bool,
    dropping dropped: Set<Int>, _ run: (PlanMemory) -> Void
  ) -> [[UInt32]] {
    var generator = Philox(seed: 3)
    let tensors = parameters.map { Tensor(uniform: $0.shape, from: 0.1, to: 1, using: &generator) }
    let arguments = PlanArguments(
      batch: Self.batch, steps: Self.steps, isReversed: isReversed,
      parameters: PlanParameters(tensors))
    let memory = PlanMemory(
      runnable, arguments, goesStepByStep: false, prepared: nil, dropping: dropped)
    let signals = Signals(runnable.schedule, &generator)
    for storage in memory.prepared { storage?.fill(&generator) }
    memory.temporary.fill(&generator)
    memory.bind(arguments, signals)
    memory.kept?.fill(&generator)
    for (index, state) in signals.states {
      let first = isReversed ? Self.steps - 1 : 0
      copyRow(
        Floats(state), count: state.count,
        into: memory.rows(ofState: index, .previous, step: first))
    }
    run(memory)
    let outputs = signals.areas.sorted { "\($0.key)" < "\($1.key)" }.map(\.value.memory.storage)
    let kept = runnable.schedule.buffers.indices.compactMap { number -> [UInt32]? in
      let buffer = runnable.schedule.buffers[number]
      switch buffer.kind {
      case .everyStep: return bits(memory, number, 0..<Self.steps, .current)
      case .state where buffer.keepsHistory && !dropped.contains(number):
        return bits(memory, number, 0..<Self.steps, .next)
      case .state:
        let last = isReversed ? 0 : Self.steps - 1
        return bits(memory, number, last..<last + 1, .next)
      default: return nil
      }
    }
    return kept + outputs.map(\.bits)
  }

  private func bits(
    _ memory: PlanMemory, _ number: Int, _ steps: Range<Int>, _ slot: Place.Slot
  ) -> [UInt32] {
    steps.flatMap { step in
      (0..<Self.batch).flatMap { sample in
        let row = memory.areas[number].row(slot, step: step, sample: sample)
        return (0..<memory.width(ofBuffer: number)).map {
          row.storage[row.offset + $0].bitPattern
        }
      }
    }
  }

  @Test(arguments: RecomputationTests.cells.indices)
  func partsLeaveTheSameBits(_ index: Int) throws {
    let cell = RecomputationTests.cells[index]
    let graph = CellGraph(cell, inputSize: 8, hiddenSize: 48)
    let plan = Plan(graph, learns: true)
    let weights = PackedWeights([])
    var heads: [Int] = []
    for runnable in [plan.forwardSchedule, try #require(plan.backwardSchedule).schedule] {
      let loops = runnable.schedule.earlier.map(\.loop) + [runnable.schedule.loop]
      heads.append(
        runnable.loops.flatMap { $0.parts?.parts.compactMap(\.heads) ?? [] }.max() ?? 0)
      for (steps, parts) in zip(loops, runnable.loops.map(\.parts)) {
        guard let parts else { continue }
        let states = steps.flatMap(\.written).map(\.area).filter {
          if case .state = runnable.schedule.buffers[$0].kind { true } else { false }
        }
        for (isReversed, dropped) in [(false, []), (true, []), (false, Set(states))] {
          let expected = results(
            runnable, graph.parameters, isReversed: isReversed, dropping: dropped
          ) { memory in
            for index in 0..<Self.steps {
              let step = isReversed ? Self.steps - 1 - index : index
              StepSequence(steps).run(
                memory.areas, weights, StepBlock(step: step, rows: Self.batch))
            }
          }
          let found = results(
            runnable, graph.parameters, isReversed: isReversed, dropping: dropped
          ) { memory in
            let chunk = LoopChunk(
              parts, memory, AreaTable(copying: memory.areas),
              LoopChunk.Memory(
                parts, memory, holding: parts.states.filter { memory.areas[$0].stepMask != -1 }),
              .whole)
            for sample in 0..<Self.batch {
              chunk.run(0..<Self.steps, sample: sample, weights)
            }
          }
          let name = "\(cell), reversed \(isReversed), \(dropped.isEmpty)"
          if parts.parts.allSatisfy({ $0.recurrence == nil }) {
            #expect(found == expected, "\(name)")
          } else {
            // Matrices that go through several steps as products are rounded differently.
            for (found, expected) in zip(found, expected) {
              expectClose(
                found.map { Float(bitPattern: $0) }, expected.map { Float(bitPattern: $0) },
                within: 2e-5, name)
            }
          }
        }
      }
    }
    // The heads of an update and a read go one after the other, and so do blocks of a single matrix's rows.
    #expect(heads == (cell is SSD ? [4, 4] : [2, 2]), "\(cell)")
  }

  /// Threads that share a sample write the matrices of a step, which all heads of a thread share, in places of their own.
  @Test func threadsHaveScratchMemoryOfTheirOwn() throws {
    let graph = CellGraph(GatedDeltaNet(heads: 2), inputSize: 8, hiddenSize: 48)
    let runnable = Plan(graph, learns: true).forwardSchedule
    let parts = try #require(runnable.loops[0].parts)
    let part = try #require(parts.parts.first { $0.heads == 2 })
    let tensors = graph.parameters.map { Tensor(zeros: $0.shape) }
    let arguments = PlanArguments(
      batch: 1, steps: Self.steps, isReversed: false, parameters: PlanParameters(tensors))
    let memory = PlanMemory(runnable, arguments, goesStepByStep: false, prepared: nil)
    let chunks = (0..<2).map {
      LoopChunk(
        parts, memory, AreaTable(copying: memory.areas),
        LoopChunk.Memory(parts, memory, holding: []), SampleShare($0, of: 2))
    }
    #expect(!part.scratch.isEmpty)
    for area in part.scratch {
      let offsets = chunks.map { $0.areas[area].row(.current, step: 0).offset }
      #expect(offsets[1] - offsets[0] == memory.width(ofBuffer: area) / 2)
    }
  }
}

extension Storage {
  fileprivate convenience init(random count: Int, _ generator: inout Philox) {
    self.init(count: count)
    fill(&generator)
  }

  fileprivate func fill(_ generator: inout Philox) {
    for index in 0..<count {
      self[index] = 0.1 + 0.9 * Float(generator.next() >> 40) / Float(1 << 24)
    }
  }

  fileprivate var bits: [UInt32] { (0..<count).map { self[$0].bitPattern } }
}
