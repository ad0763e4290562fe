import Checkpoint
import FileCore
import TensorCore

/// Recurrent layers, in one direction or in both.
extension KerasGraph {
  /// What a recurrent layer gives: its output, and its states if it returns them; nil for other layers.
  mutating func recurrent(
    _ layer: KerasDescription.Layer, _ inputs: [Value]
  ) throws(CheckpointError) -> [Value]? {
    let parts = parts(of: layer)
    if layer.type == "Bidirectional" {
      return try bidirectional(layer, inputs, parts)
    }
    guard let cell = try KerasCell(layer.type, layer.options, parts.first, layer, self) else {
      return nil
    }
    let run = try run(cell, inputs[0], states: inputs.dropFirst().map(\.name), layer)
    return cell.returnsStates ? [run.output] + run.states : [run.output]
  }

  private mutating func bidirectional(
    _ layer: KerasDescription.Layer, _ inputs: [Value], _ parts: [KerasModel.Layer]
  ) throws(CheckpointError) -> [Value] {
    let nested = layer.options.member("layer")
    let backward = layer.options.member("backward_layer")
    var runs: [(output: Value, states: [Value])] = []
    var cells: [KerasCell] = []
    for (direction, inner) in [nested, backward == nil || backward == .null ? nested : backward]
      .enumerated()
    {
      let own = parts.first { $0.path.contains(direction == 0 ? "/forward_" : "/backward_") }
      let type = inner?.member("class_name")?.stringValue ?? "nothing"
      guard
        var cell = try KerasCell(
          type, inner?.member("config") ?? .null, own, layer, self)
      else { throw failure(layer, "expected an LSTM, a GRU or a SimpleRNN, found \(type)") }
      if direction == 1 {
        // It reads the other way, and its steps are turned round once more.
        cell.isReversed = !cells[0].isReversed
        cell.turnsSteps = !cell.isReversed
      }
      cell.zeroesMaskedSteps = true
      let states = inputs.dropFirst().map(\.name)
      let half = states.count / 2
      runs.append(
        try run(
          cell, inputs[0],
          states: Array(direction == 0 ? states.prefix(half) : states.suffix(half)),
          layer))
      cells.append(cell)
    }
    let outputs = runs.map(\.output.name)
    var y = runs[0].output
    switch layer.options.member("merge_mode")?.stringValue {
    case "concat": y.name = builder.add("Concat", outputs, ["axis": .integer(-1)])
    case "sum": y.name = builder.add("Add", outputs)
    case "mul": y.name = builder.add("Mul", outputs)
    case "ave": y.name = builder.add("Mul", [builder.add("Add", outputs), number(0.5)])
    case nil: return runs.map(\.output) + (cells[0].returnsStates ? runs.flatMap(\.states) : [])
    case let other?: throw failure(layer, "merge_mode: \(other) is not supported")
    }
    return cells[0].returnsStates ? [y] + runs.flatMap(\.states) : [y]
  }

  /// Runs a cell over `[B, T, I]`; a stateful one from the states after the call before.
  private mutating func run(
    _ cell: KerasCell, _ x: Value, states: [String], _ layer: KerasDescription.Layer
  ) throws(CheckpointError) -> (output: Value, states: [Value]) {
    guard states.isEmpty || states.count == cell.stateCount else {
      throw failure(layer, "expected \(cell.stateCount) initial states, found \(states.count)")
    }
    let padding = x.mask.map { MaskedSteps($0, &builder) }
    let packed = padding.map { builder.add("MatMul", [$0.packing, x.name]) } ?? x.name
    var arguments = [
      builder.transpose(packed, [1, 0, 2]), constant(cell.input), constant(cell.recurrent),
      cell.bias.map { constant($0) } ?? "", padding?.lengths ?? "",
    ]
    let carried = cell.isStateful && states.isEmpty ? carriedStates(cell, layer) : []
    for state in states.isEmpty ? carried : states {
      arguments.append(builder.add("Unsqueeze", [state, builder.integers([0])]))
    }
    let names = (0..<1 + cell.stateCount).map { _ in builder.freshName(cell.operation) }
    builder.add(cell.operation, arguments, names, cell.attributes)
    let last = names.dropFirst().map { name in
      Value(name: builder.add("Squeeze", [name, builder.integers([0])]))
    }
    for (state, value) in zip(carried, last) {
      let new = builder.add("Identity", [value.name], named: state + "_new")
      builder.addOutput(.init(new, .float32, [.named("batch"), .fixed(cell.recurrent.shape[2])]))
      builder.addState(state, from: new)
    }
    guard cell.returnsSequences else { return (last[0], last) }
    let rows = builder.add("Squeeze", [names[0], builder.integers([1])])
    var y = builder.transpose(rows, [1, 0, 2])
    if let padding {
      let choice =
        cell.zeroesMaskedSteps
        ? padding.own : cell.isReversed ? padding.backward : padding.forward
      y = builder.add("MatMul", [choice, y])
    }
    if cell.turnsSteps {
      let (end, back) = (builder.integers([Int(Int32.min)]), builder.integers([-1]))
      y = builder.add("Slice", [y, back, end, builder.integers([1]), back])
    }
    return (Value(name: y, mask: x.mask), last)
  }

