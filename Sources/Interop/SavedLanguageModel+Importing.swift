import Cells
import Checkpoint
import Datasets
import FileCore
import Models
import TensorCore

extension SavedLanguageModel {
  /// Reads a model from a file of any format: `.rnnz`, safetensors, PyTorch's `.pt`, `.npz`, ONNX.
  ///
  /// ```swift
  /// let saved = try SavedLanguageModel(importing: "model.safetensors")
  /// print(saved.generation(prompt: "the ", sampler: .greedy).prefix(200).joined())
  /// ```
  ///
  /// The format is detected from the file's content, the library of the weights from their names. Gates are
  /// reordered and kernels transposed from that library's conventions. The metadata of a weights file should have the
  /// tokens as `vocabulary` and may have the sizes as `config`, both JSON. The description adds to the metadata and
  /// takes precedence.
  ///
  /// - Throws: `CheckpointError` if the file is missing, of another format or damaged, if the characters of the tokens
  ///   are unknown, or if names, shapes and description do not fit one model.
  public init(
    importing path: String, described description: ModelDescription = ModelDescription()
  ) throws(CheckpointError) {
    try self.init(importing: ArrayFile(path: path), described: description)
  }

  /// Reads a model from an open file.
  public init(
    importing file: ArrayFile, described description: ModelDescription = ModelDescription()
  ) throws(CheckpointError) {
    switch file.content {
    case .checkpoint(let reader):
      try self.init(reading: reader)
    case .safetensors, .torch, .pickle, .numPy, .array, .hdf5, .keras, .onnx:
      let description = try description.completed(by: file)
      let weights = try ImportedWeights(file, outline: description.outline)
      try self.init(weights, description, of: file)
      if case .onnx(let graph) = file.content { try ONNXTrial(graph, of: file).check(model) }
    }
  }

  private init(
    _ weights: ImportedWeights, _ description: ModelDescription, of file: ArrayFile
  ) throws(CheckpointError) {
    let configuration = try weights.configuration(description.outline)
    let embedding = try weights.tensor("embed.weight", rank: 2, in: weights.tensors)
    let tokenizer = try Self.tokenizer(description, count: embedding.shape[0], of: file)
    var model = LanguageModel(configuration, vocabularySize: embedding.shape[0])
    do throws(ParameterMismatch) {
      try model.load(weights.tensors)
    } catch {
      throw file.failure(error)
    }
    for (name, tensor) in model.parameters {
      if let index = tensor.scalars.firstIndex(where: { !$0.isFinite }) {
        throw file.failure(
          name, "expected finite weights, found infinity or NaN at element \(index)")
      }
    }
    model.packWeights()
    self.init(model, tokenizer)
  }

  private static func tokenizer(
    _ description: ModelDescription, count: Int, of file: ArrayFile
  ) throws(CheckpointError) -> any Tokenizer {
    if description.vocabulary == nil, let tokenizer = try ModelDescription.tokenizer(in: file) {
      guard tokenizer.vocabulary.count == count else {
        throw file.failure(
          "tokenizer",
          "expected \(count.counted("tokens")), found \(tokenizer.vocabulary.count.grouped)")
      }
      return tokenizer
    }
    guard let vocabulary = description.vocabulary else {
      throw file.failure(
        "vocabulary",
        "the file does not say which characters its \(count.counted("tokens")) are: expected a "
          + "JSON array of them in the order of their ids, in its metadata or in a file of its own")
    }
    guard vocabulary.count == count else {
      throw file.failure(
        "vocabulary",
        "expected \(count.counted("tokens")), as many as embed.weight has rows, "
          + "found \(vocabulary.count.grouped)")
    }
    if let tokenizer = CharacterTokenizer(vocabulary: vocabulary) { return tokenizer }
    guard let tokenizer = VocabularyTokenizer(vocabulary) else {
      throw file.failure("vocabulary", "expected tokens that differ and are not empty")
    }
    return tokenizer
  }
}

