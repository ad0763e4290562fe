import Checkpoint
import Datasets
import TensorCore

/// A model of sequences with all that using it needs: the names of classes and tokens, tokenizers, and the
/// scales of numbers.
///
/// In the file: the parameters in section `model`; `{"configuration": …, "interface": …, "kind":
/// "sequence-model"}` as entry `model` of section `configuration`.
public struct SavedSequenceModel: Sendable {
  /// The model.
  public var model: SequenceNetwork
  /// What it reads and answers.
  public let interface: SequenceInterface

  /// The file's word for what the model is.
  private struct Header: Codable {
    static let kind = "sequence-model"
    var kind = Header.kind
    var configuration: ModelConfiguration
    var interface: SequenceInterface
  }

  /// A model and its two sides.
  public init(_ model: SequenceNetwork, _ interface: SequenceInterface) {
    self.model = model
    self.interface = interface
  }

  /// Reads a model from a `.rnnz` file: the model alone, whatever else the file holds.
  ///
  /// - Throws: `CheckpointError` where the file is missing, foreign, damaged, or does not hold a model of
  ///   sequences whose sizes agree with its weights. Nothing is allocated for sizes that the weights don't have.
  public init(path: String) throws(CheckpointError) {
    try self.init(reading: CheckpointReader(path: path))
  }

  /// Reads a model from an opened file.
  public init(reading reader: CheckpointReader) throws(CheckpointError) {
    let key = Checkpoint.Key(.configuration, "model")
    guard try SavedModelKind(reading: reader) == .sequence else {
      throw reader.fail(
        .configValue(key, path: "kind", expected: Header.kind, found: "language-model"))
    }
    let header = try reader.json(Header.self, .configuration, "model")
    do throws(InvalidSetting) {
      try header.configuration.validate(for: header.interface)
    } catch {
      throw reader.fail(
        .configValue(
          key, path: "configuration.\(error.name)", expected: error.expected, found: error.found))
    }
    model = SequenceNetwork(header.configuration, header.interface)
    interface = header.interface
    try reader.load(&model, nonFinite: .refused)
  }

  /// Adds the model and its two sides to a checkpoint.
  public func write(to checkpoint: inout Checkpoint) throws(CheckpointError) {
    checkpoint.set(parametersOf: model)
    try checkpoint.setJSON(
      Header(configuration: model.configuration, interface: interface), .configuration, "model")
  }
}

/// What kind of model a file holds.
public enum SavedModelKind: String, Sendable {
  /// A ``SavedLanguageModel``.
  case language = "language-model"
  /// A ``SavedSequenceModel``.
  case sequence = "sequence-model"

  private struct Header: Decodable { var kind: String }

  /// Reads what kind of model a file holds.
  ///
  /// - Throws: `CheckpointError` where it holds none, or none that is known here.
  public init(reading reader: CheckpointReader) throws(CheckpointError) {
    let found = try reader.json(Header.self, .configuration, "model").kind
    guard let kind = SavedModelKind(rawValue: found) else {
      throw reader.fail(
        .configValue(
          .init(.configuration, "model"), path: "kind",
          expected: "language-model or sequence-model",
          found: found))
    }
    self = kind
  }
}
