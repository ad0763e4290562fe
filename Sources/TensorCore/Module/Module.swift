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
  /// Visits every parameter, always in the same order. A parameter that is visited
  /// twice, under two names, is tied.
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

  /// Calls `body` with each parameter and its gradient, for an optimizer's step. A tied parameter comes once,
  /// under its first name.
  ///
  /// A parameter whose memory is not shared may be changed in place.
  public mutating func updateParameters(
    with gradients: Gradients,
    _ body: (_ name: String, _ parameter: inout Tensor, _ gradient: Tensor) -> Void
  ) {
    var next = 0
    updateParameters { name, parameter in
      guard let position = gradients.position(of: name, expected: next) else {
        failure("no gradient for the parameter \(name)")
      }
      // Else it is a tied parameter's second or later name.
      guard gradients.names[position] == name else { return }
      next = position + 1
      let gradient = gradients.values[position]
      require(
        gradient.shape == parameter.shape,
        "\(name) has shape \(parameter.shape), its gradient \(gradient.shape)")
      body(name, &parameter, gradient)
    }
  }
}
