import Requirements
import TensorCore

/// One step of a cell, for a custom loop.
///
/// ```swift
/// let cell = RecurrentStep(RNN(), inputSize: 10, hiddenSize: 10, using: &generator)
/// var state = cell.zeroState(batch: 32)
/// for t in 0..<steps {
///   let output: Tensor
///   (output, state) = cell(x[t], state)
/// }
/// ```
///
/// Parameters have the names of PyTorch's cells: `weight_ih`, `weight_hh`, `bias_ih`, `bias_hh`. A step
/// computes the same numbers as a `Recurrent` layer with the same weights and options in inference.
public struct RecurrentStep: Module {
  private var layer: Recurrent

  /// A cell with weights sampled uniformly from ±1/sqrt(H).
  public init(
    _ cell: some RecurrentCell, inputSize: Int, hiddenSize: Int, bias: Bool = true,
    options: Recurrent.Options = .init(), using generator: inout some RandomNumberGenerator
  ) {
    self.init(
      cell, inputSize: inputSize, hiddenSize: hiddenSize, bias: bias, options: options)
    initialize(using: &generator)
  }

  /// A cell whose parameters are declared, to be initialized or loaded.
  public init(
    _ cell: some RecurrentCell, inputSize: Int, hiddenSize: Int, bias: Bool = true,
    options: Recurrent.Options = .init()
  ) {
    layer = Recurrent(
      cell, inputSize: inputSize, hiddenSize: hiddenSize, bias: bias, options: options)
  }

  /// The number of units of the input, I.
  public var inputSize: Int { layer.inputSize }
  /// The number of units of the cell, H.
  public var hiddenSize: Int { layer.hiddenSize }
  /// The number of units of the output.
  public var outputSize: Int { layer.outputSize }
  /// The cell's equations.
  public var cell: CellGraph { layer.cell }

  /// The states that a sequence starts from, `[B, H]`: zeros, or those that are learned.
  public func zeroState(batch: Int) -> RecurrentState {
    let state = layer.zeroState(batch: batch)
    return RecurrentState(names: state.names, tensors: state.tensors.map { $0.at(0) })
  }

  /// One step: the input `[B, I]` and the states `[B, H]` before it give the output and the states after it.
  public func callAsFunction(
    _ x: Tensor, _ state: RecurrentState
  ) -> (output: Tensor, state: RecurrentState) {
    require(
      x.rank == 2 && x.shape[1] == inputSize,
      "expected an input [B, \(inputSize)], found the shape \(x.shape)")
    let (batch, states) = (x.shape[0], cell.states)
    let state = state.ordered(like: states, batch: batch) { states[$0].width }
    guard layer.mode(for: x, state.tensors) == .inference else { return recorded(x, state) }
    let (output, next) = layer.step(x.elements, batch: batch, from: state.tensors)
    return (Tensor(storage: output, shape: [batch, outputSize]), state.replaced(by: next))
  }

  /// A step that a tape records.
  private func recorded(
    _ x: Tensor, _ state: RecurrentState
  ) -> (output: Tensor, state: RecurrentState) {
    let known = state.chain
    if let known, let (output, states) = known.step(x, state.tensors, layer.weights[0]) {
      return (output, state.replaced(by: states, chain: known))
    }
    let chain = StepChain(of: layer, x, from: state.tensors, after: known)
    guard let (output, states) = chain.step(x, state.tensors, layer.weights[0]) else {
      failure("a chain takes its first step")
    }
    return (output, state.replaced(by: states, chain: chain))
  }

  public mutating func visitParameters(_ visitor: inout ParameterVisitor) {
    for (position, parameter) in cell.parameters.enumerated() {
      visitor.visit(parameter.name, &layer.weights[0][position])
    }
  }
}
