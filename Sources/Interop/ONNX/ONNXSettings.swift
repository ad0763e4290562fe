import Cells
import Checkpoint

/// The attributes of an `RNN`, `GRU` or `LSTM` operation.
struct ONNXSettings {
  var hiddenSize = 0
  var direction = Recurrent.Direction.forward
  var isBatchFirst = false
  /// The cell: one of the registry if it has an equivalent.
  var cell: any RecurrentCell = RNN()
  var isCoupled = false
  /// Whether the cell is of the registry, whose coupled gates are parameterized by f.
  var isRegistered: Bool { !(cell is ONNXCell) }

  /// The number of gates of the operation.
  let gates: Int

  private let node: ONNXNode

  init(_ node: ONNXNode, hasPeepholes: Bool) throws(ONNXSettingError) {
    self.node = node
    gates = node.operation == "LSTM" ? 4 : node.operation == "GRU" ? 3 : 1
    let known: Set<String> = [
      "hidden_size", "direction", "layout", "activations", "activation_alpha", "activation_beta",
      "clip", "linear_before_reset", "input_forget",
    ]
    if let other = node.attributes.keys.sorted().first(where: { !known.contains($0) }) {
      throw ONNXSettingError("\(other): the attribute is not supported")
    }
    hiddenSize = try integer("hidden_size", in: 0...1 << 20)
    isBatchFirst = try integer("layout", in: 0...1) == 1
    isCoupled = try integer("input_forget", in: 0...1) == 1
    direction = try readDirection()
    let isLinear = try integer("linear_before_reset", in: 0...1) == 1
    let activations = try readActivations()
    let clip = try readClip()
    let names = activations.map(\.name)
    switch (node.operation, clip, names) {
    case ("LSTM", nil, ["sigmoid", "tanh", "tanh"]):
      cell = LSTM(gates: isCoupled ? .coupled : .inputAndForget, hasPeepholes: hasPeepholes)
    case ("GRU", nil, ["sigmoid", "tanh"]):
      cell = GRU(reset: isLinear ? .afterProduct : .beforeProduct)
    case ("RNN", nil, ["tanh"]): cell = RNN()
    case ("RNN", nil, ["relu"]): cell = RNN(nonlinearity: .relu)
    case ("LSTM", _, _):
      cell = ONNXCell(
        kind: .lstm(hasPeepholes: hasPeepholes, isCoupled: isCoupled), activations: activations,
        clip: clip)
    case ("GRU", _, _):
      cell = ONNXCell(
        kind: .gru(isLinearBeforeReset: isLinear), activations: activations, clip: clip)
    default: cell = ONNXCell(kind: .rnn, activations: activations, clip: clip)
    }
  }

  private func integer(
    _ name: String, in range: ClosedRange<Int>
  ) throws(ONNXSettingError) -> Int {
    guard let attribute = node.attributes[name] else { return 0 }
    guard case .integer(let value) = attribute, range.contains(value) else {
      throw ONNXSettingError(
        "\(name): expected a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    return value
  }

  private func readDirection() throws(ONNXSettingError) -> Recurrent.Direction {
    switch node.attributes["direction"] {
    case nil, .text("forward"): return .forward
    case .text("reverse"): return .reverse
    case .text("bidirectional"): return .bidirectional(merge: .concatenate)
    default:
      throw ONNXSettingError("direction: expected forward, reverse or bidirectional")
    }
  }

  private func readClip() throws(ONNXSettingError) -> Float? {
    switch node.attributes["clip"] {
    case nil: return nil
    case .float(let clip) where clip > 0 && clip.isFinite: return clip
    default: throw ONNXSettingError("clip: expected a number above 0")
    }
  }

  private func floats(_ name: String) throws(ONNXSettingError) -> ArraySlice<Float> {
    switch node.attributes[name] {
    case nil: return []
    case .floats(let values) where values.allSatisfy(\.isFinite): return values[...]
    default: throw ONNXSettingError("\(name): expected numbers")
    }
  }

  /// The activation functions, which must be equal in both directions.
  private func readActivations() throws(ONNXSettingError) -> [ONNXActivation] {
    let defaults =
      switch node.operation {
      case "LSTM": ["Sigmoid", "Tanh", "Tanh"]
      case "GRU": ["Sigmoid", "Tanh"]
      default: ["Tanh"]
      }
    var names = [[String]](repeating: defaults, count: direction.count).flatMap { $0 }
    switch node.attributes["activations"] {
    case nil: break
    case .texts(let given) where given.count == names.count: names = given
    default: throw ONNXSettingError("activations: expected \(names.count) names")
    }
    var (alphas, betas) = (try floats("activation_alpha"), try floats("activation_beta"))
    var activations: [ONNXActivation] = []
    for name in names {
      guard let activation = ONNXActivation(name, alphas: &alphas, betas: &betas) else {
        throw ONNXSettingError("activations: expected a function of the standard, found \(name)")
      }
      activations.append(activation)
    }
    guard activations.prefix(defaults.count).elementsEqual(activations.suffix(defaults.count))
    else {
      throw ONNXSettingError("activations: expected the same functions in both directions")
    }
    return Array(activations.prefix(defaults.count))
  }
}

/// The error for an unsupported attribute of an operation.
struct ONNXSettingError: Error {
  var reason: String
  init(_ reason: String) { self.reason = reason }
}
