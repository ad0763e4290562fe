import Requirements

/// Samples the initial values of a parameter.
public protocol ParameterInitializer: Sendable {
  /// The initial values of a parameter of this shape.
  func tensor(
    of shape: [Int], using generator: inout some RandomNumberGenerator
  ) -> Tensor
}

/// Samples from the normal distribution with mean 0 and deviation 1: PyTorch's initialization of an embedding.
public struct NormalInitializer: ParameterInitializer {
  public func tensor(
    of shape: [Int], using generator: inout some RandomNumberGenerator
  ) -> Tensor {
    Tensor(normal: shape, using: &generator)
  }
}

/// Samples uniformly from ±1/sqrt(fanIn): PyTorch's initialization of linear and recurrent layers.
public struct FanInInitializer: ParameterInitializer {
  /// The number of inputs of a unit, or H for a recurrent layer.
  public let fanIn: Int

  public func tensor(
    of shape: [Int], using generator: inout some RandomNumberGenerator
  ) -> Tensor {
    Tensor(fanInUniform: shape, fanIn: fanIn, using: &generator)
  }
}

extension ParameterInitializer where Self == NormalInitializer {
  /// ``NormalInitializer``.
  public static var normal: Self { NormalInitializer() }
}

extension ParameterInitializer where Self == FanInInitializer {
  /// ``FanInInitializer``.
  public static func uniform(fanIn: Int) -> Self { FanInInitializer(fanIn: fanIn) }
}

extension Tensor {
  /// A declared parameter: it has a shape, but neither values nor memory until the module that it belongs to is
  /// initialized (``Module/initialize(using:)``) or loaded (``Module/load(_:prefix:)``).
  ///
  /// - Precondition: its values are not used before.
  public init(parameter shape: [Int], _ initializer: some ParameterInitializer) {
    storage = Storage(declaring: elementCount(of: shape), initializer)
    self.shape = shape
  }

  /// Whether this is a declared parameter, without values yet.
  public var isDeclared: Bool { storage.initializer != nil }
}

extension Module {
  /// Samples the initial values of every parameter that is declared and has none yet, in visiting order.
  ///
  /// A module's structure is stated once, by an initializer that declares its parameters. Its values
  /// are then sampled by this method or loaded from a file; until then ``parameters`` lists names and shapes
  /// without any memory.
  public mutating func initialize(using generator: inout some RandomNumberGenerator) {
    updateParameters { _, parameter in
      guard let initializer = parameter.storage.initializer else { return }
      parameter = initializer.tensor(of: parameter.shape, using: &generator)
    }
  }
}
