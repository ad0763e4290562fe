import Checkpoint
import FileCore
import Models
public import TensorCore

/// Converts a model from a file of one format to another format.
///
/// ```swift
/// let conversion = try ModelConversion(ArrayFile(path: "model.pt"), described: description)
/// try conversion.save(to: "model.rnnz", as: .rnnz)
/// ```
public struct ModelConversion: Sendable {
  /// The formats that can be written.
  public enum Format: String, Sendable, CaseIterable {
    /// A checkpoint of this library.
    case rnnz
    /// A safetensors file, for PyTorch.
    case safetensors
    /// An ONNX model.
    case onnx

    /// The format of a path's extension; nil if it is none of these.
    public init?(path: String) {
      guard let format = Self.allCases.first(where: { path.hasEnding(".\($0.rawValue)") }) else {
        return nil
      }
      self = format
    }
  }

  private enum Content {
    case model(SavedLanguageModel)
    /// A model of another shape: a classifier, a tagger.
    case sequence(SavedSequenceModel)
    /// A graph that is not read as a language model: of ONNX, or one that Keras' description of a model states.
    case graph(SavedGraphModel)
    /// Arrays without a description of their model, or those of a graph that is not supported and why.
    case arrays(ExactDictionary<StoredArray>, CheckpointError?)
  }

  private let file: ArrayFile
  private var content: Content

  /// Reads a file: as a model, or, if neither the file nor the description has a vocabulary, as a graph or arrays.
  ///
  /// `states` are a graph's inputs that take outputs of the call before; nil for those that the file names.
  public init(
    _ file: ArrayFile, described description: ModelDescription = ModelDescription(),
    states: [GraphModel.State]? = nil
  ) throws(CheckpointError) {
    self.file = file
    content =
      if states != nil {
        if let graph = try file.graphModel(states: states) {
          .graph(graph)
        } else {
          throw file.failure("states", "expected a graph, which alone has them, found none")
        }
      } else if let saved = try file.sequenceModel {
        .sequence(saved)
      } else if try file.saysTokens || description.vocabulary != nil {
        .model(try SavedLanguageModel(importing: file, described: description))
      } else {
        try Self.graphOrArrays(file)
      }
  }

  private static func graphOrArrays(_ file: ArrayFile) throws(CheckpointError) -> Content {
    do throws(CheckpointError) {
      if let graph = try file.graphModel(states: nil) { return .graph(graph) }
      return .arrays(try file.arrays(), nil)
    } catch {
      switch file.content {
      case .onnx, .hdf5, .keras: return .arrays(try file.arrays(), error)
      default: throw error
      }
    }
  }

  /// Rounds the model's weights to a format; otherwise they are saved as they were read.
  ///
  /// - Throws: `CheckpointError` unless the file has a language or sequence model.
  public mutating func encodeWeights(as format: WeightFormat) throws(CheckpointError) {
    switch content {
    case .model(var saved):
      saved.model.encodeWeights(as: format)
      content = .model(saved)
    case .sequence(var saved):
      saved.model.encodeWeights(as: format)
      content = .sequence(saved)
    case .graph, .arrays:
      throw file.failure(
        "weights",
        "expected a language or sequence model, whose weights can be \(format.rawValue), "
          + "found \(summary)")
    }
  }

  /// Saves a file, atomically.
  ///
  /// - Throws: `CheckpointError` if arrays without a vocabulary are to be saved as anything but safetensors, if an
  ///   encoder-decoder or sequence writer is to be saved as ONNX, or if the file can't be written.
  public func save(to path: String, as format: Format) throws(CheckpointError) {
    switch (content, format) {
    case (.model(let saved), .rnnz): try checkpoint(saved.write).save(to: path)
    case (.model(let saved), .safetensors): try saved.safetensors().save(to: path)
    case (.model(let saved), .onnx): try saved.onnx().save(to: path)
    case (.sequence(let saved), .rnnz): try checkpoint(saved.write).save(to: path)
    case (.sequence(let saved), .safetensors):
      var weights = Safetensors(metadata: ["format": "pt"])
      weights.set(parametersOf: saved.model)
      try weights.save(to: path)
    case (.sequence(let saved), .onnx): try saved.onnx().save(to: path)
    case (.graph(let saved), .rnnz): try checkpoint(saved.write).save(to: path)
    case (.graph(let saved), .safetensors):
      try Safetensors(
        metadata: [:], arrays: file.isOfKeras ? try file.arrays() : saved.constants
      ).save(to: path)
    case (.graph(let saved), .onnx): try saved.onnx.save(to: path)
    case (.arrays(let arrays, _), .safetensors):
      try Safetensors(metadata: ["format": "pt"], arrays: arrays).save(to: path)
    case (.arrays(_, let reason?), _): throw reason
    case (.arrays, .rnnz), (.arrays, .onnx):
      throw file.failure(
        "vocabulary",
        "the file does not say which characters the model's tokens are: expected a "
          + "JSON array of them in the order of their ids, in its metadata or in a file of its own")
    }
  }

