import Cells

/// The attributes of an `RNN`, `GRU` or `LSTM` node.
struct RecurrentSettings: Sendable {
  /// The operator's kinds.
  enum Kind: String, Sendable {
    case rnn = "RNN"
    case gru = "GRU"
    case lstm = "LSTM"

    /// The number of gates, G.
    var gates: Int {
      switch self {
      case .rnn: 1
      case .gru: 3
      case .lstm: 4
      }
    }

    /// The usual activation functions.
    fileprivate var activations: [String] {
      switch self {
      case .rnn: ["Tanh"]
      case .gru: ["Sigmoid", "Tanh"]
      case .lstm: ["Sigmoid", "Tanh", "Tanh"]
      }
    }
  }

  let kind: Kind
  /// The hidden size, H; nil if the weights alone say it.
  let hiddenSize: Int?
  /// Forward, reverse, or one after the other.
  let directions: [Recurrent.Direction]
  /// Whether the batch is the first axis of the input and of the states: `layout`.
  let isBatchFirst: Bool
  /// Whether an LSTM's forget gate is one minus its input gate: `input_forget`.
  let isCoupled: Bool
  /// The cell of each direction: one of the registry if it has an equivalent.
  let cells: [any RecurrentCell]

  init(_ node: inout GraphNode, _ kind: Kind, hasPeepholes: Bool) throws(GraphFailure) {
    self.kind = kind
    hiddenSize = try node.integer("hidden_size", in: 1...1 << 20)
    isBatchFirst = try node.integer("layout", in: 0...1) == 1
    isCoupled = kind == .lstm ? try node.flag("input_forget") : false
    directions = try Self.directions(&node)
    let isLinear = kind == .gru ? try node.flag("linear_before_reset") : false
    let activations = try Self.activations(&node, kind, directions: directions.count)
    let clip = try Self.clip(&node)
    let (isCoupled, names) = (isCoupled, kind.activations.map { $0.lowercased() })
    cells = activations.map { activations in
      let own = activations.map(\.name)
      switch (kind, clip == nil && own == names) {
      case (.lstm, true):
        return LSTM(gates: isCoupled ? .coupled : .inputAndForget, hasPeepholes: hasPeepholes)
      case (.gru, true): return GRU(reset: isLinear ? .afterProduct : .beforeProduct)
      case (.rnn, true): return RNN()
      case (.rnn, false) where clip == nil && own == ["relu"]: return RNN(nonlinearity: .relu)
      case (.lstm, false):
        return ONNXCell(
          kind: .lstm(hasPeepholes: hasPeepholes, isCoupled: isCoupled),
          activations: activations, clip: clip)
      case (.gru, false):
        return ONNXCell(
          kind: .gru(isLinearBeforeReset: isLinear), activations: activations, clip: clip)
      case (.rnn, false): return ONNXCell(kind: .rnn, activations: activations, clip: clip)
      }
    }
  }

  private static func directions(
    _ node: inout GraphNode
  ) throws(GraphFailure) -> [Recurrent.Direction] {
    switch node.attribute("direction") {
    case nil, .text("forward"): return [.forward]
    case .text("reverse"): return [.reverse]
    case .text("bidirectional"): return [.forward, .reverse]
    default: throw GraphFailure("direction: expected forward, reverse or bidirectional")
    }
  }

  private static func clip(_ node: inout GraphNode) throws(GraphFailure) -> Float? {
    guard let clip = try node.float("clip") else { return nil }
    guard clip > 0, clip.isFinite else { throw GraphFailure("clip: expected a number above 0") }
    return clip
  }

  /// The activation functions of each direction.
  private static func activations(
    _ node: inout GraphNode, _ kind: Kind, directions: Int
  ) throws(GraphFailure) -> [[ONNXActivation]] {
    let usual = kind.activations
    var names = [[String]](repeating: usual, count: directions).flatMap { $0 }
    switch node.attribute("activations") {
    case nil: break
    case .texts(let given) where given.count == names.count: names = given
    default: throw GraphFailure("activations: expected \(names.count) names")
    }
    var parameters: [ArraySlice<Float>] = []
    for name in ["activation_alpha", "activation_beta"] {
      let values = try node.floats(name) ?? []
      guard values.allSatisfy(\.isFinite) else {
        throw GraphFailure("\(name): expected finite numbers")
      }
      parameters.append(values[...])
    }
    var (alphas, betas) = (parameters[0], parameters[1])
    var all: [ONNXActivation] = []
    for name in names {
      guard let activation = ONNXActivation(name, alphas: &alphas, betas: &betas) else {
        throw GraphFailure("activations: expected a function of the standard, found \(name)")
      }
      all.append(activation)
    }
    return (0..<directions).map { direction in
      Array(all[direction * usual.count..<(direction + 1) * usual.count])
    }
  }
}
