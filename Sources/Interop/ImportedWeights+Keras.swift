import Cells
import Checkpoint
import FileCore
import TensorCore

extension ImportedWeights {
  /// Reads a language model of Keras: an `Embedding` or one-hot input, recurrent layers, and a `Dense` layer.
  ///
  /// Kernels are `[in, out]`, so they are transposed; see ``WeightConvention``. Layers for cuDNN are recognised by
  /// their biases. A GRU with `reset_after` has a bias of two rows, one for each product; without it, the reset gate
  /// acts before the product. The gates' hard sigmoid is the one of the description, or of Keras before 2.3.
  mutating func readKeras(
    _ arrays: [String: Tensor], isResetAfter: Bool?
  ) throws(CheckpointError) {
    let model = KerasModel(arrays, of: file)
    let recurrent = model.layers.filter(\.isRecurrent)
    let sided = recurrent.filter {
      $0.path.contains("forward_") || $0.path.contains("backward_")
        || $0.path.contains("_layer/cell")
    }
    if let other = sided.first {
      throw failure(other.path, "expected layers of one direction, found a bidirectional one")
    }
    for (number, layer) in recurrent.enumerated() {
      try readKerasLayer(layer, number, model, isResetAfter: isResetAfter)
    }
    let others = model.layers.filter { !$0.isRecurrent && !$0.weights.isEmpty }
    let outputs = others.filter { $0.weight("bias", 1) != nil || $0.weights["kernel"] != nil }
    let embeddings = others.filter { layer in !outputs.contains { $0.path == layer.path } }
    guard outputs.count == 1, let output = outputs.first, embeddings.count <= 1,
      let first = recurrent.first
    else {
      throw failure(
        "",
        "expected an Embedding, recurrent layers and a Dense layer with a bias, found "
          + model.layers.map(\.path).listed())
    }
    let kernel = try matrix(output.weight("kernel", 0), output.path + " kernel")
    let table =
      if let embedding = embeddings.first {
        try matrix(embedding.weight("embeddings", 0), embedding.path + " embeddings")
      } else {
        try oneHot(for: first, tokens: kernel.shape[1])
      }
    setEnds(embedding: table, output: kernel.transposed(1, 0), bias: output.weight("bias", 1))
  }

  /// The embedding that stands for a one-hot input of the first recurrent layer.
  private func oneHot(
    for layer: KerasModel.Layer, tokens: Int
  ) throws(CheckpointError) -> Tensor {
    let size = try matrix(layer.weight("kernel", 0), layer.path + " kernel").shape[0]
    guard size == tokens, size <= 4_096 else {
      throw failure(
        layer.path,
        "expected an Embedding, or as many inputs as the \(tokens) tokens of the output, "
          + "found \(size)")
    }
    return Tensor(identity: size)
  }

  private func matrix(_ tensor: Tensor?, _ name: String) throws(CheckpointError) -> Tensor {
    guard let tensor else { throw failure(name, "expected in the file, not found") }
    guard tensor.rank == 2, !tensor.shape.contains(0) else {
      throw failure(name, "expected 2 axes, found shape \(tensor.shape)")
    }
    return tensor
  }

  private mutating func readKerasLayer(
    _ layer: KerasModel.Layer, _ number: Int, _ model: KerasModel, isResetAfter: Bool?
  ) throws(CheckpointError) {
    if layer.flag("go_backwards") == true {
      throw failure(layer.path, "expected a layer that reads forwards, found go_backwards")
    }
    let kernel = try matrix(layer.weight("kernel", 0), layer.path + " kernel")
    let recurrent = try matrix(
      layer.weight("recurrent_kernel", 1), layer.path + " recurrent_kernel")
    let weights: RecurrentWeights
    do throws(RecurrentWeights.Mismatch) {
      weights = try RecurrentWeights(
        .keras, input: kernel, recurrent: recurrent,
        biases: layer.weight("bias", 2).map { [$0] } ?? [])
    } catch {
      throw failure(layer.path, error.reason)
    }
    let slope = try hardSigmoidSlope(of: layer, model)
    let cell: any ConfigurableCell
    switch weights.gates {
    case 1: cell = layer.text("activation") == "relu" ? RNN(nonlinearity: .relu) : RNN()
    case 4: cell = LSTM(hardSigmoidSlope: slope)
    default:
      guard let isAfter = weights.isResetAfter ?? layer.flag("reset_after") ?? isResetAfter else {
        throw failure(
          layer.path,
          "a GRU without biases does not tell where its reset gate acts: expected a "
            + "configuration with the cell gru or gru-before")
      }
      cell = GRU(reset: isAfter ? .afterProduct : .beforeProduct, hardSigmoidSlope: slope)
    }
    try setLayer(
      number, cell, input: weights.input, recurrent: weights.recurrent,
      inputBias: weights.inputBias, recurrentBias: weights.recurrentBias)
  }

  /// The slope of the gates' hard sigmoid, nil for the logistic sigmoid: as the model's description says; without one,
  /// Keras before 2.3 had the hard sigmoid unless the layer was one for cuDNN.
  private func hardSigmoidSlope(
    of layer: KerasModel.Layer, _ model: KerasModel
  ) throws(CheckpointError) -> Double? {
    switch layer.text("recurrent_activation") {
    case "hard_sigmoid"?: return model.hardSigmoidSlope
    case "sigmoid"?: return nil
    case let other?:
      throw failure(
        layer.path, "expected the recurrent activation sigmoid or hard_sigmoid, found \(other)")
    case nil:
      let bias = layer.weight("bias", 2)
      let recurrent = layer.weight("recurrent_kernel", 1)
      let isCuDNN = bias?.rank == 1 && bias?.count == 2 * (recurrent?.shape.last ?? 0)
      guard let version = model.version, !isCuDNN, recurrent?.shape[0] != recurrent?.shape[1],
        version.isBefore2_3
      else { return nil }
      guard !version.hasSuffix("-tf") else {
        throw failure(
          layer.path,
          "the gates of Keras \(version) are hard or logistic sigmoids and the file does not say "
            + "which: expected a file with the model's description, as model.save writes it")
      }
      return 0.2
    }
  }
}

extension String {
  /// Whether a version of Keras comes before 2.3.
  fileprivate var isBefore2_3: Bool {
    let numbers = split { $0 == "." || $0 == "-" }.prefix(2).compactMap { Int($0) }
    return numbers.count == 2 && (numbers[0] < 2 || numbers[0] == 2 && numbers[1] < 3)
  }
}

extension Tensor {
  /// The identity matrix, which stands for one-hot rows.
  init(identity size: Int) {
    var identity = [Float](repeating: 0, count: size * size)
    for index in 0..<size { identity[index * size + index] = 1 }
    self.init(identity, shape: [size, size])
  }
}
