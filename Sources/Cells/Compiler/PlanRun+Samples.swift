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

  /// Runs a thread's samples through some steps of a loop that takes them one by one, then its share of those that all
  /// threads take together.
  func runSamples(
    _ split: PlanSplit, _ part: Int, _ loop: Int, _ parts: LoopParts, _ steps: Range<Int>
  ) {
    run(split.samples(part, memory, in: steps), loop, parts, steps, .whole) {
      sampleMemory(loop, parts)
    }
    run(split.sharedSamples(memory), loop, parts, steps, SampleShare(part, of: split.parts)) {
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

  /// Runs samples through some steps, one after the other.
  private func run(
    _ samples: Range<Int>, _ loop: Int, _ parts: LoopParts, _ steps: Range<Int>,
    _ share: SampleShare, _ sampleMemory: () -> SampleMemory
  ) {
    if samples.isEmpty { return }
    let sampleMemory = sampleMemory()
    let computing = sampleMemory.states.flatMap { states in
      self.computing(loop).map { SpacedStates.Chunk($0, memory.areas, states, share) }
    }
    let saving = keeping.flatMap { $0.recomputation.forwardLoop == loop ? $0 : nil }
    let chunk = LoopChunk(
      parts, memory, computing?.areas ?? AreaTable(copying: memory.areas), sampleMemory.chunk,
      share, computing?.gradient.map { .reading($0) } ?? .none)
    for sample in samples {
      let count = memory.steps(ofSample: sample)
      let times = steps.clamped(to: 0..<count)
      if times.isEmpty { continue }
      // Steps are counted in the order of the pass.
      let fromEnd = count - times.upperBound..<count - times.lowerBound
      let (own, opposite) = memory.isReversed ? (fromEnd, times) : (times, fromEnd)
      guard let computing else {
        let chunks = saving?.chunks(ofSample: sample).filter { own.contains($0.lowerBound) }
        for steps in chunks ?? [own] {
          if share.isFirst { saving?.save(beforeStep: steps.lowerBound, sample: sample) }
          chunk.run(steps, sample: sample, weights)
        }
        continue
      }
      // The forward pass, which ran the other way, counts them from the last one.
      for steps in computing.chunks(ofSample: sample).reversed()
      where opposite.contains(steps.lowerBound) {
        computing.compute(steps, sample: sample)
        chunk.run(count - steps.upperBound..<count - steps.lowerBound, sample: sample, weights)
      }
    }
  }
}