  /// Inputs that take the states after the call before: `NAME_hidden` and `NAME_cell`, with `_reverse` of a reversed direction.
  private mutating func carriedStates(
    _ cell: KerasCell, _ layer: KerasDescription.Layer
  ) -> [String] {
    ["hidden", "cell"].prefix(cell.stateCount).map { state in
      let name = "\(layer.name)_\(state)" + (cell.isReversed ? "_reverse" : "")
      builder.addInput(
        .init(name, .float32, [.named("batch"), .fixed(cell.recurrent.shape[2])]))
      return name
    }
  }
}

/// The steps that a mask leaves, one after the other, and where each step finds its output among theirs.
///
/// A masked step has the output of the step before it, in the direction of reading; one that none comes before has zeros. In
/// Keras' `Bidirectional`, and where `zero_output_for_mask` is set, all masked steps have zeros.
private struct MaskedSteps {
  /// `[B, S, T]`: 1 where step t is the s-th that is left.
  let packing: String
  /// `[B, T, S]`: 1 where the output of step t is that of the s-th, reading forwards or backwards.
  let forward: String
  let backward: String
  /// `[B, T, S]`: 1 where step t is the s-th itself.
  let own: String
  /// The number of steps that are left, `[B]`.
  let lengths: String

  init(_ mask: String, _ builder: inout ONNXBuilder) {
    let one = builder.constant(StoredArray(Int64(1)))
    let zero = builder.constant(StoredArray(Int64(0)))
    let counts = builder.add("CumSum", [mask, builder.constant(StoredArray(Int64(1)))])
    let places = builder.add("Sub", [counts, one])
    let steps = builder.add(
      "Gather", [builder.add("Shape", [mask]), builder.constant(StoredArray(Int64(1)))])
    let range = builder.add("Range", [zero, steps, one])
    let float = ["to": ONNXNode.Attribute.integer(ElementType.float32.onnxCode)]
    func choice(of places: String) -> String {
      let column = builder.add("Unsqueeze", [places, builder.integers([2])])
      return builder.add("Cast", [builder.add("Equal", [column, range])], float)
    }
    forward = choice(of: places)
    backward = choice(of: builder.add("Add", [places, builder.add("Sub", [one, mask])]))
    let isLeft = builder.add(
      "Unsqueeze", [builder.add("Cast", [mask], float), builder.integers([2])])
    own = builder.add("Mul", [forward, isLeft])
    packing = builder.transpose(own, [0, 2, 1])
    lengths = builder.add(
      "Cast",
      [builder.add("ReduceSum", [mask, builder.integers([1])], ["keepdims": .integer(0)])],
      ["to": .integer(ElementType.int32.onnxCode)])
  }
}

/// An LSTM, GRU or SimpleRNN of Keras as an operation of ONNX.
private struct KerasCell {
  /// The operation's name.
  let operation: String
  /// `W [1, G H, I]`, `R [1, G H, H]` and `B [1, 2 G H]`.
  let input: Tensor
  let recurrent: Tensor
  let bias: Tensor?
  let returnsSequences: Bool
  let returnsStates: Bool
  /// Whether a call goes on from the states after the one before it.
  let isStateful: Bool
  var isReversed: Bool
  /// Whether the output's steps are turned round, so that a reversed cell's stand in the order in which they were computed.
  var turnsSteps: Bool
  /// Whether the outputs of masked steps are zeros.
  var zeroesMaskedSteps: Bool
  private var settings: [String: ONNXNode.Attribute] = [:]

  var stateCount: Int { operation == "LSTM" ? 2 : 1 }

