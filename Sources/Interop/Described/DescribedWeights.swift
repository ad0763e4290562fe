import Cells
import Checkpoint
import TensorCore

/// The weights of a file, found by the names of a description.
struct DescribedWeights {
  let file: ArrayFile
  private(set) var arrays: [String: Tensor] = [:]
  /// What is wrong with the arrays that can't be read: of texts, of objects. It matters if one of them is asked for.
  private var unread: [String: CheckpointError] = [:]

  init(_ file: ArrayFile) throws(CheckpointError) {
    self.file = file
    try file.checkMemory()
    for name in file.names {
      do throws(CheckpointError) {
        arrays[name] = try file.array(name).tensor
      } catch {
        unread[name] = error
      }
    }
    if arrays.isEmpty, let first = unread.min(by: { $0.key < $1.key }) { throw first.value }
  }

  /// The names of a parameter in the libraries that are known, without what they begin with.
  private static let names: [String: [String]] = [
    "weight": [
      "weight", "kernel", "kernel:0", "embeddings", "embeddings:0", "attention_W:0", "vars/0",
    ],
    "bias": ["bias", "bias:0", "vars/1"],
    "scale": ["weight", "gamma", "gamma:0"],
    "shift": ["bias", "beta", "beta:0"],
    "mean": ["running_mean", "moving_mean", "moving_mean:0"],
    "variance": ["running_var", "moving_variance", "moving_variance:0"],
    "start": ["start_transitions"],
    "end": ["end_transitions"],
    "input": ["weight_ih", "kernel", "kernel:0", "Wx", "vars/0"],
    "recurrent": ["weight_hh", "recurrent_kernel", "recurrent_kernel:0", "Wh", "vars/1"],
    "inputBias": ["bias_ih", "bias:0", "vars/2"],
    "recurrentBias": ["bias_hh"],
  ]

  func failure(_ layer: NetworkDescription.Layer, _ reason: String) -> CheckpointError {
    file.failure(layer.name, reason)
  }

  /// The tensor of a parameter; nil if it may be missing and is. `suffix` is PyTorch's number of a layer and direction.
  func tensor(
    _ parameter: String, of layer: NetworkDescription.Layer, place: Int = 0, suffix: String = "",
    isOptional: Bool = false
  ) throws(CheckpointError) -> Tensor? {
    let direction = suffix.hasSuffix("_reverse") ? "_reverse" : ""
    for key in [parameter + suffix, parameter + direction, parameter] {
      guard let name = layer.weights?[key] else { continue }
      return try joined(name, key, of: layer)
    }
    if layer.weights?["weight"] != nil || layer.weights?["input"] != nil, isOptional { return nil }
    var candidates = Self.names[parameter] ?? [parameter]
    // Of Keras 3, whose names have no number; elsewhere the bias of another layer.
    if parameter == "inputBias", layer.hasTransposedMatrices { candidates.append("bias") }
    let endings = candidates.flatMap { [$0 + suffix, $0] }
    switch layer.prefix {
    case .common(let prefix):
      if let name = endings.map({ prefix + $0 }).first(where: { arrays[$0] != nil }) {
        return arrays[name]
      }
      if isOptional { return nil }
      throw missing(endings, after: prefix, of: layer)
    case .each(let prefixes):
      guard prefixes.indices.contains(place) else {
        throw failure(
          layer, "expected a prefix for each layer and direction, found \(prefixes.count)")
      }
      if let name = endings.map({ prefixes[place] + $0 }).first(where: { arrays[$0] != nil }) {
        return arrays[name]
      }
      if isOptional { return nil }
      throw missing(endings, after: prefixes[place], of: layer)
    case nil:
      return try only(parameter, endings, of: layer, isOptional: isOptional)
    }
  }

  /// The array of a name, or the gates' arrays behind one another.
  private func joined(
    _ names: NetworkDescription.Names, _ key: String, of layer: NetworkDescription.Layer
  ) throws(CheckpointError) -> Tensor {
    func array(_ name: String) throws(CheckpointError) -> Tensor {
      guard let tensor = arrays[name] else {
        throw unread[name]
          ?? failure(layer, "\(key): expected the array \(name) in the file, not found")
      }
      return tensor
    }
    switch names {
    case .common(let name): return try array(name)
    case .each(let parts):
      var tensors: [Tensor] = []
      for name in parts { tensors.append(try array(name)) }
      guard let first = tensors.first, first.rank >= 1,
        tensors.allSatisfy({ $0.shape == first.shape })
      else { throw failure(layer, "\(key): expected arrays of equal shapes, one for each gate") }
      return concatenate(tensors, along: layer.hasTransposedMatrices ? first.rank - 1 : 0)
    }
  }

