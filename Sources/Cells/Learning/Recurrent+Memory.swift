import Requirements
import TensorCore

extension Recurrent {
  /// The output at every step of the next window of a sequence, continued from a memory.
  ///
  /// The memory's engine computes the gradients. See ``RecurrentMemory``.
  ///
  /// - Parameters:
  ///   - x: `[T, B, I]`, or `[B, T, I]` if the layout is batch first.
  ///   - memory: The layer's states so far; the call advances it.
  ///   - initial: The states of the samples that are at the start of a sequence, zeros unless given. With a
  ///     memory that learns them they must be given.
  ///   - lengths: The number of valid steps of each sample, 0 to T.
  ///   - resets: For each sample, the steps that start a new sequence.
  /// - Returns: `[T, B, outputSize]` in the layout of the input.
  public func callAsFunction(
    _ x: Tensor, with memory: RecurrentMemory, startingFrom initial: RecurrentState? = nil,
    lengths: [Int]? = nil, resets: [[Int]]? = nil
  ) -> Tensor {
    let (steps, batch) = (steps(of: x), batch(of: x))
    require(
      steps > 0 && batch == memory.batch,
      "expected one step or more of \(memory.batch) samples, found the shape \(x.shape)")
    require(
      initial != nil || !memory.learnsInitialState,
      "a memory that learns the initial state needs it: pass startingFrom")
    let initial = initial.map { ordered($0, batch: batch) }
    let initialStates = initial?.tensors ?? []
    let marks = StepMarks(lengths: lengths, resets: resets, steps: steps, batch: batch)
    let mode = mode(for: x, initialStates)
    let window = memory.withPast {
      $0.run(self, x, marks, from: initial?.tensors, mode, of: memory)
    }
    let stateCount = cell.states.count
    let hasInitial = initial != nil
    let pullback = window.pullback
    var (output, others) = (window.output, [Tensor]())
    Tensor.record(&output, &others, dependingOn: x, initialStates, weights) { cotangents, sums in
      var result = pullback(cotangents[0])
      if !hasInitial { result.removeSubrange(1...stateCount) }
      sums.add(result)
    }
    return output
  }
}
