import Cells
import Checkpoint
import FileCore
import TensorCore

extension ImportedWeights {
  /// Reads weights of PyTorch: an `nn.Embedding`, an `nn.RNN`, `nn.LSTM` or `nn.GRU`, and an `nn.Linear`, of any names.
  ///
  /// Missing biases are zero. Modules are told apart by their parameters; two modules that could be the same are an
  /// error that names both.
  mutating func readTorch(
    _ arrays: [String: Tensor], outline: ModelDescription.Outline?
  ) throws(CheckpointError) {
    let renamed = try canonicalNames(arrays)
    for (name, tensor) in renamed { set(tensor, name) }
    guard let output = renamed["fc.weight"] else {
      if outline?.tied != true, arrays["embed.weight"] != nil {
        throw failure("fc.weight", "expected in the file, not found")
      }
      return
    }
    if renamed["fc.bias"] == nil { set(Tensor(zeros: [output.shape[0]]), "fc.bias") }
    guard renamed["rnn.weight_ih_l0"] != nil else {
      // Other cells, which the outline names, can do without.
      if outline?.cell == nil, outline?.kind == nil {
        throw failure("rnn.weight_ih_l0", "expected in the file, not found")
      }
      return
    }
    if !renamed.keys.contains(where: { $0.hasPrefix("rnn.bias_") }) {
      for (name, tensor) in renamed where name.hasPrefix("rnn.weight_ih_l") {
        let layer = name.dropFirst("rnn.weight_ih_l".count)
        for side in ["ih", "hh"] {
          set(Tensor(zeros: [tensor.shape[0]]), "rnn.bias_\(side)_l\(layer)")
        }
      }
    }
    if let cell = try torchCell(renamed) { set(cell: cell) }
  }

  /// The tensors under the names `embed`, `rnn` and `fc`.
  private func canonicalNames(
    _ arrays: [String: Tensor]
  ) throws(CheckpointError) -> [String: Tensor] {
    let modules = TorchModules(arrays)
    let recurrent = modules.recurrent
    // Names of this library, whose cells have parameters that PyTorch doesn't know.
    let hasOwnNames = arrays.keys.contains { $0.hasPrefix("rnn.") }
    if hasOwnNames, arrays["embed.weight"] != nil, recurrent.isEmpty || arrays["fc.weight"] != nil {
      return arrays
    }
    guard !recurrent.isEmpty else {
      let names = arrays.keys.sorted().listed(atMost: 6)
      throw failure(
        "",
        "expected the weights of a recurrent layer, such as rnn.weight_ih_l0, found "
          + (names.isEmpty ? "no tensors" : names))
    }
    guard recurrent.count == 1 || modules.isRecurrentList else {
      throw failure(
        modules.name(recurrent[0], ""),
        "expected one recurrent module, found \(recurrent.count): "
          + "\(recurrent.listed()); their names do not say in which order they are")
    }
    var renamed = recurrentParameters(of: modules)
    try checkParameters(renamed, of: recurrent, modules)
    let ends = try ends(of: modules, recurrent, inputSize: renamed["rnn.weight_ih_l0"]?.shape.last)
    for (module, name) in [(ends.embedding, "embed"), (ends.output, "fc")] {
      for (leaf, tensor) in modules.modules[module] ?? [:] { renamed["\(name).\(leaf)"] = tensor }
    }
    return renamed
  }

  /// The weights of the recurrent modules, as those of one of as many layers.
  private func recurrentParameters(of modules: TorchModules) -> [String: Tensor] {
    var renamed: [String: Tensor] = [:]
    for (number, module) in modules.recurrent.enumerated() {
      for (leaf, tensor) in modules.modules[module] ?? [:] {
        // The cells `nn.LSTMCell` and so on have no number of a layer.
        let hasLayer = leaf.contains("_l")
        let layer =
          modules.recurrent.count == 1 ? leaf : leaf.replacing("_l0", with: "_l\(number)")
        renamed["rnn." + (hasLayer ? layer : "\(leaf)_l\(number)")] = tensor
      }
    }
    return renamed
  }