  /// The one array whose name ends in one of these; of two, neither is chosen.
  private func only(
    _ parameter: String, _ endings: [String], of layer: NetworkDescription.Layer, isOptional: Bool
  ) throws(CheckpointError) -> Tensor? {
    func fits(_ name: String) -> Bool {
      guard
        endings.contains(where: {
          name == $0 || name.hasSuffix("." + $0) || name.hasSuffix("/" + $0)
        })
      else { return false }
      return layer.kind != .recurrent || !name.contains("_reverse")
        || endings[0].contains("_reverse")
    }
    let found = arrays.keys.filter(fits).sorted()
    guard found.count <= 1 else {
      throw failure(
        layer,
        "the description does not say which weights are meant: \(found.prefix(4).joined(separator: " or ")); "
          + "expected a prefix")
    }
    if let name = found.first { return arrays[name] }
    if isOptional { return nil }
    throw missing(endings, after: "", of: layer)
  }

  /// That an array is missing, by the name that the layer's convention gives it, with those of the file that end so.
  private func missing(
    _ endings: [String], after prefix: String, of layer: NetworkDescription.Layer
  ) -> CheckpointError {
    let last = layer.kind == .embedding ? "embeddings" : "kernel"
    let known = layer.hasTransposedMatrices ? endings.first { $0.hasSuffix(last) } : nil
    let wanted = prefix + (known ?? endings[0])
    let near = arrays.keys.filter { name in endings.contains { name.hasSuffix(prefix + $0) } }
    if let error = endings.lazy.compactMap({ unread[prefix + $0] }).first { return error }
    guard !prefix.isEmpty, !near.isEmpty else {
      return failure(layer, "expected \(wanted) in the file, not found")
    }
    return failure(
      layer,
      "expected \(wanted) in the file, found \(near.sorted().prefix(2).joined(separator: ", ")): "
        + "the prefix lacks its beginning")
  }

  /// The tensor of a parameter that only the description can name; nil if it does not.
  private func stated(
    _ parameter: String, of layer: NetworkDescription.Layer, suffix: String
  ) throws(CheckpointError) -> Tensor? {
    let direction = suffix.hasSuffix("_reverse") ? "_reverse" : ""
    let keys = [parameter + suffix, parameter + direction, parameter]
    guard keys.contains(where: { layer.weights?[$0] != nil }) else { return nil }
    return try tensor(parameter, of: layer, suffix: suffix)
  }

  /// The matrix of a parameter, `[out, in]`.
  func matrix(
    _ parameter: String, of layer: NetworkDescription.Layer
  ) throws(CheckpointError) -> Tensor {
    guard let tensor = try tensor(parameter, of: layer), tensor.rank == 2,
      !tensor.shape.contains(0)
    else { throw failure(layer, "expected a matrix for \(parameter), found another shape") }
    return tensor
  }

  /// A recurrent layer for rows of `inputSize` units.
  func recurrent(
    _ layer: NetworkDescription.Layer, inputSize: Int
  ) throws(CheckpointError) -> Recurrent {
    let (layers, isBidirectional) = (layer.layers ?? 1, layer.isBidirectional ?? false)
    guard (1...InvalidLayers.most).contains(layers) else {
      throw failure(layer, "expected 1 to \(InvalidLayers.most) layers, found \(layers)")
    }
    var stack = RecurrentStack(inputSize: inputSize, directions: isBidirectional ? 2 : 1)
    for number in 0..<layers {
      for (index, direction) in ["", "_reverse"].prefix(stack.directions).enumerated() {
        let suffix = "_l\(number)\(direction)"
        let weights = try recurrentWeights(
          layer, place: number * stack.directions + index, suffix: suffix)
        let cell = try self.cell(layer, weights)
        if let problem = stack.add(weights, cell, suffix: suffix) { throw failure(layer, problem) }
        try addStated(of: layer, cell, suffix: suffix, to: &stack)
      }
      stack.endLayer()
    }
    guard let cell = stack.cell else { throw failure(layer, "expected a recurrent layer") }
    var options = Recurrent.Options()
    options.learnsInitialState = stack.hasInitialState
    var result = Recurrent(
      cell, inputSize: inputSize, hiddenSize: stack.hidden, layers: layers,
      direction: isBidirectional ? .bidirectional(merge: .concatenate) : .forward, options: options)
    for (name, value) in result.parameters
    where name.hasPrefix("initial_") && stack.tensors[name] == nil {
      // A state that is not stated is zero.
      stack.tensors[name] = Tensor(zeros: value.shape)
    }
    do throws(ParameterMismatch) {
      try result.load(stack.tensors)
    } catch {
      throw failure(layer, "\(error)")
    }
    return result
  }

