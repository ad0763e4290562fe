import Requirements
import TensorCore

/// The states of a recurrent layer or step, by name.
///
/// A layer's states have the shape `[layers * directions, B, width]`, as in PyTorch: layer after layer,
/// the forward direction before the reverse one. A step's have `[B, width]`.
///
/// Layers and steps look states up by their names, so the order does not matter. Names that the cell does
/// not have, or names that are missing, stop the process with a message that lists both.
public struct RecurrentState: Sendable {
  /// The names, each once: "hidden" and, for an LSTM, "cell".
  public let names: [String]
  /// The values, in the order of ``names``.
  public internal(set) var tensors: [Tensor]

  private var link: StepChain.Link?

  /// The recorded steps of a loop that these states are the last ones of, while the tape keeps them.
  var chain: StepChain? { link?.chain }

  /// States with the given names and values.
  public init(_ states: [(name: String, value: Tensor)]) {
    self.init(names: states.map(\.name), tensors: states.map(\.value))
  }

  /// States with the given names and, in the same order, values.
  ///
  /// ```swift
  /// let (loss, gradients, inputGradients) = valueAndGradient(of: lstm, at: [x] + state.tensors) { lstm, inputs in
  ///   let start = RecurrentState(names: state.names, tensors: Array(inputs.dropFirst()))
  ///   return lstm(inputs[0], from: start).output.sum()
  /// }
  /// ```
  public init(names: [String], tensors: [Tensor]) {
    require(
      names.count == tensors.count, "\(names.count) names \(names) for \(tensors.count) states")
    for (index, name) in names.enumerated() {
      require(!names[..<index].contains(name), "two states have the name \(name) among \(names)")
    }
    self.names = names
    self.tensors = tensors
  }

  /// The state of a name. Asking for a name that the cell doesn't have is a caller's bug.
  public subscript(name: String) -> Tensor {
    get { tensors[position(name)] }
    set { tensors[position(name)] = newValue }
  }

  /// The values of these names, in their order.
  package func tensors(of wanted: [String]) -> [Tensor] {
    wanted == names ? tensors : wanted.map { self[$0] }
  }

  /// The hidden state, which most cells have.
  public var hidden: Tensor { self["hidden"] }

  /// The same values as constants: gradients do not flow through them.
  public func detached() -> RecurrentState {
    RecurrentState(names: names, tensors: tensors.map { $0.detached() })
  }

  /// The states of some samples of the batch, in this order; samples may repeat.
  package func samples(_ samples: [Int]) -> RecurrentState {
    replaced(
      by: tensors.map { tensor in
        let (batch, width) = (tensor.shape[tensor.rank - 2], tensor.shape[tensor.rank - 1])
        let others = Array(tensor.shape.dropLast(2))
        let count = others.reduce(1, *)
        let rows = (0..<count).flatMap { row in samples.map { Int32(row * batch + $0) } }
        return tensor.reshaped(to: [count * batch, width])
          .gatheringRows(rows, shape: others + [samples.count])
      })
  }

  /// States of the same names with other values.
  func replaced(by tensors: [Tensor], chain: StepChain? = nil) -> RecurrentState {
    var state = self
    (state.tensors, state.link) = (tensors, chain?.link)
    return state
  }

  /// The same states in the order of a cell's. Their shapes must be `[layers, batch, width]`, or `[batch, width]` for one
  /// cell.
  func ordered(
    like states: [CellGraph.State], layers: Int? = nil, batch: Int, widths: (_ index: Int) -> Int
  ) -> RecurrentState {
    let isOrdered =
      names.count == states.count && states.indices.allSatisfy { names[$0] == states[$0].name }
    let result = isOrdered ? self : sorted(like: states)
    for index in states.indices {
      let found = result.tensors[index].shape
      let width = widths(index)
      let isExpected =
        if let layers {
          found.count == 3 && (found[0], found[1], found[2]) == (layers, batch, width)
        } else {
          found.count == 2 && (found[0], found[1]) == (batch, width)
        }
      require(
        isExpected,
        "state \(states[index].name) has the shape \(found), expected "
          + "\((layers.map { [$0] } ?? []) + [batch, width])")
    }
    return result
  }

  private func sorted(like states: [CellGraph.State]) -> RecurrentState {
    let expected = states.map(\.name)
    require(
      names.count == expected.count && Set(names) == Set(expected),
      "states \(names) for a cell with the states \(expected)")
    return RecurrentState(names: expected, tensors: expected.map { self[$0] })
  }

  private func position(_ name: String) -> Int {
    guard let position = names.firstIndex(of: name) else {
      failure("no state is named \(name); there are \(names)")
    }
    return position
  }
}
