import Cells
import Checkpoint
import FileCore
import TensorCore

/// A language model's weights under this library's names, which are PyTorch's, and the cell that their shapes imply.
struct ImportedWeights {
  /// `embed.weight`, `rnn.…_l0` and so on, `fc.weight`, `fc.bias`.
  private(set) var tensors: [String: Tensor] = [:]
  /// The cell; nil if names and shapes do not determine it.
  private(set) var cell: (any ConfigurableCell)?

  let file: ArrayFile

  /// Reads a file's arrays; converts names and orders of gates to those of this library.
  ///
  /// The names determine the conventions: those of PyTorch, Keras, MLX or char-rnn.
  init(_ file: ArrayFile, outline: ModelDescription.Outline?) throws(CheckpointError) {
    self.file = file
    if case .onnx(let model) = file.content {
      try readONNX(model)
      return
    }
    // Names that this library knows are ASCII, which has one spelling.
    let arrays = try file.arrays().mapValues(\.tensor).dictionary
    let names = arrays.keys
    if KerasModel.isKind(names) {
      try readKeras(arrays, isResetAfter: outline?.isResetAfter)
    } else if names.contains(where: { $0.hasPrefix("i2h_1.") }) {
      try readCharRNN(arrays)
    } else if names.contains(where: { $0.hasSuffix(".Wx") || $0.hasSuffix(".Wxh") }) {
      try readMLX(arrays)
    } else {
      try readTorch(arrays, outline: outline)
    }
  }

  func failure(_ place: String, _ reason: String) -> CheckpointError {
    file.failure(place, reason)
  }

  /// Sets the weights of one recurrent layer.
  mutating func setLayer(
    _ layer: Int, _ cell: any ConfigurableCell, input: Tensor, recurrent: Tensor,
    inputBias: Tensor?, recurrentBias: Tensor?
  ) throws(CheckpointError) {
    if let known = self.cell, AnyHashable(known) != AnyHashable(cell) {
      throw failure("layer \(layer)", "expected the cell of layer 0, found another one")
    }
    self.cell = cell
    let zeros = Tensor(zeros: [input.shape[0]])
    tensors["rnn.weight_ih_l\(layer)"] = input
    tensors["rnn.weight_hh_l\(layer)"] = recurrent
    tensors["rnn.bias_ih_l\(layer)"] = inputBias ?? zeros
    tensors["rnn.bias_hh_l\(layer)"] = recurrentBias ?? zeros
  }

  /// Sets the embedding, and the weight `[V, H]` and bias of the output layer.
  mutating func setEnds(embedding: Tensor, output: Tensor, bias: Tensor?) {
    tensors["embed.weight"] = embedding
    tensors["fc.weight"] = output
    tensors["fc.bias"] = bias ?? Tensor(zeros: [output.shape[0]])
  }

  /// Sets a tensor without conversion.
  mutating func set(_ tensor: Tensor, _ name: String) { tensors[name] = tensor }

  /// Sets the cell.
  mutating func set(cell: any ConfigurableCell) { self.cell = cell }

  /// The tensor of a name; throws unless it has the given rank.
  func tensor(
    _ name: String, rank: Int, in arrays: [String: Tensor]
  ) throws(CheckpointError) -> Tensor {
    guard let tensor = arrays[name] else { throw failure(name, "expected in the file, not found") }
    guard tensor.rank == rank, !tensor.shape.contains(0) else {
      throw failure(name, "expected \(rank) axes, found shape \(tensor.shape)")
    }
    return tensor
  }
}
