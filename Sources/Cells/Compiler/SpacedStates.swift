import TensorCore

/// A forward pass's states of every √T-th step, and what it takes to compute those between again.
final class SpacedStates {
  let recomputation: Recomputation
  /// The forward pass's memory, which the steps read.
  private let memory: PlanMemory
  private let weights: PackedWeights
  private let interval: Int
  /// For each sample, the number of its first chunk among those of all samples.
  private let firstChunks: [Int]
  /// For each state of the recomputation, the values before the first step of each chunk: `[chunks, width]`.
  private let values: [Storage]

  init(_ recomputation: Recomputation, _ memory: PlanMemory, _ weights: PackedWeights) {
    (self.recomputation, self.memory, self.weights) = (recomputation, memory, weights)
    interval = Recomputation.interval(steps: memory.steps)
    var chunks = 0
    firstChunks = (0..<memory.batch).map { [interval] sample in
      defer { chunks += (memory.steps(ofSample: sample) + interval - 1) / interval }
      return chunks
    }
    values = recomputation.states.map { [chunks] in
      Storage(count: chunks * memory.width(ofBuffer: $0))
    }
  }

  private init(_ other: SpacedStates, _ recomputation: Recomputation) {
    self.recomputation = recomputation
    (memory, weights, interval) = (other.memory, other.weights, other.interval)
    (firstChunks, values) = (other.firstChunks, other.values)
  }

  /// The same states for another backward pass; nil if that computes others again.
  func computed(by other: Recomputation) -> SpacedStates? {
    guard other.states == recomputation.states, other.dropped == recomputation.dropped else {
      return nil
    }
    return SpacedStates(self, other)
  }

  /// The bytes of the states.
  var stateByteCount: Int { values.reduce(0) { $0 + $1.count } * MemoryLayout<Float>.stride }
  /// The bytes of the states and of the memory that the steps read.
  var byteCount: Int { stateByteCount + memory.temporary.count * MemoryLayout<Float>.stride }

  private func width(_ state: Int) -> Int { memory.width(ofBuffer: state) }

  private func value(_ number: Int, chunk: Int, sample: Int) -> Floats {
    Floats(
      values[number],
      offset: (firstChunks[sample] + chunk) * width(recomputation.states[number]))
  }

  /// The steps of a sample's chunks, in the order of the forward pass.
  func chunks(ofSample sample: Int) -> [Range<Int>] {
    let steps = memory.steps(ofSample: sample)
    return stride(from: 0, to: steps, by: interval).map { $0..<min($0 + interval, steps) }
  }

  /// Saves a sample's states before the first step of a chunk. Steps are numbered in the order of the forward pass.
  func save(beforeStep index: Int, sample: Int) {
    let step = memory.isReversed ? memory.steps(ofSample: sample) - 1 - index : index
    for (number, state) in recomputation.states.enumerated() {
      let row = memory.areas[state].row(.previous, step: step, sample: sample)
      copyRow(
        row, count: width(state), into: value(number, chunk: index / interval, sample: sample))
    }
  }

  /// A thread's way to the states of a chunk.
  final class Chunk {
    /// The memory of a chunk's states, of one thread or of those that share a sample.
    final class Memory: Sendable {
      /// For each state, the values before each step of a chunk and after the last, in the order of time.
      fileprivate let states: [Storage]
      fileprivate let running: LoopChunk.Memory

      init(_ states: SpacedStates) {
        self.states = states.recomputation.states.map {
          Storage(count: (states.interval + 1) * states.width($0))
        }
        running = LoopChunk.Memory(
          states.recomputation.parts, states.memory, holding: [],
          steps: states.recomputation.gradient == nil ? LoopParts.chunk : states.interval)
      }
    }

    /// The backward pass's areas, where the states are those of the chunk.
    let areas: AreaTable
    /// The chunks of the gradient that does without the states between some steps.
    let gradient: MatrixGradient.Chunks?
    private let states: SpacedStates
    private let forward: AreaTable
    /// Runs the steps that lead to the states.
    private let running: LoopChunk
    private let memory: Memory
    private let share: SampleShare

    init(
      _ states: SpacedStates, _ backward: AreaTable, _ memory: Memory, _ share: SampleShare
    ) {
      (self.states, self.memory, self.share) = (states, memory, share)
      areas = AreaTable(copying: backward, adding: 1)
      forward = AreaTable(copying: states.memory.areas)
      for buffer in states.recomputation.scratch {
        let row = Storage(count: states.width(buffer))
        forward.set(buffer, Area(Floats(row), rowStride: 0))
      }
      gradient = states.recomputation.gradient.map { [forward] in
        MatrixGradient.Chunks($0, forward)
      }
      running = LoopChunk(
        states.recomputation.parts, states.memory, forward, memory.running, share,
        gradient.map { .computing($0) } ?? .none)
    }

    /// The steps of a sample's chunks, in the order of the forward pass.
    func chunks(ofSample sample: Int) -> [Range<Int>] { states.chunks(ofSample: sample) }

    /// Computes the states of a sample in a chunk of steps.
    func compute(_ chunk: Range<Int>, sample: Int) {
      let pass = states.memory
      let last = pass.steps(ofSample: sample) - 1
      func time(_ index: Int) -> Int { pass.isReversed ? last - index : index }
      let first = min(time(chunk.lowerBound), time(chunk.upperBound - 1))
      for (number, state) in states.recomputation.states.enumerated() {
        let width = states.width(state)
        var area = Area(
          Floats(memory.states[number]) + -first * width, timeStride: width, rowStride: 0)
        area.previousShift = pass.isReversed ? 1 : 0
        area.nextShift = pass.isReversed ? 0 : 1
        forward.set(state, area)
        guard share.isFirst else { continue }
        copyRow(
          states.value(number, chunk: chunk.lowerBound / states.interval, sample: sample),
          count: width, into: area.row(.previous, step: time(chunk.lowerBound), sample: sample))
      }
      for (buffer, place) in states.recomputation.signals {
        areas.set(buffer, forward.part(place))
      }
      running.run(chunk, sample: sample, states.weights)
    }
  }
}
