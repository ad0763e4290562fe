import Requirements
import TensorCore

/// A recurrent layer: any cell, in one or both directions, stacked any number of times.
///
/// ```swift
/// var generator = Philox(seed: 1)
/// let lstm = Recurrent(LSTM(), inputSize: 28, hiddenSize: 64, layers: 2, using: &generator)
/// let (output, state) = lstm(x)            // x [T, B, 28] -> output [T, B, 64]
/// let next = lstm(y, from: state)          // continues where x ended
/// ```
///
/// Parameters have PyTorch's names, shapes and order of gates: `weight_ih_l0`, `weight_hh_l0`,
/// `bias_ih_l0`, `bias_hh_l0`, and so on for layer 1, with the suffix `_reverse` for the reverse direction.
/// Layer k > 0 reads the merged outputs of layer k - 1. ``Options`` add features around each cell: dropout of
/// many kinds, zoneout, residual and highway connections, projections, learned initial states.
///
/// Under `valueAndGradient` the whole layer is one node of the tape: it is differentiated by
/// backpropagation through time with respect to the input, the initial state and the parameters.
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

  /// Everything but the weights.
  let structure: Structure
  /// The parameters of each direction of each layer, in the cell's order.
  var weights: [[Tensor]]

  /// The number of units of the input, I.
  public var inputSize: Int { structure.inputSize }
  /// The number of units of the cell, H, unless ``Options/layerSizes`` sets another.
  public var hiddenSize: Int { structure.hiddenSize }
  /// The number of layers, L.
  public var layers: Int { structure.layers }
  /// Which directions every layer reads in.
  public var direction: Direction { structure.direction }
  /// The share of the units that is dropped between layers in training, not after the last one.
  public var dropout: Float { structure.dropout }
  /// Which axis of the input and output comes first.
  public var layout: Layout { structure.layout }
  /// The features added around the cell of every layer.
  public var options: Options { structure.options }

  var plans: [PlanCache] { structure.plans }
  var stateWidths: [Int] { structure.stateWidths }
  var hasEqualStates: Bool { structure.hasEqualStates }
  package var caches: [PreparedCache] { structure.caches }

  /// A layer with weights sampled as in PyTorch, uniformly from ±1/sqrt(H), except those whose initialization
  /// the cell's equations state.
  ///
  /// - Precondition: the options pass
  ///   ``Options/validate(for:inputSize:hiddenSize:layers:direction:)``.
  public init(
    _ cell: some RecurrentCell, inputSize: Int, hiddenSize: Int, layers: Int = 1,
    direction: Direction = .forward, dropout: Float = 0, bias: Bool = true,
    layout: Layout = .timeFirst, options: Options = Options(),
    using generator: inout some RandomNumberGenerator
  ) {
    self.init(
      cell, inputSize: inputSize, hiddenSize: hiddenSize, layers: layers, direction: direction,
      dropout: dropout, bias: bias, layout: layout, options: options
    )
    initialize(using: &generator)
  }

  /// A layer whose parameters are declared, to be initialized or loaded.
  ///
  /// - Precondition: the options pass
  ///   ``Options/validate(for:inputSize:hiddenSize:layers:direction:)``.
  public init(
    _ cell: some RecurrentCell, inputSize: Int, hiddenSize: Int, layers: Int = 1,
    direction: Direction = .forward, dropout: Float = 0, bias: Bool = true,
    layout: Layout = .timeFirst, options: Options = Options()
  ) {
    require(layers > 0, "expected one layer or more, found \(layers)")
    require(dropout >= 0 && dropout < 1, "expected a dropout in 0..<1, found \(dropout)")
    options.requireSuitable(
      cell, inputSize: inputSize, hiddenSize: hiddenSize, layers: layers, direction: direction)
    structure = Structure(
      cell, inputSize: inputSize, hiddenSize: hiddenSize, layers: layers, direction: direction,
      dropout: dropout, bias: bias, layout: layout, options: options)
    weights = structure.plans.map { plan in
      plan.cell.parameters.map { $0.declared(fanIn: plan.cell.hiddenSize) }
    }
  }

  init(_ structure: Structure, weights: [[Tensor]]) {
    (self.structure, self.weights) = (structure, weights)
  }

  /// The number of units of the output.
  public var outputSize: Int { structure.outputSize }

  /// The wrapped cell's equations, for the first layer's sizes.
  public var cell: CellGraph { plans[0].cell }

  /// The cell's equations in a layer of the stack; the second direction's, where there are two.
  package func cell(ofLayer layer: Int, isSecond: Bool = false) -> CellGraph {
    plans[layer * direction.count + (isSecond ? 1 : 0)].cell
  }

  /// A layer's equations as real-time learning has to follow them: from the states that are learned, if they are.
  func learningCell(ofLayer layer: Int) -> CellGraph {
    plans[layer * direction.count].equations(.init(hasResets: options.learnsInitialState))
  }

  /// The equations of one direction of one layer, with the masks of learning where asked for.
  package func equations(ofPlace place: Int, isRandom: Bool) -> CellGraph {
    plans[place].equations(.init(isRandom: isRandom && self.isRandom))
  }

  /// The states with the number of units that each has in a ``RecurrentState``.
  package var stateSizes: [CellGraph.State] {
    zip(cell.states, stateWidths).map { CellGraph.State(name: $0.name, width: $1) }
  }

  /// The number of units that a layer of the stack reads.
  func inputSize(ofLayer layer: Int) -> Int { cell(ofLayer: layer).inputSize }

  /// The number of units of the merged output of a layer of the stack.
  func outputSize(ofLayer layer: Int) -> Int {
    direction.mergedSize(of: cell(ofLayer: layer).outputSize)
  }

  /// The default initial states of a sequence: zeros, or, where they are learned,
  /// the parameters `initial_…`, so that under `valueAndGradient` these have a gradient.
  public func zeroState(batch: Int) -> RecurrentState {
    let states = cell.states
    guard options.learnsInitialState else {
      return RecurrentState(
        names: states.map(\.name),
        tensors: stateWidths.map { Tensor(zeros: [weights.count, batch, $0]) })
    }
    return RecurrentState(
      names: states.map(\.name),
      tensors: states.indices.map { state in
        concatenate(weights.indices.map { initialState(state, place: $0, batch: batch) })
      })
  }

  /// A state to start from, `[1, B, width]`, of one direction of one layer.
  private func initialState(_ state: Int, place: Int, batch: Int) -> Tensor {
    let cell = plans[place].cell
    let name = "initial_\(cell.states[state].name)"
    guard let index = cell.parameters.firstIndex(where: { $0.name == name }) else {
      failure("no parameter \(name)")
    }
    let own = weights[place][index].reshaped(to: [1, 1, cell.states[state].width])
    let rest = stateWidths[state] - cell.states[state].width
    let row = rest == 0 ? own : concatenate([own, Tensor(zeros: [1, 1, rest])], along: 2)
    return Tensor(zeros: [1, batch, stateWidths[state]]) + row
  }

  public mutating func visitParameters(_ visitor: inout ParameterVisitor) {
    for (place, names) in structure.parameterNames.enumerated() {
      for (position, name) in names.enumerated() {
        visitor.visit(name, &weights[place][position])
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

  /// The suffix of parameter names, such as `_l0_reverse`; `place` is layer * D + direction.
  func suffix(_ place: Int) -> String {
    "_l\(place / count)" + (place % count == 1 ? "_reverse" : "")
  }

  func mergedSize(of size: Int) -> Int {
    self == .bidirectional(merge: .concatenate) ? 2 * size : size
  }
}
