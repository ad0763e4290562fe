import TensorCore

extension Recurrent {
  /// The output at every step, and the states after the last one, for a sequence from zero states.
  ///
  /// - Parameters:
  ///   - x: `[T, B, I]`, or `[B, T, I]` if the layout is batch first.
  ///   - lengths: How many steps of each sample count, 0 to T each; all of them unless given. Outputs past a
  ///     sample's end are zero, its final state is that of its last step, and the reverse direction starts
  ///     at its own end, as with PyTorch's packed sequences.
  /// - Returns: `output` `[T, B, outputSize]` in the layout of the input, and `state` `[L * D, B, H]`.
  public func callAsFunction(
    _ x: Tensor, lengths: [Int]? = nil
  ) -> (output: Tensor, state: RecurrentState) {
    self(x, from: zeroState(batch: batch(of: x)), lengths: lengths)
  }

  /// The same from given states.
  public func callAsFunction(
    _ x: Tensor, from state: RecurrentState, lengths: [Int]? = nil
  ) -> (output: Tensor, state: RecurrentState) {
    run(x, state, lengths, masks: [])
  }

  /// The same with dropout between the layers, drawn from a generator.
  public func callAsFunction(
    _ x: Tensor, from state: RecurrentState, lengths: [Int]? = nil,
    using generator: inout some RandomNumberGenerator
  ) -> (output: Tensor, state: RecurrentState) {
    guard dropout > 0, layers > 1 else { return self(x, from: state, lengths: lengths) }
    let (steps, batch) = (steps(of: x), batch(of: x))
    let masks = (1..<layers).map { _ in
      dropoutMask(
        count: steps * batch * outputSize, probability: dropout, using: &generator)
    }
    return run(x, state, lengths, masks: masks)
  }

  func batch(of x: Tensor) -> Int { x.shape[layout == .timeFirst ? 1 : 0] }
  func steps(of x: Tensor) -> Int { x.shape[layout == .timeFirst ? 0 : 1] }

  private func run(
    _ x: Tensor, _ state: RecurrentState, _ lengths: [Int]?, masks: [Storage]
  ) -> (output: Tensor, state: RecurrentState) {
    precondition(
      x.rank == 3 && x.shape[2] == inputSize,
      "a sequence of shape \(x.shape) for a layer with \(inputSize) input units")
    check(state, batch: batch(of: x))
    let inputs = [x] + state.tensors + weights.flatMap { $0 }
    let pass = RecurrentPass(
      self, x, state.tensors, lengths, masks: masks, learns: inputs.contains { $0.isTracked })
    let outputs = Tensor.record(
      [pass.output] + pass.finalStates, dependingOn: inputs, pullback: pass.pullback)
    return (
      outputs[0], RecurrentState(names: state.names, tensors: Array(outputs.dropFirst()))
    )
  }

  func check(_ state: RecurrentState, batch: Int) {
    precondition(
      state.names == cell.states.map(\.name),
      "states \(state.names) for a cell with \(cell.states.map(\.name))")
    for (spec, tensor) in zip(cell.states, state.tensors) {
      let expected = [layers * direction.count, batch, spec.width]
      precondition(
        tensor.shape == expected,
        "state \(spec.name) has the shape \(tensor.shape), expected \(expected)")
    }
  }
}

/// 0 with the given probability, else 1 / (1 - probability), so that the mean stays as it is.
func dropoutMask(
  count: Int, probability: Float, using generator: inout some RandomNumberGenerator
) -> Storage {
  let storage = Storage(count: count)
  let scale = 1 / (1 - probability)
  for index in 0..<count {
    let isKept = Float.random(in: 0..<1, using: &generator) >= probability
    storage.pointer[index] = isKept ? scale : 0
  }
  return storage
}