  /// Adds what a layer's description states beside the matrices and biases: peepholes and initial states.
  private func addStated(
    of layer: NetworkDescription.Layer, _ cell: any ConfigurableCell, suffix: String,
    to stack: inout RecurrentStack
  ) throws(CheckpointError) {
    if (cell as? LSTM)?.hasPeepholes == true {
      stack.tensors["weight_ch\(suffix)"] = try stated("peepholes", of: layer, suffix: suffix)
    }
    for state in ["hidden", "cell"] {
      if let value = try stated("initial_\(state)", of: layer, suffix: suffix) {
        stack.tensors["initial_\(state)\(suffix)"] = value.reshaped(to: [value.count])
        stack.hasInitialState = true
      }
    }
  }

  /// The most recurrent layers of a description.
  private enum InvalidLayers { static let most = 64 }

  private func recurrentWeights(
    _ layer: NetworkDescription.Layer, place: Int, suffix: String
  ) throws(CheckpointError) -> RecurrentWeights {
    var found: [String: Tensor] = [:]
    for name in ["input", "recurrent"] {
      found[name] = try tensor(name, of: layer, place: place, suffix: suffix)
    }
    for name in ["inputBias", "recurrentBias"] {
      found[name] = try tensor(name, of: layer, place: place, suffix: suffix, isOptional: true)
    }
    guard let input = found["input"], let recurrent = found["recurrent"] else {
      throw failure(layer, "expected the weights of a recurrent layer, found none")
    }
    do throws(RecurrentWeights.Mismatch) {
      var weights = try RecurrentWeights(
        layer.convention ?? .pytorch, input: input, recurrent: recurrent,
        biases: ["inputBias", "recurrentBias"].compactMap { found[$0] })
      if layer.isUpdateFlipped == true { try weights.flipUpdateGate() }
      return weights
    } catch {
      throw failure(layer, error.reason)
    }
  }

  /// The cell that the description names, with the options that the weights imply.
  private func cell(
    _ layer: NetworkDescription.Layer, _ weights: RecurrentWeights
  ) throws(CheckpointError) -> any ConfigurableCell {
    let slope = layer.hardSigmoidSlope
    let (implied, names): (any ConfigurableCell, [String])
    switch weights.gates {
    case 4:
      let hasPeepholes = layer.weights?.keys.contains { $0.hasPrefix("peepholes") } ?? false
      (implied, names) = (
        LSTM(hasPeepholes: hasPeepholes, hardSigmoidSlope: slope),
        [hasPeepholes ? "lstm-peephole" : "lstm"]
      )
    case 3:
      let isBefore =
        layer.cell == "gru-before" || layer.cell == nil && weights.isResetAfter == false
      if weights.isResetAfter == nil, layer.cell == nil, layer.convention == .keras {
        throw failure(
          layer,
          "a GRU without biases does not tell where its reset gate acts: expected the cell "
            + "gru or gru-before")
      }
      (implied, names) = (
        GRU(reset: isBefore ? .beforeProduct : .afterProduct, hardSigmoidSlope: slope),
        ["gru", "gru-before"]
      )
    default:
      (implied, names) = (
        RNN(nonlinearity: layer.cell == "rnn-relu" ? .relu : .tanh), ["rnn", "rnn-relu"]
      )
    }
    if let cell = layer.cell, !names.contains(cell.lowercased()) {
      throw failure(
        layer,
        "expected the cell \(names.joined(separator: " or ")), as the weights have, found \(cell)")
    }
    return implied
  }
}

/// The weights of recurrent layers, one on the other, by the names that ``Recurrent`` has for them.
private struct RecurrentStack {
  var tensors: [String: Tensor] = [:]
  private(set) var cell: (any ConfigurableCell)?
  /// The number of units of each layer and direction.
  private(set) var hidden = 0
  var hasInitialState = false
  /// 1, or 2 of a bidirectional layer.
  let directions: Int
  /// The number of inputs of the layer that is read.
  private var size: Int

  init(inputSize: Int, directions: Int) {
    (size, self.directions) = (inputSize, directions)
  }

  /// Adds the weights of a layer's direction; returns what is wrong with them, in words.
  mutating func add(
    _ weights: RecurrentWeights, _ found: any ConfigurableCell, suffix: String
  ) -> String? {
    if let cell, AnyHashable(cell) != AnyHashable(found) {
      return "expected the cell of the first layer in all, found another one"
    }
    guard weights.input.shape[1] == size else {
      return "expected weights for \(size) inputs, found \(weights.input.shape[1])"
    }
    let units = weights.recurrent.shape[1]
    guard hidden == 0 || hidden == units else { return "expected \(hidden) units, found \(units)" }
    (cell, hidden) = (found, units)
    let zeros = Tensor(zeros: [weights.input.shape[0]])
    tensors["weight_ih\(suffix)"] = weights.input
    tensors["weight_hh\(suffix)"] = weights.recurrent
    tensors["bias_ih\(suffix)"] = weights.inputBias ?? zeros
    tensors["bias_hh\(suffix)"] = weights.recurrentBias ?? zeros
    return nil
  }

  /// The next layer reads the units of all directions.
  mutating func endLayer() { size = hidden * directions }
}
