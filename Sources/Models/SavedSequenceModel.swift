import Cells
import Checkpoint
import Datasets
import TensorCore

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
    var kind = SavedModelKind.sequence
    var configuration: ModelConfiguration
    var interface: SequenceInterface
  }

  /// A model and its interface.
  public init(_ model: SequenceNetwork, _ interface: SequenceInterface) {
    self.model = model
    self.interface = interface
  }

  /// Reads the model and no other part of a `.rnnz` file. `cells` are the cells that the file may contain.
  ///
  /// - Throws: `CheckpointError` if the file is missing, of another format, damaged, or does not contain a sequence
  ///   model whose sizes match its weights. No memory is allocated for sizes that the weights don't have.
  public init(path: String, cells: CellRegistry = .standard) throws(CheckpointError) {
    try self.init(reading: CheckpointReader(path: path, cells: cells))
  }

  /// Reads a model from an opened file.
  public init(reading reader: CheckpointReader) throws(CheckpointError) {
    try SavedModelKind.sequence.check(reader)
    let reader = try reader.readingEquations()
    let header = try reader.json(Header.self, .configuration, "model")
    try reader.checkConfiguration { () throws(InvalidSetting) in
      try header.configuration.validate(for: header.interface)
    }
    try reader.checkEquations(
      header.configuration, inputSizes: header.configuration.inputSizes(for: header.interface))
    model = SequenceNetwork(header.configuration, header.interface)
    interface = header.interface
    try reader.load(&model, nonFinite: .refused)
    model.packWeights()
  }

  /// Checks that a file can hold the names of a model's input and answer, which come from a dataset.
  package static func checkNames(
    of interface: SequenceInterface, _ configuration: ModelConfiguration, in data: String
  ) throws(DatasetError) {
    try DatasetError.checkNames(
      of: "\(interface.input.summary) to \(interface.target.summary)", in: data,
      savedIn: Header(configuration: configuration, interface: interface))
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
