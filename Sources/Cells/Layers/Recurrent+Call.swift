import Requirements
import TensorCore

extension Recurrent {
  /// The output at every step, and the states after the last one, for a sequence from zero states, or
  /// from those that were learned.
  ///
  /// - Parameters:
  ///   - x: `[T, B, I]`, or `[B, T, I]` if the layout is batch first.
  ///   - lengths: The number of valid steps of each sample, 0 to T; T unless given. Outputs past a
  ///     sample's end are zero, its final state is that of its last step, and the reverse direction starts
  ///     at its own end, as with PyTorch's packed sequences. Padding is neither read nor computed; the samples
  ///     may have any order.
  ///   - resets: For each sample, the steps that start a new sequence: there the states are those that sequences
  ///     start from, and no gradient passes. To the reverse direction such a step is the last of its sequence.
  /// - Returns: `output` `[T, B, outputSize]` in the layout of the input, and `state` `[L * D, B, H]`.
  public func callAsFunction(
    _ x: Tensor, lengths: [Int]? = nil, resets: [[Int]]? = nil
  ) -> (output: Tensor, state: RecurrentState) {
    self(x, from: zeroState(batch: batch(of: x)), lengths: lengths, resets: resets)
  }

  /// The same from given states.
  public func callAsFunction(
    _ x: Tensor, from state: RecurrentState, lengths: [Int]? = nil, resets: [[Int]]? = nil
  ) -> (output: Tensor, state: RecurrentState) {
    run(x, state, lengths, resets, nil)
  }

  /// The same in training mode: dropout and zoneout masks are sampled from a random generator.
  public func callAsFunction(
    _ x: Tensor, from state: RecurrentState, lengths: [Int]? = nil, resets: [[Int]]? = nil,
    using generator: inout some RandomNumberGenerator
  ) -> (output: Tensor, state: RecurrentState) {
    let masks = RandomMasks(
      for: self, steps: steps(of: x), batch: batch(of: x), using: &generator)
    return run(x, state, lengths, resets, masks)
  }

  /// The same with given masks.
  package func callAsFunction(
    _ x: Tensor, from state: RecurrentState, lengths: [Int]? = nil, resets: [[Int]]? = nil,
    masks: RandomMasks?
  ) -> (output: Tensor, state: RecurrentState) {
    run(x, state, lengths, resets, masks)
  }

  /// Whether training samples random masks (dropout, zoneout).
  public var isRandom: Bool { firstRandomOption != nil }

  /// The name of the first option that samples random masks.
  var firstRandomOption: String? {
    dropout > 0 && layers > 1 ? "dropout" : options.firstRandomOption
  }

  func batch(of x: Tensor) -> Int { axis(layout == .timeFirst ? 1 : 0, of: x) }
  func steps(of x: Tensor) -> Int { axis(layout == .timeFirst ? 0 : 1, of: x) }

  private func axis(_ axis: Int, of x: Tensor) -> Int {
    require(
      x.rank == 3 && x.shape[2] == inputSize,
      "expected a sequence of rank 3 with \(inputSize) input units, found the shape \(x.shape)")
    return x.shape[axis]
  }

  private func run(
    _ x: Tensor, _ state: RecurrentState, _ lengths: [Int]?, _ resets: [[Int]]?,
    _ masks: RandomMasks?
  ) -> (output: Tensor, state: RecurrentState) {
    let (steps, batch) = (steps(of: x), batch(of: x))
    require(steps > 0, "expected one step or more, found a sequence of the shape \(x.shape)")
    let state = ordered(state, batch: batch)
    let mode = mode(for: x, state.tensors)
    if mode == .inference, steps == 1, hasSingleSteps, lengths == nil, resets == nil, masks == nil {
      let (output, next) = step(x.elements, batch: batch, from: state.tensors)
      let shape = [x.shape[0], x.shape[1], outputSize]
      return (Tensor(storage: output, shape: shape), state.replaced(by: next))
    }
    let marks = StepMarks(lengths: lengths, resets: resets, steps: steps, batch: batch)
    let pass = RecurrentPass(
      self, x, state.tensors, marks, masks: masks, mode, keeping: .spacedIfLarge)
    if mode == .inference { return (pass.output, state.replaced(by: pass.finalStates)) }
    var (output, states) = (pass.output, pass.finalStates)
    Tensor.record(&output, &states, dependingOn: x, state.tensors, weights) {
      pass.pullBack($0, to: &$1)
    }
    return (output, state.replaced(by: states))
  }

  /// The mode of a pass: it learns if a tape records any of its operands.
  func mode(for x: Tensor, _ states: [Tensor]) -> PassMode {
    let areTracked = weights.contains { $0.anyIsTracked }
    return PassMode(isTracked: areTracked || x.isTracked || states.anyIsTracked)
  }

  /// States that a caller gave, in the order of the cell's.
  func ordered(_ state: RecurrentState, batch: Int) -> RecurrentState {
    state.ordered(like: cell.states, layers: weights.count, batch: batch) { stateWidths[$0] }
  }
}

/// Elements are 0 with the given probability, else 1 / (1 - probability), which keeps the mean, or 1 if not scaled.
func dropoutMask(
  count: Int, probability: Float, isScaled: Bool = true,
  using generator: inout some RandomNumberGenerator
) -> Storage {
  let storage = Storage(count: count)
  let scale = isScaled ? 1 / (1 - probability) : 1
  for index in 0..<count {
    let isKept = Float.random(in: 0..<1, using: &generator) >= probability
    storage[index] = isKept ? scale : 0
  }
  return storage
}
