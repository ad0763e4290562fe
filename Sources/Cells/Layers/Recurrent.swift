import TensorCore

/// A recurrent layer: any cell, in one or both directions, stacked any number of times.
///
/// ```swift
/// var generator = Philox(seed: 1)
/// let lstm = Recurrent(LSTM(), inputSize: 28, hiddenSize: 64, layers: 2, using: &generator)
/// let (output, state) = lstm(x)            // x [T, B, 28] -> output [T, B, 64]
/// let next = lstm(y, from: state)          // goes on where x ended
/// ```
///
/// Parameters have PyTorch's names, shapes and order of gates: `weight_ih_l0`, `weight_hh_l0`,
/// `bias_ih_l0`, `bias_hh_l0`, and so on for layer 1, with `_reverse` behind the reverse direction's.
/// Layer k > 0 reads the merged outputs of layer k - 1.
///
/// Under `valueAndGradient` the whole layer is one node of the tape: it is differentiated by
/// backpropagation through time over the sequence given, by the input, the initial state and the parameters.
public struct Recurrent: Module {
  /// Which directions a layer reads its sequence in.
  public enum Direction: Sendable, Hashable, Codable {
    /// From the first step to the last.
    case forward
    /// From the last step to the first; outputs keep their places in time.
    case reverse
    /// Both, each with weights of its own, with their outputs merged.
    case bidirectional(merge: Merge)
  }

  /// How the outputs of two directions become one.
  public enum Merge: String, Sendable, Hashable, Codable {
    /// The forward units, then the reverse units: twice as many.
    case concatenate
    /// Unit by unit.
    case sum, mean, product
  }

  /// Which axis of the input and output comes first. States have the same layout in both.
  public enum Layout: String, Sendable, Hashable, Codable {
    /// `[T, B, I]`.
    case timeFirst
    /// `[B, T, I]`.
    case batchFirst
  }

  /// The number of units of the input, I.
  public let inputSize: Int
  /// The number of units of the cell, H.
  public let hiddenSize: Int
  /// The number of layers, L.
  public let layers: Int
  /// Which directions every layer reads in.
  public let direction: Direction
  /// The share of the units that is dropped between layers while learning: never after the last one.
  public let dropout: Float
  /// Which axis of the input and output comes first.
  public let layout: Layout

  /// The plans of the first layer and of the others.
  let plans: [PlanCache]
  /// The parameters of each direction of each layer, in the cell's order.
  var weights: [[Tensor]]
  /// For each of them, what forward passes have made of them.
  let caches: [PreparedCache]

  /// A layer with weights drawn as PyTorch draws them, uniformly from ±1/sqrt(H), but for those
  /// whose start the cell's equations state.
  public init(
    _ cell: some RecurrentCell, inputSize: Int, hiddenSize: Int, layers: Int = 1,
    direction: Direction = .forward, dropout: Float = 0, bias: Bool = true,
    layout: Layout = .timeFirst, using generator: inout some RandomNumberGenerator
  ) {
    self.init(
      cell, inputSize: inputSize, hiddenSize: hiddenSize, layers: layers, direction: direction,
      dropout: dropout, bias: bias, layout: layout
    ) { $0.initialValue(fanIn: hiddenSize, using: &generator) }
  }

  /// A layer whose parameters are made by a function: zeros, say, to be loaded.
  package init(
    _ cell: some RecurrentCell, inputSize: Int, hiddenSize: Int, layers: Int = 1,
    direction: Direction = .forward, dropout: Float = 0, bias: Bool = true,
    layout: Layout = .timeFirst, parameter: (CellGraph.Parameter) -> Tensor
  ) {
    precondition(layers > 0, "a recurrent layer of \(layers) layers")
    precondition(dropout >= 0 && dropout < 1, "dropout of \(dropout) is not in 0..<1")
    self.inputSize = inputSize
    self.hiddenSize = hiddenSize
    self.layers = layers
    self.direction = direction
    self.dropout = dropout
    self.layout = layout
    let first = CellGraph(cell, inputSize: inputSize, hiddenSize: hiddenSize, bias: bias)
    var plans = [PlanCache(first)]
    if layers > 1 {
      let size = direction.mergedSize(of: first.outputSize)
      plans.append(
        PlanCache(CellGraph(cell, inputSize: size, hiddenSize: hiddenSize, bias: bias)))
    }
    self.plans = plans
    caches = (0..<layers * direction.count).map { _ in PreparedCache() }
    precondition(
      plans.allSatisfy { $0.cell.states == first.states },
      "layers over \(inputSize) and over \(direction.mergedSize(of: first.outputSize)) units "
        + "have states of different widths, which can't be stacked")
    weights = []
    for index in 0..<layers * direction.count {
      let cell = plans[index < direction.count ? 0 : 1].cell
      weights.append(cell.parameters.map(parameter))
    }
  }

  /// The number of units of the output.
  public var outputSize: Int { direction.mergedSize(of: cell.outputSize) }

  /// The cell's equations, for the first layer's sizes.
  public var cell: CellGraph { plans[0].cell }

  /// The cell's equations for the sizes of a layer of the stack.
  package func cell(ofLayer layer: Int) -> CellGraph { plans[layer == 0 ? 0 : 1].cell }

  /// States of zeros, which is what a sequence starts from unless it is told otherwise.
  public func zeroState(batch: Int) -> RecurrentState {
    RecurrentState(
      names: cell.states.map(\.name),
      tensors: cell.states.map {
        Tensor(zeros: [layers * direction.count, batch, $0.width])
      })
  }

  public mutating func visitParameters(_ visitor: inout ParameterVisitor) {
    for index in weights.indices {
      let (layer, isReverse) = (index / direction.count, isReversed(index))
      let parameters = plans[layer == 0 ? 0 : 1].cell.parameters
      for (position, parameter) in parameters.enumerated() {
        let suffix = "_l\(layer)" + (isReverse && direction != .reverse ? "_reverse" : "")
        visitor.visit(parameter.name + suffix, &weights[index][position])
      }
    }
  }

  /// Whether the direction of the given place among the weights runs from the last step to the first.
  func isReversed(_ index: Int) -> Bool {
    switch direction {
    case .forward: false
    case .reverse: true
    case .bidirectional: index % 2 == 1
    }
  }
}

extension Recurrent.Direction {
  /// The number of directions, D.
  public var count: Int { if case .bidirectional = self { 2 } else { 1 } }

  func mergedSize(of size: Int) -> Int {
    self == .bidirectional(merge: .concatenate) ? 2 * size : size
  }
}
