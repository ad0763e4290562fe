import Cells
import Checkpoint
import FileCore
import TensorCore

extension ImportedWeights {
  /// Reads weights of MLX: `rnn.Wx`, `rnn.Wh` and `rnn.bias` of an `nn.LSTM`; `b` and `bhn` of an `nn.GRU`; `Wxh` and
  /// `Whh` of an `nn.RNN`. Stacked layers have numbers in their names, `rnn.0.Wx`.
  ///
  /// Gates are in PyTorch's order. An LSTM has one bias. A GRU has one bias for both products, and `bhn`, which the
  /// reset gate multiplies.
  mutating func readMLX(_ arrays: [String: Tensor]) throws(CheckpointError) {
    let layers = arrays.keys.filter { $0.hasSuffix(".Wx") || $0.hasSuffix(".Wxh") }
      .sorted { ($0.layerNumber, $0) < ($1.layerNumber, $1) }
    for (layer, name) in layers.enumerated() { try readMLXLayer(layer, name, arrays) }
    let modules = Set(layers.map(\.moduleName))
    let others = arrays.keys.filter { name in !modules.contains { name.hasPrefix($0 + ".") } }
    let outputs = others.filter { $0.hasSuffix(".bias") }
    guard others.count == 3, outputs.count == 1, let bias = outputs.first,
      let embedding = others.first(where: {
        $0.hasSuffix(".weight") && !$0.hasPrefix(bias.dropLast("bias".count))
      })
    else {
      throw failure(
        "",
        "expected an embedding, recurrent layers and a linear layer with a bias, found "
          + others.sorted().listed())
    }
    let output = String(bias.dropLast("bias".count)) + "weight"
    setEnds(
      embedding: try tensor(embedding, rank: 2, in: arrays),
      output: try tensor(output, rank: 2, in: arrays), bias: arrays[bias])
  }

  /// Reads one recurrent layer of MLX; `name` is that of its input weights.
  private mutating func readMLXLayer(
    _ layer: Int, _ name: String, _ arrays: [String: Tensor]
  ) throws(CheckpointError) {
    let module = name.moduleName
    let input = try tensor(name, rank: 2, in: arrays)
    if name.hasSuffix(".Wxh") {
      return try setLayer(
        layer, RNN(), input: input, recurrent: try tensor(module + ".Whh", rank: 2, in: arrays),
        inputBias: arrays[module + ".bias"], recurrentBias: nil)
    }
    let recurrent = try tensor(module + ".Wh", rank: 2, in: arrays)
    let hidden = recurrent.shape[1]
    switch recurrent.shape[0] {
    case 4 * hidden:
      try setLayer(
        layer, LSTM(), input: input, recurrent: recurrent, inputBias: arrays[module + ".bias"],
        recurrentBias: nil)
    case 3 * hidden:
      let inner = try arrays[module + ".bhn"].map { _ throws(CheckpointError) in
        try tensor(module + ".bhn", rank: 1, in: arrays)
      }
      try setLayer(
        layer, GRU(), input: input, recurrent: recurrent, inputBias: arrays[module + ".b"],
        recurrentBias: inner.map { concatenate([Tensor(zeros: [2 * hidden]), $0]) })
    default:
      throw failure(name, "expected three or four gates, found \(recurrent.shape[0]) rows")
    }
  }

  /// Reads weights of char-rnn: `i2h_1`, `h2h_1` and so on and `decoder`, each with weight and bias as in Torch's
  /// `nn.Linear`.
  ///
  /// Its input is one-hot, so the embedding becomes the identity. An LSTM's gates are in the order i, f, o, g. A GRU's
  /// three matrices are stacked by rows in the order update, reset, candidate. Its reset gate acts before the product.
  /// Its update gate z mixes the other way, (1 - z) h + z n, so the rows of the update gate are negated.
  mutating func readCharRNN(_ arrays: [String: Tensor]) throws(CheckpointError) {
    var layer = 0
    while arrays["i2h_\(layer + 1).weight"] != nil {
      try readCharRNNLayer(layer, arrays)
      layer += 1
    }
    let output = try tensor("decoder.weight", rank: 2, in: arrays)
    let size = output.shape[0]
    guard size <= 4_096 else {
      throw failure("decoder.weight", "expected at most 4096 characters, found \(size)")
    }
    setEnds(
      embedding: Tensor(identity: size), output: output,
      bias: try tensor("decoder.bias", rank: 1, in: arrays))
  }

  private mutating func readCharRNNLayer(
    _ layer: Int, _ arrays: [String: Tensor]
  ) throws(CheckpointError) {
    let number = layer + 1
    var (input, recurrent) = (
      try tensor("i2h_\(number).weight", rank: 2, in: arrays),
      try tensor("h2h_\(number).weight", rank: 2, in: arrays)
    )
    var (inputBias, recurrentBias) = (
      try tensor("i2h_\(number).bias", rank: 1, in: arrays),
      try tensor("h2h_\(number).bias", rank: 1, in: arrays)
    )
    let gates = recurrent.shape[0] / recurrent.shape[1]
    let rows = [recurrent, input, inputBias, recurrentBias].map { $0.shape[0] }
    guard rows.allSatisfy({ $0 == gates * recurrent.shape[1] }), [1, 3, 4].contains(gates) else {
      throw failure("layer \(number)", "expected one, three or four gates, found \(rows) rows")
    }
    func reorder(_ change: (Tensor) -> Tensor) {
      (input, recurrent) = (change(input), change(recurrent))
      (inputBias, recurrentBias) = (change(inputBias), change(recurrentBias))
    }
    if gates == 4 { reorder { $0.reorderingGates("ifog", as: "ifgo") } }
    if gates == 3 { reorder { $0.reorderingGates("zrn", as: "rzn", negating: "z") } }
    let cell: any ConfigurableCell =
      switch gates {
      case 4: LSTM()
      case 3: GRU(reset: .beforeProduct)
      default: RNN()
      }
    try setLayer(
      layer, cell, input: input, recurrent: recurrent, inputBias: inputBias,
      recurrentBias: recurrentBias)
  }
}

extension String {
  /// The part before the last dot.
  fileprivate var moduleName: String {
    lastIndex(of: ".").map { String(self[..<$0]) } ?? self
  }

  /// The last number between dots in a name; 0 if there is none.
  fileprivate var layerNumber: Int {
    split(separator: ".").compactMap { Int($0) }.last ?? 0
  }
}
