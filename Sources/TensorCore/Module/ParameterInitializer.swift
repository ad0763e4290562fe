import Requirements

/// Draws the first numbers of a parameter.
public protocol ParameterInitializer: Sendable {
  /// The first numbers of a parameter of this shape.
  func tensor(
    of shape: [Int], using generator: inout some RandomNumberGenerator
  ) -> Tensor
}

/// Independent numbers of a normal distribution with mean 0 and deviation 1: PyTorch's start of an embedding.
public struct NormalInitializer: ParameterInitializer {
  public func tensor(
    of shape: [Int], using generator: inout some RandomNumberGenerator
  ) -> Tensor {
    Tensor(normal: shape, using: &generator)
  }
}

/// Independent numbers, uniform from ±1/sqrt(fanIn): PyTorch's start of linear and recurrent layers.
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
  /// A declared parameter: it has a shape, but neither numbers nor memory until the module that it belongs to is
  /// initialized (``Module/initialize(using:)``) or loaded (``Module/load(_:)``).
  ///
  /// - Precondition: its numbers are not used before.
  public init(parameter shape: [Int], _ initializer: some ParameterInitializer) {
    storage = Storage(declaring: elementCount(of: shape), initializer)
    self.shape = shape
  }

  /// Whether this is a declared parameter, without numbers yet.
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
