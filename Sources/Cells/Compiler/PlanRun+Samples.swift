import TensorCore

extension PlanRun {
  /// The memory of a sample's way through a loop.
  final class SampleMemory: Sendable {
    let chunk: LoopChunk.Memory
    let states: SpacedStates.Chunk.Memory?

    init(_ chunk: LoopChunk.Memory, _ states: SpacedStates.Chunk.Memory?) {
      (self.chunk, self.states) = (chunk, states)
    }
  }

  /// Runs a thread's samples through a loop that takes them one by one, then its share of those that all threads take
  /// together.
  func runSamples(_ split: PlanSplit, _ part: Int, _ loop: Int, _ parts: LoopParts) {
    run(split.samples(part, memory, in: 0..<memory.steps), loop, parts, .whole) {
      sampleMemory(loop, parts)
    }
    run(split.sharedSamples(memory), loop, parts, SampleShare(part, of: split.parts)) {
      guard let shared else { return sampleMemory(loop, parts) }
      return shared.withLock { known in
        let memory = known[loop] ?? sampleMemory(loop, parts)
        known[loop] = memory
        return memory
      }
    }
  }

  private func sampleMemory(_ loop: Int, _ parts: LoopParts) -> SampleMemory {
    SampleMemory(
      LoopChunk.Memory(
        parts, memory, holding: parts.states.filter { memory.areas[$0].stepMask != -1 }),
      computing(loop).map { SpacedStates.Chunk.Memory($0) })
  }

  /// The states that are computed again for a loop.
  private func computing(_ loop: Int) -> SpacedStates? {
    reading.flatMap { $0.recomputation.backwardLoop == loop ? $0 : nil }
  }

  /// Runs samples through all steps, one after the other.
  private func run(
    _ samples: Range<Int>, _ loop: Int, _ parts: LoopParts, _ share: SampleShare,
    _ sampleMemory: () -> SampleMemory
  ) {
    if samples.isEmpty { return }
    let own = sampleMemory()
    let computing = own.states.flatMap { states in
      self.computing(loop).map { SpacedStates.Chunk($0, memory.areas, states, share) }
    }
    let saving = keeping.flatMap { $0.recomputation.forwardLoop == loop ? $0 : nil }
    let chunk = LoopChunk(
      parts, memory, computing?.areas ?? AreaTable(copying: memory.areas), own.chunk, share,
      computing?.gradient.map { .reading($0) } ?? .none)
    for sample in samples {
      let count = memory.steps(ofSample: sample)
      guard let computing else {
        for steps in saving?.chunks(ofSample: sample) ?? [0..<count] {
          if share.isFirst { saving?.save(beforeStep: steps.lowerBound, sample: sample) }
          chunk.run(steps, sample: sample, weights)
        }
        continue
      }
      for steps in computing.chunks(ofSample: sample).reversed() {
        computing.compute(steps, sample: sample)
        // The backward pass counts its steps from the last one.
        chunk.run(count - steps.upperBound..<count - steps.lowerBound, sample: sample, weights)
      }
    }
  }
}