  /// Checks that each layer has all its weights, and both biases or none.
  private func checkParameters(
    _ renamed: [String: Tensor], of recurrent: [String], _ modules: TorchModules
  ) throws(CheckpointError) {
    if let reverse = renamed.keys.filter({ $0.hasSuffix("_reverse") }).min() {
      throw failure(
        modules.name(recurrent[0], String(reverse.dropFirst("rnn.".count))),
        "expected recurrent layers of one direction for a model that writes, "
          + "found a bidirectional one")
    }
    let hasBiases = renamed.keys.contains { $0.hasPrefix("rnn.bias_") }
    let layers = Set(renamed.keys.compactMap { $0.split(separator: "_l").last.map(String.init) })
    for layer in layers.sorted() {
      for leaf in ["weight_ih", "weight_hh"] + (hasBiases ? ["bias_ih", "bias_hh"] : [])
      where renamed["rnn.\(leaf)_l\(layer)"] == nil {
        let module =
          recurrent.count == 1 ? recurrent[0] : recurrent[min(Int(layer) ?? 0, recurrent.count - 1)]
        let hasLayer = (modules.modules[module] ?? [:]).keys.contains { $0.contains("_l") }
        let found = !hasLayer ? leaf : recurrent.count == 1 ? "\(leaf)_l\(layer)" : "\(leaf)_l0"
        throw failure(modules.name(module, found), "expected in the file, not found")
      }
    }
  }

  /// The modules of the embedding and of the output layer.
  private func ends(
    of modules: TorchModules, _ recurrent: [String], inputSize: Int?
  ) throws(CheckpointError) -> (embedding: String, output: String) {
    let others = modules.modules.filter { !recurrent.contains($0.key) }
    try checkEnds(others, beside: recurrent, modules)
    let names = others.keys.sorted()
    let outputs = names.filter { others[$0]?["bias"] != nil }
    if outputs.count == 1, let embedding = names.first(where: { $0 != outputs[0] }) {
      return (embedding, outputs[0])
    }
    // Both without a bias: the embedding has as many columns as the recurrent layer has inputs.
    let fitting = names.filter { others[$0]?["weight"]?.shape.last == inputSize }
    if outputs.isEmpty, fitting.count == 1, let output = names.first(where: { $0 != fitting[0] }) {
      return (fitting[0], output)
    }
    let named = names.filter { $0.lowercased().contains("emb") }
    if named.count == 1, let output = names.first(where: { $0 != named[0] }) {
      return (named[0], output)
    }
    throw failure(
      "",
      "expected one embedding, found two modules that could be it: "
        + names.listed())
  }

  /// Checks that two modules with a matrix are left beside the recurrent layers, and no other module.
  private func checkEnds(
    _ others: [String: [String: Tensor]], beside recurrent: [String], _ modules: TorchModules
  ) throws(CheckpointError) {
    for (module, tensors) in others.sorted(by: { $0.key < $1.key }) {
      guard tensors["weight"] == nil else { continue }
      if tensors["bias"] != nil {
        throw failure(modules.name(module, "weight"), "expected in the file, not found")
      }
      throw failure(
        modules.name(module, tensors.keys.min() ?? ""),
        "expected the weights of an embedding, recurrent layers and a linear layer, found another tensor"
      )
    }
    let names = others.keys.sorted()
    let known = recurrent == [""] ? ["the recurrent layer"] : recurrent
    let matrices = names.filter { others[$0]?["weight"]?.rank == 2 }
    if names.count > 2, matrices.count < names.count,
      let other = names.first(where: { !matrices.contains($0) })
    {
      throw failure(
        modules.name(other, "weight"),
        "expected an embedding and a linear layer beside the recurrent layers, found another module"
      )
    }
    guard names.count == 2 else {
      let missing = names.first.map {
        others[$0]?["bias"] == nil ? "a linear layer" : "an embedding"
      }
      throw failure(
        "",
        names.count < 2
          ? "expected \(missing ?? "an embedding and a linear layer") beside "
            + "\((known + names).joined(separator: " and ")), found none"
          : "expected one module with a weight alone and one with a weight and a bias beside "
            + "\(known.joined(separator: ", ")), found \(names.listed())")
    }
  }

  /// The cell according to the shapes of the first layer: four, three or one block of H rows.
  private func torchCell(
    _ arrays: [String: Tensor]
  ) throws(CheckpointError) -> (any ConfigurableCell)? {
    let recurrent = try tensor("rnn.weight_hh_l0", rank: 2, in: arrays)
    let (rows, columns) = (recurrent.shape[0], recurrent.shape[1])
    if let projection = arrays["rnn.weight_hr_l0"], projection.rank == 2 {
      return LSTM(projectionSize: projection.shape[0])
    }
    switch rows {
    case 4 * columns: return LSTM()
    case 3 * columns: return GRU()
    case columns: return RNN()
    default: return nil
    }
  }
}
