import Cells
import Checkpoint
import TensorCore

extension ImportedWeights {
  /// Reads weights of Keras: an `.npz` or safetensors file with the paths of a `.weights.h5` file as names,
  /// `layers/gru_1/cell/vars/0`.
  ///
  /// Kernels are `[in, out]`, so they are transposed. An LSTM's gates are in the order i, f, c, o, which is PyTorch's;
  /// a GRU's in the order z, r, h. A GRU with `reset_after` has a bias of two rows, one for each product; without it,
  /// the reset gate acts before the product. States of optimizers and random generators are skipped.
  mutating func takeKeras(
    _ arrays: [String: Tensor], isResetAfter: Bool?
  ) throws(CheckpointError) {
    let names = arrays.keys.filter {
      $0.contains("/vars/") && !$0.hasPrefix("optimizer/") && !$0.contains("seed_generator")
    }
    let owners = Set(names.map { path in String(path.prefix(upTo: path.rangeOfVariables)) })
    if let other = owners.first(where: { $0.contains("_layer/cell") }) {
      throw failure(other, "expected layers of one direction, found a bidirectional one")
    }
    let cells = owners.filter { $0.hasSuffix("/cell") }.sorted { $0.kerasOrder < $1.kerasOrder }
    for (layer, cell) in cells.enumerated() {
      try takeKerasCell(cell, layer, arrays, isResetAfter: isResetAfter)
    }
    let others = owners.filter { !$0.hasSuffix("/cell") }
    let outputs = others.filter { arrays[$0 + "/vars/1"] != nil }
    guard others.count == 2, let output = outputs.first, outputs.count == 1,
      let embedding = others.first(where: { $0 != output }), !cells.isEmpty
    else {
      throw failure(
        "",
        "expected an Embedding, recurrent layers and a Dense layer with a bias, found "
          + owners.sorted().joined(separator: ", "))
    }
    setEnds(
      embedding: try tensor(embedding + "/vars/0", rank: 2, in: arrays),
      output: try tensor(output + "/vars/0", rank: 2, in: arrays).transposed(1, 0),
      bias: try tensor(output + "/vars/1", rank: 1, in: arrays))
  }

  private mutating func takeKerasCell(
    _ name: String, _ layer: Int, _ arrays: [String: Tensor], isResetAfter: Bool?
  ) throws(CheckpointError) {
    let kernel = try tensor(name + "/vars/0", rank: 2, in: arrays).transposed(1, 0)
    let recurrent = try tensor(name + "/vars/1", rank: 2, in: arrays).transposed(1, 0)
    let bias = arrays[name + "/vars/2"]
    let gates = recurrent.shape[0] / recurrent.shape[1]
    guard [1, 3, 4].contains(gates), recurrent.shape[0] == gates * recurrent.shape[1],
      kernel.shape[0] == recurrent.shape[0],
      bias.map({ $0.shape == [kernel.shape[0]] || $0.shape == [2, kernel.shape[0]] }) ?? true
    else {
      throw failure(
        name,
        "expected kernels of one, three or four gates and a bias, found shapes "
          + "\(kernel.shape), \(recurrent.shape), \(bias?.shape ?? [])")
    }
    switch (gates, bias) {
    case (1, _), (4, _):
      let cell: any ConfigurableCell = if gates == 1 { RNN() } else { LSTM() }
      try setLayer(
        layer, cell, input: kernel, recurrent: recurrent, inputBias: bias,
        recurrentBias: nil)
    case (_, nil) where isResetAfter == nil:
      throw failure(
        name,
        "a GRU without biases does not tell where its reset gate acts: expected a "
          + "configuration with the cell gru or gru-before")
    default:
      let isAfter = bias.map { $0.rank == 2 } ?? isResetAfter ?? true
      func reordered(_ rows: Tensor?) -> Tensor? { rows?.reorderingGates("zrn", as: "rzn") }
      try setLayer(
        layer, GRU(reset: isAfter ? .afterProduct : .beforeProduct),
        input: kernel.reorderingGates("zrn", as: "rzn"),
        recurrent: recurrent.reorderingGates("zrn", as: "rzn"),
        inputBias: reordered(isAfter ? bias?.at(0) : bias),
        recurrentBias: reordered(isAfter ? bias?.at(1) : nil))
    }
  }
}

extension String {
  /// The index of `/vars/`.
  fileprivate var rangeOfVariables: Index { firstRange(of: "/vars/")?.lowerBound ?? endIndex }

  /// The sort key of a path like `layers/gru_12/cell`: its number (0 if there is none), then the name.
  fileprivate var kerasOrder: (Int, String) {
    let layer = dropLast("/cell".count)
    let digits = layer.reversed().prefix { $0.isNumber }.reversed()
    let hasNumber = layer.dropLast(digits.count).hasSuffix("_")
    return (hasNumber ? Int(String(digits)) ?? 0 : 0, self)
  }
}
