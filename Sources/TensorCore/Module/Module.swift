import Requirements

/// A value with parameters that can be trained: a layer, or a model made of layers.
///
///     struct Scale: Module {
///       var factor = Tensor(1)
///       mutating func visitParameters(_ visitor: inout ParameterVisitor) {
///         visitor.visit("factor", &factor)
///       }
///       func callAsFunction(_ x: Tensor) -> Tensor { x * factor }
///     }
///
/// The names are those of PyTorch's `state_dict`, so that checkpoints cross over.
public protocol Module: Sendable {
  /// Visits every parameter, always in the same order. What is visited twice, under two names, is
  /// one tied parameter.
  mutating func visitParameters(_ visitor: inout ParameterVisitor)
}

extension Module {
  /// The parameters with their names, in visiting order.
  public var parameters: [(name: String, value: Tensor)] {
    var result: [(name: String, value: Tensor)] = []
    var copy = self
    copy.updateParameters { name, parameter in result.append((name, parameter)) }
    return result
  }

  /// The number of floats in all parameters; a tied parameter counts once.
  public var parameterCount: Int {
    var copy = self
    let leaves = Leaves(tracking: &copy, on: Tape())
    return leaves.values.reduce(0) { $0 + $1.count }
  }

  /// Calls `body` with each parameter in visiting order, to be changed or replaced. The shape must
  /// stay as it is.
  public mutating func updateParameters(
    _ body: (_ name: String, _ parameter: inout Tensor) -> Void
  ) {
    withoutActuallyEscaping(body) { body in
      var visitor = ParameterVisitor { name, parameter in
        let shape = parameter.shape
        body(name, &parameter)
        require(
          parameter.shape == shape,
          "\(name) of shape \(shape) cannot become a tensor of shape \(parameter.shape)")
      }
      visitParameters(&visitor)
    }
  }

  /// Calls `body` with each parameter and its gradient; what an optimizer does its step with. A tied
  /// parameter comes once, under its first name.
  ///
  /// A parameter whose memory nobody else holds may be changed in place.
  public mutating func updateParameters(
    with gradients: Gradients,
    _ body: (_ name: String, _ parameter: inout Tensor, _ gradient: Tensor) -> Void
  ) {
    updateParameters { name, parameter in
      guard !gradients.isAlias(name) else { return }
      guard let gradient = gradients[name] else {
        failure("no gradient for the parameter \(name)")
      }
      require(
        gradient.shape == parameter.shape,
        "\(name) has shape \(parameter.shape), its gradient \(gradient.shape)")
      body(name, &parameter, gradient)
    }
  }

  /// Replaces every parameter by the tensor of its name.
  ///
  /// - Throws: ``ParameterMismatch`` if a name is missing or unknown or a shape differs; then nothing
  ///   has been replaced.
  public mutating func load(_ values: [String: Tensor]) throws(ParameterMismatch) {
    var unknown = Set(values.keys)
    for (name, parameter) in parameters {
      guard let value = values[name] else { throw .missing(name: name) }
      guard value.shape == parameter.shape else {
        throw .shape(name: name, expected: parameter.shape, found: value.shape)
      }
      unknown.remove(name)
    }
    if let name = unknown.min() { throw .unexpected(name: name) }
    updateParameters { name, parameter in
      if let value = values[name] { parameter = value.detached() }
    }
  }
}

/// Why tensors cannot be loaded as a module's parameters.
public enum ParameterMismatch: Error, Hashable, Sendable, CustomStringConvertible {
  /// The module has a parameter that is not among the tensors.
  case missing(name: String)
  /// There is a tensor that is no parameter of the module.
  case unexpected(name: String)
  /// A tensor has not its parameter's shape.
  case shape(name: String, expected: [Int], found: [Int])

  /// One line that names the parameter, what was expected and what was found.
  public var description: String {
    switch self {
    case .missing(let name): "the parameter \(name) is missing"
    case .unexpected(let name): "\(name) is not a parameter of this model"
    case .shape(let name, let expected, let found):
      "\(name) should have the shape \(expected) but has \(found)"
    }
  }
}