extension ArrayFile {
  /// The error for a file whose tensors are not the model's parameters.
  fileprivate func failure(_ mismatch: ParameterMismatch) -> CheckpointError {
    switch mismatch {
    case .missing(let name):
      failure(name, "the model has this parameter, the file does not")
    case .unexpected(let name):
      failure(name, "the file has this tensor, the model does not")
    case .shape(let name, let expected, let found):
      failure(name, "expected shape \(expected), found \(found)")
    }
  }
}

extension CharacterTokenizer {
  /// A character tokenizer; nil unless the vocabulary is `<unk>` and characters.
  fileprivate init?(vocabulary: [String]) {
    guard vocabulary.first == Self.unknownSymbol else { return nil }
    var characters: [Unicode.Scalar] = []
    for entry in vocabulary.dropFirst() {
      guard let scalar = entry.unicodeScalars.first, entry.unicodeScalars.count == 1 else {
        return nil
      }
      characters.append(scalar)
    }
    guard Set(characters).count == characters.count else { return nil }
    self.init(characters: characters)
  }
}

extension ImportedWeights {
  /// The model's configuration: from the outline, with missing values from the weights.
  func configuration(
    _ outline: ModelDescription.Outline?
  ) throws(CheckpointError) -> ModelConfiguration {
    let embedding = try tensor("embed.weight", rank: 2, in: tensors)
    let cell = try namedCell(outline)
    let layers = (0..<InvalidSetting.mostLayers + 1).first { layer in
      !tensors.keys.contains { $0.hasPrefix("rnn.") && $0.hasSuffix("_l\(layer)") }
    }
    var configuration = ModelConfiguration(
      cell: cell, embeddingSize: embedding.shape[1], hiddenSize: try hiddenSize(outline),
      layers: layers ?? 0)
    let pairs: [(String, Int?, Int)] = [
      ("embedding", outline?.embedding, configuration.embeddingSize),
      ("hidden", outline?.hidden, configuration.hiddenSize),
      ("layers", outline?.layers, configuration.layers),
    ]
    for (name, said, found) in pairs {
      guard said ?? found == found else {
        throw failure(
          "config \(name)", "expected \(found), as the weights have, found \(said ?? 0)")
      }
    }
    configuration.dropout = outline?.dropout ?? 0
    configuration.tiesWeights = outline?.tied ?? false
    configuration.recurrent = outline?.recurrent ?? Recurrent.Options()
    configuration.recurrent.learnsInitialState = tensors["rnn.initial_hidden_l0"] != nil
    do throws(InvalidSetting) {
      try configuration.validateForText()
    } catch {
      throw failure("config", "\(error)")
    }
    return configuration
  }

  private func namedCell(
    _ outline: ModelDescription.Outline?
  ) throws(CheckpointError) -> NamedCell {
    if let cell = outline?.cell { return cell }
    let registry = CellRegistry.standard
    do throws(UnknownCell) {
      if let kind = outline?.kind?.lowercased() ?? (cell is RNN ? "rnn" : nil) {
        let name =
          switch (kind, outline?.nonlinearity) {
          case ("rnn_tanh", _): "rnn"
          case ("rnn_relu", _), ("rnn", "relu"): "rnn-relu"
          default: kind
          }
        let named = try registry.cell(named: name)
        // The shapes determine options that the kind does not: a projection, a reset before the product.
        if let cell, type(of: cell) == type(of: named.base), !(cell is RNN) {
          return try registry.named(cell)
        }
        return named
      }
      if let cell { return try registry.named(cell) }
    } catch {
      throw failure("config kind", "\(error)")
    }
    throw failure(
      "config kind", "the weights are not those of an RNN, LSTM or GRU: expected the name of a cell"
    )
  }

  /// The hidden size: the columns of the recurrent matrix or of the projection; for other cells and for layers of several
  /// sizes, from the outline.
  private func hiddenSize(
    _ outline: ModelDescription.Outline?
  ) throws(CheckpointError) -> Int {
    let hasLayerSizes = outline?.recurrent?.layerSizes.isEmpty == false
    if cell == nil || hasLayerSizes, let hidden = outline?.hidden { return hidden }
    if let projection = tensors["rnn.weight_hr_l0"], projection.rank == 2 {
      return projection.shape[1]
    }
    return try tensor("rnn.weight_hh_l0", rank: 2, in: tensors).shape[1]
  }
}
