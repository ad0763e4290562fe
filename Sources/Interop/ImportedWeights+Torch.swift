import Cells
import Checkpoint
import TensorCore

extension ImportedWeights {
  /// Reads weights of PyTorch: an `nn.Embedding`, an `nn.RNN`, `nn.LSTM` or `nn.GRU`, and an `nn.Linear`, of any names.
  ///
  /// Missing biases are zero.
  mutating func takeTorch(_ arrays: [String: Tensor]) throws(CheckpointError) {
    let renamed = try canonicalNames(arrays)
    for (name, tensor) in renamed { set(tensor, name) }
    guard let output = renamed["fc.weight"], renamed["rnn.weight_ih_l0"] != nil else { return }
    if renamed["fc.bias"] == nil { set(Tensor(zeros: [output.shape[0]]), "fc.bias") }
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
    let recurrent = arrays.keys.filter { $0.hasSuffix(".weight_ih_l0") }
    guard let first = recurrent.min(), arrays["embed.weight"] == nil || arrays["fc.weight"] == nil
    else { return arrays }
    guard recurrent.count == 1 else {
      throw failure(first, "expected one recurrent module, found \(recurrent.count)")
    }
    let rnn = String(first.dropLast(".weight_ih_l0".count))
    let others = arrays.filter { !$0.key.hasPrefix(rnn + ".") }
    let modules = Set(
      others.keys.map { name in
        name.lastIndex(of: ".").map { dot in String(name[..<dot]) } ?? ""
      })
    let outputs = modules.filter { arrays[$0 + ".bias"] != nil }
    guard modules.count == 2, let output = outputs.first, outputs.count == 1,
      let embedding = modules.first(where: { $0 != output })
    else {
      throw failure(
        "",
        "expected embed.weight and fc.weight, or one module with a weight alone and one with a "
          + "weight and a bias, found \(others.keys.sorted().joined(separator: ", "))")
    }
    var renamed: [String: Tensor] = [:]
    for (name, tensor) in arrays {
      let (from, to) =
        name.hasPrefix(rnn + ".")
        ? (rnn, "rnn") : name.hasPrefix(output + ".") ? (output, "fc") : (embedding, "embed")
      renamed[to + name.dropFirst(from.count)] = tensor
    }
    return renamed
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
    guard arrays["rnn.weight_ih_l0"] != nil else { return nil }
    switch rows {
    case 4 * columns: return LSTM()
    case 3 * columns: return GRU()
    case columns: return RNN()
    default: return nil
    }
  }
}
