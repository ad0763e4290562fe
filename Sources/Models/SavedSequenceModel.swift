import Checkpoint
import Datasets
import TensorCore
import Requirements

/// A sequence model with its interface: names of classes and tokens, tokenizers, and scales of numbers.
///
/// In the file: the parameters in section `model`; `{"configuration": …, "interface": …, "kind":
/// "sequence-model"}` as entry `model` of section `configuration`; the cell's equations in section `equations`.
public struct SavedSequenceModel: Sendable {
  /// The model.
  public var model: SequenceNetwork
  /// The model's input and answer.
  public let interface: SequenceInterface

  /// The entry `model` of section `configuration`.
  private struct Header: Codable {
    static let kind = "sequence-model"
    var kind = Header.kind
    var configuration: ModelConfiguration
    var interface: SequenceInterface
  }

  /// A model and its interface.
  public init(_ model: SequenceNetwork, _ interface: SequenceInterface) {
    self.model = model
    self.interface = interface
  }

  /// Reads the model and no other part of a `.rnnz` file.
  ///
  /// - Throws: `CheckpointError` if the file is missing, of another format, damaged, or does not contain a sequence
  ///   model whose sizes match its weights. No memory is allocated for sizes that the weights don't have.
  public init(path: String) throws(CheckpointError) {
    try self.init(reading: CheckpointReader(path: path))
  }

  /// Reads a model from an opened file.
  public init(reading reader: CheckpointReader) throws(CheckpointError) {
    let key = Checkpoint.Key(.configuration, "model")
    let kind = try SavedModelKind(reading: reader)
    guard kind == .sequence else {
      throw reader.fail(
        .configValue(key, path: "kind", expected: Header.kind, found: kind.rawValue))
    }
    let reader = try reader.readingEquations()
    let header = try reader.json(Header.self, .configuration, "model")
    do throws(InvalidSetting) {
      try header.configuration.validate(for: header.interface)
    } catch {
      throw reader.fail(
        .configValue(
          key, path: "configuration.\(error.name)", expected: error.expected, found: error.found))
    }
    try reader.checkEquations(
      header.configuration, inputSizes: header.configuration.inputSizes(for: header.interface))
    model = SequenceNetwork(header.configuration, header.interface)
    interface = header.interface
    try reader.load(&model, nonFinite: .refused)
    model.packWeights()
  }

  /// Adds the model and its interface to a checkpoint.
  public func write(to checkpoint: inout Checkpoint) throws(CheckpointError) {
    checkpoint.set(parametersOf: model)
    try checkpoint.setJSON(
      Header(configuration: model.configuration, interface: interface), .configuration, "model")
    try SavingPackage.write(to: &checkpoint)
    let configuration = model.configuration
    checkpoint.setEquations(configuration, inputSizes: configuration.inputSizes(for: interface))
  }
}

/// The kind of model in a file.
public enum SavedModelKind: String, Sendable {
  /// A ``SavedLanguageModel``.
  case language = "language-model"
  /// A ``SavedSequenceModel``.
  case sequence = "sequence-model"
  /// A ``SavedGraphModel``.
  case graph = "graph-model"

  private struct Header: Decodable { var kind: String }

  /// Reads the kind of model in a file.
  ///
  /// - Throws: `CheckpointError` if it has no model, or one of an unknown kind.
  public init(reading reader: CheckpointReader) throws(CheckpointError) {
    if reader.contains(.carry, "session"), !reader.contains(.configuration, "model") {
      throw reader.fail(
        .configValue(
          .init(.carry, "session"), path: "", expected: "a model",
          found: "the state of a session, which goes on with its model"))
    }
    let found = try reader.json(Header.self, .configuration, "model").kind
    guard let kind = SavedModelKind(rawValue: found) else {
      throw reader.fail(
        .configValue(
          .init(.configuration, "model"), path: "kind",
          expected: "language-model, sequence-model or graph-model",
          found: found))
    }
    self = kind
  }
}

/// The package that saved a model, as an entry of its file: `{"name":"swift-rnn","version":"0.1.0"}`.
///
/// Nothing is read from it: files of every version are read alike. It is for people and for reports of bugs.
struct SavingPackage: Encodable {
  private let name = "swift-rnn"
  private let version = PackageVersion.number

  /// Adds the entry to a checkpoint.
  static func write(to checkpoint: inout Checkpoint) throws(CheckpointError) {
    try checkpoint.setJSON(SavingPackage(), .configuration, "package")
  }
}