  /// A checkpoint of a model, and of the task that it was trained for: predictions and measurements read as training did.
  private func checkpoint(
    _ write: (inout Checkpoint) throws(CheckpointError) -> Void
  ) throws(CheckpointError) -> Checkpoint {
    var checkpoint = Checkpoint()
    try write(&checkpoint)
    let task = Checkpoint.Key(.configuration, "task")
    if case .checkpoint(let reader) = file.content, reader.contains(.configuration, task.name) {
      checkpoint.set(try reader.content(task), task)
    }
    return checkpoint
  }

  /// Whether a file of a format has no place for the names or the tokens of the model's input and answers: safetensors
  /// of other models than language models.
  public func losesNames(as format: Format) -> Bool {
    if case .sequence = content { format == .safetensors } else { false }
  }

  /// A line that describes what was read.
  public var summary: String {
    switch content {
    case .model(let saved): saved.summary
    case .sequence(let saved): saved.summary
    case .graph(let saved): saved.summary
    case .arrays(let arrays, _):
      "\(arrays.count) arrays, of which no vocabulary says what they mean"
    }
  }
}

extension ArrayFile {
  /// A line that describes the file's model; nil if it has only arrays, or no model that this library can use.
  ///
  ///     language model: gru, 2 layers of 64 units, embedding of 16, 28 tokens, 42972 numbers
  ///     tagger: lstm, one layer of 32 units in both directions, text of 40 tokens to 5 symbols, 9221 numbers
  public var modelSummary: String? {
    if let saved = try? sequenceModel { return saved.summary }
    // A file that does not say its tokens is no language model, whatever its arrays are: they are not read.
    if (try? saysTokens) == true, let saved = try? SavedLanguageModel(importing: self) {
      return saved.summary
    }
    return (try? graphModel(states: nil))?.summary
  }

  /// The sequence model of the file, if it is a checkpoint with one.
  var sequenceModel: SavedSequenceModel? {
    get throws(CheckpointError) {
      guard case .checkpoint(let reader) = content, reader.contains(.configuration, "model"),
        try SavedModelKind(reading: reader) == .sequence
      else { return nil }
      return try SavedSequenceModel(reading: reader)
    }
  }

  /// The graph of the file as a model: of a checkpoint with one, of an ONNX file, or of a file of Keras that describes its model;
  /// nil for other files.
  fileprivate func graphModel(
    states: [GraphModel.State]?
  ) throws(CheckpointError) -> SavedGraphModel? {
    switch content {
    case .checkpoint(let reader):
      return reader.contains(.configuration, "graph") ? try SavedGraphModel(reading: reader) : nil
    case .onnx(let model): return try SavedGraphModel(model, states: states, file: path)
    case .hdf5, .keras:
      return try KerasGraph.model(self).map { (model) throws(CheckpointError) in
        try SavedGraphModel(model, states: states, file: path)
      }
    default: return nil
    }
  }

  /// Whether it is a file of HDF5 or Keras, whose arrays have names of their own.
  fileprivate var isOfKeras: Bool {
    switch content {
    case .hdf5, .keras: true
    default: false
    }
  }

  /// Whether the file has a model's configuration (a checkpoint), or a vocabulary or tokenizer in its metadata.
  fileprivate var saysTokens: Bool {
    get throws(CheckpointError) {
      if case .checkpoint(let reader) = content {
        return reader.contains(.configuration, "model") && !reader.contains(.configuration, "graph")
      }
      return metadata["vocabulary"] != nil || metadata["tokenizer"] != nil
    }
  }
}
