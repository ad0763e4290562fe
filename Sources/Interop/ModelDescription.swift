import Cells
import Checkpoint
import Datasets
import FileCore
import Models

/// A description of a language model for files that contain only weights.
///
/// A `state_dict` of PyTorch has names and numbers, but neither the characters of the tokens nor the activation
/// function of a simple RNN. Both come from the file's metadata or from the reader of the file.
public struct ModelDescription: Sendable, Hashable {
  /// The tokens in the order of their ids.
  public var vocabulary: [String]?
  /// The model's kind and sizes.
  public var outline: Outline?

  /// A model's kind and sizes; missing values are inferred from the weights.
  ///
  /// As JSON, for example: `{"kind": "GRU", "embedding": 16, "hidden": 64, "layers": 2}`.
  public struct Outline: Sendable, Hashable, Codable {
    /// `RNN`, `LSTM` or `GRU`, or the name of another cell.
    public var kind: String?
    /// `tanh` or `relu`, for an RNN.
    public var nonlinearity: String?
    /// The cell with its options, which has precedence over its kind. In JSON it may be the cell's name alone.
    public var cell: NamedCell?
    /// The embedding size, E.
    public var embedding: Int?
    /// The hidden size, H.
    public var hidden: Int?
    /// The number of layers, L.
    public var layers: Int?
    /// The dropout probability in training.
    public var dropout: Float?
    /// Whether `fc.weight` is `embed.weight`.
    public var tied: Bool?
    /// What is around the cells: blocks, connections, projections.
    public var recurrent: Recurrent.Options?

    /// An outline with only the given values.
    public init(kind: String? = nil, nonlinearity: String? = nil, cell: NamedCell? = nil) {
      self.kind = kind
      self.nonlinearity = nonlinearity
      self.cell = cell
    }

    /// Decodes an outline; all values may be missing.
    public init(from decoder: any Decoder) throws {
      let values = try decoder.container(keyedBy: CodingKeys.self)
      kind = try values.decodeIfPresent(String.self, forKey: .kind)
      nonlinearity = try values.decodeIfPresent(String.self, forKey: .nonlinearity)
      if let name = try? values.decodeIfPresent(String.self, forKey: .cell) {
        kind = kind ?? name
      } else {
        cell = try values.decodeIfPresent(NamedCell.self, forKey: .cell)
      }
      embedding = try values.decodeIfPresent(Int.self, forKey: .embedding)
      hidden = try values.decodeIfPresent(Int.self, forKey: .hidden)
      layers = try values.decodeIfPresent(Int.self, forKey: .layers)
      dropout = try values.decodeIfPresent(Float.self, forKey: .dropout)
      tied = try values.decodeIfPresent(Bool.self, forKey: .tied)
      recurrent = try values.decodeIfPresent(Recurrent.Options.self, forKey: .recurrent)
    }

    /// Whether the reset gate of a GRU acts after the product; nil if the outline does not say so.
    var isResetAfter: Bool? {
      switch cell?.name ?? kind?.lowercased() {
      case "gru": true
      case "gru-before": false
      default: nil
      }
    }

    /// The outline of a model.
    init(_ configuration: ModelConfiguration) {
      cell = configuration.cell
      kind = configuration.cell.name
      embedding = configuration.embeddingSize
      hidden = configuration.hiddenSize
      layers = configuration.layers
      dropout = configuration.dropout
      tied = configuration.tiesWeights
      recurrent = configuration.recurrent
    }
  }

  /// A description with only the given values.
  public init(vocabulary: [String]? = nil, outline: Outline? = nil) {
    self.vocabulary = vocabulary
    self.outline = outline
  }

  /// Reads a vocabulary and an outline from JSON files, if paths are given.
  ///
  /// A vocabulary is an array of texts, or an object that maps each text to its ID.
  ///
  /// - Throws: `CheckpointError` if a file can't be read or is not such JSON.
  public init(vocabularyPath: String?, outlinePath: String?) throws(CheckpointError) {
    if let vocabularyPath {
      vocabulary = try CheckpointError.throwing { () throws(FileError) in
        try VocabularyText.read(vocabularyPath)
      }
    }
    if let outlinePath { outline = try JSONFile(path: outlinePath).decoded(Outline.self) }
  }

  /// The tokenizer in a file's metadata, as this library writes it; nil if there is none.
  static func tokenizer(in file: ArrayFile) throws(CheckpointError) -> (any Tokenizer)? {
    guard let text = file.metadata["tokenizer"] else { return nil }
    return try JSONFile(text: text, of: file, key: "tokenizer").decoded(AnyTokenizer.self).base
  }

  /// This description, with missing values from a file's metadata.
  func completed(by file: ArrayFile) throws(CheckpointError) -> ModelDescription {
    var result = self
    let metadata = file.metadata
    if vocabulary == nil, metadata["tokenizer"] == nil, let text = metadata["vocabulary"] {
      result.vocabulary = try CheckpointError.throwing { () throws(FileError) in
        try VocabularyText.tokens(in: text, of: "\(file.path): metadata vocabulary")
      }
    }
    if outline == nil, let text = metadata["config"] {
      result.outline = try JSONFile(text: text, of: file, key: "config").decoded(Outline.self)
    }
    return result
  }
}

/// A JSON text from a separate file or from a file's metadata.
private struct JSONFile {
  private let file: String
  private let place: String
  private let text: [UInt8]

  init(path: String) throws(CheckpointError) {
    (file, place) = (path, "")
    text = Array(try smallText(path).utf8)
  }

  init(text: String, of file: ArrayFile, key: String) {
    (self.file, place, self.text) = (file.path, "metadata \(key)", Array(text.utf8))
  }

  func failure(_ reason: String) -> CheckpointError {
    CheckpointError(file: file, format: "JSON", place: place, reason: reason)
  }

  func value() throws(CheckpointError) -> JSONValue {
    do throws(JSONError) {
      return try JSONValue(parsing: text, maximumDepth: ReadLimits().jsonDepth)
    } catch {
      throw failure("byte \(error.offset): \(error.problem)")
    }
  }

  func decoded<Value: Decodable>(_ type: Value.Type) throws(CheckpointError) -> Value {
    let value = try value()
    do throws(JSONMismatch) {
      return try value.decoded(as: type)
    } catch {
      throw failure("\(error)")
    }
  }
}
