import Datasets
import TensorCore

/// A model of any shape of sequence task; its ``SequenceInterface`` determines which:
///
/// | input | answer | model |
/// |---|---|---|
/// | vectors of each step | vectors of each step | ``SequenceReader``, a filter or forecaster |
/// | class or vector | sequence | ``SequenceWriter`` |
/// | sequence | class or vector | ``SequenceReader``, a classifier or regressor |
/// | sequence | aligned sequence | ``SequenceReader``, a tagger or forecaster |
/// | sequence | delayed sequence | ``EncoderDecoder`` |
/// | sequence | ordered sequence | ``SequenceReader`` with a blank, a transcriber by ``CTC`` |
public enum SequenceNetwork: Module {
  /// Reads, and answers once or at each step.
  case reader(SequenceReader)
  /// Writes from a single value.
  case writer(SequenceWriter)
  /// Reads a sequence, then writes one.
  case translator(EncoderDecoder)

  /// A model with random weights, initialized as in PyTorch.
  ///
  /// - Precondition: the configuration passes ``ModelConfiguration/validate(for:)``.
  public init(
    _ configuration: ModelConfiguration, _ interface: SequenceInterface,
    using generator: inout some RandomNumberGenerator
  ) {
    self.init(configuration, interface)
    initialize(using: &generator)
  }

  /// A model with declared parameters, to be initialized or loaded.
  ///
  /// - Precondition: the configuration passes ``ModelConfiguration/validate(for:)``.
  public init(_ configuration: ModelConfiguration, _ interface: SequenceInterface) {
    switch interface.shape {
    case .oneToOne, .manyToOne, .manyToManyInStep, .manyToManyOrdered:
      self = .reader(SequenceReader(configuration, interface))
    case .oneToMany: self = .writer(SequenceWriter(configuration, interface))
    case .manyToManyDelayed: self = .translator(EncoderDecoder(configuration, interface))
    }
  }

  /// The model's options and sizes.
  public var configuration: ModelConfiguration {
    switch self {
    case .reader(let model): model.configuration
    case .writer(let model): model.configuration
    case .translator(let model): model.configuration
    }
  }

  public mutating func visitParameters(_ visitor: inout ParameterVisitor) {
    switch consume self {
    case .reader(var model):
      model.visitParameters(&visitor)
      self = .reader(model)
    case .writer(var model):
      model.visitParameters(&visitor)
      self = .writer(model)
    case .translator(var model):
      model.visitParameters(&visitor)
      self = .translator(model)
    }
  }
}
