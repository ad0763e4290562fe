import Datasets
import TensorCore

/// A model of any of the shapes of sequence work, as its ``SequenceInterface`` asks for it.
///
/// | input | answer | model |
/// |---|---|---|
/// | vectors of each step | vectors of each step | ``SequenceReader``, a filter or forecaster |
/// | class or vector | sequence | ``SequenceWriter`` |
/// | sequence | class or vector | ``SequenceReader``, a classifier or regressor |
/// | sequence | sequence in step | ``SequenceReader``, a tagger or forecaster |
/// | sequence | delayed sequence | ``EncoderDecoder`` |
public enum SequenceNetwork: Module {
  /// It reads, and answers once or at each step.
  case reader(SequenceReader)
  /// It writes from a single value.
  case writer(SequenceWriter)
  /// It reads, then writes.
  case translator(EncoderDecoder)

  /// A model with random weights, as PyTorch draws them.
  ///
  /// - Precondition: the configuration passes ``ModelConfiguration/validate(for:)``.
  public init(
    _ configuration: ModelConfiguration, _ interface: SequenceInterface,
    using generator: inout some RandomNumberGenerator
  ) {
    self.init(configuration, interface)
    initialize(using: &generator)
  }

  /// A model whose parameters are declared, to be initialized or loaded.
  ///
  /// - Precondition: the configuration passes ``ModelConfiguration/validate(for:)``.
  public init(_ configuration: ModelConfiguration, _ interface: SequenceInterface) {
    switch interface.shape {
    case .oneToOne, .manyToOne, .manyToManyInStep:
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