  var attributes: [String: ONNXNode.Attribute] {
    var all = settings
    all["direction"] = .text(isReversed ? "reverse" : "forward")
    return all
  }

  /// Nil for another class of layers.
  init?(
    _ type: String, _ options: JSONValue, _ weights: KerasModel.Layer?,
    _ layer: KerasDescription.Layer, _ graph: KerasGraph
  ) throws(CheckpointError) {
    let operations = [
      "LSTM": "LSTM", "CuDNNLSTM": "LSTM", "GRU": "GRU", "CuDNNGRU": "GRU", "SimpleRNN": "RNN",
    ]
    guard let operation = operations[type] else { return nil }
    self.operation = operation
    func flag(_ name: String) -> Bool { options.member(name)?.flag == true }
    guard !flag("time_major") else { throw graph.failure(layer, "time_major: expected false") }
    guard let kernel = weights?.weight("kernel", 0),
      let recurrent = weights?.weight("recurrent_kernel", 1)
    else { throw graph.failure(layer, "expected the weights of a recurrent layer, not found") }
    let found: RecurrentWeights
    do throws(RecurrentWeights.Mismatch) {
      found = try RecurrentWeights(
        type.hasPrefix("CuDNN") ? .cudnn : .keras, input: kernel, recurrent: recurrent,
        biases: weights?.weight("bias", 2).map { [$0] } ?? [])
    } catch {
      throw graph.failure(layer, error.reason)
    }
    guard found.gates == ["LSTM": 4, "GRU": 3, "RNN": 1][operation] else {
      throw graph.failure(layer, "expected the weights of its gates, found those of \(found.gates)")
    }
    func rows(_ tensor: Tensor) -> Tensor { Self.rows(tensor, of: operation) }
    (input, self.recurrent) = (rows(found.input), rows(found.recurrent))
    bias = found.inputBias.map { own in
      concatenate([rows(own), rows(found.recurrentBias ?? Tensor(zeros: own.shape))], along: 1)
    }
    (returnsSequences, returnsStates) = (flag("return_sequences"), flag("return_state"))
    isStateful = flag("stateful")
    isReversed = flag("go_backwards")
    turnsSteps = isReversed
    zeroesMaskedSteps = flag("zero_output_for_mask")
    settings["hidden_size"] = .integer(recurrent.shape[0])
    if operation == "GRU", found.isResetAfter ?? flag("reset_after") {
      settings["linear_before_reset"] = .integer(1)
    }
    if !type.hasPrefix("CuDNN") { try addActivations(options, layer, graph) }
  }

  /// Rows of gates in ONNX's order, with an axis of directions in front.
  private static func rows(_ tensor: Tensor, of operation: String) -> Tensor {
    switch operation {
    case "LSTM": tensor.reorderingGates("ifgo", as: "iofg").expandingShape(at: 0)
    case "GRU": tensor.reorderingGates("rzn", as: "zrn").expandingShape(at: 0)
    default: tensor.expandingShape(at: 0)
    }
  }

  private mutating func addActivations(
    _ options: JSONValue, _ layer: KerasDescription.Layer, _ graph: KerasGraph
  ) throws(CheckpointError) {
    let own = options.member("activation")?.stringValue ?? "tanh"
    let gates =
      options.member("recurrent_activation")?.stringValue
      ?? options.member("inner_activation")?.stringValue ?? "sigmoid"
    let functions =
      operation == "LSTM" ? [gates, own, own] : operation == "GRU" ? [gates, own] : [own]
    var (names, alphas, betas) = ([String](), [Float](), [Float]())
    for function in functions {
      switch function {
      case "sigmoid", "tanh", "relu", "softsign", "softplus":
        names.append(function.prefix(1).uppercased() + function.dropFirst())
      case "linear":
        names.append("Affine")
        alphas.append(1)
        betas.append(0)
      case "elu":
        names.append("Elu")
        alphas.append(1)
      case "hard_sigmoid":
        names.append("HardSigmoid")
        alphas.append(Float(graph.weights.hardSigmoidSlope))
        betas.append(0.5)
      default: throw graph.failure(layer, "activation: \(function) is not supported")
      }
    }
    settings["activations"] = .texts(names)
    if !alphas.isEmpty { settings["activation_alpha"] = .floats(alphas) }
    if !betas.isEmpty { settings["activation_beta"] = .floats(betas) }
  }
}
