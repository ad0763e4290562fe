import Requirements

/// The gradients of a model's parameters, by name, in visiting order.
///
/// Every parameter has one; it is zero if the loss does not depend on the parameter. A tied
/// parameter, which the model visits under several names, has one gradient: its first name is among
/// ``names``, and the subscript finds it under every name.
public struct Gradients: Sendable {
  /// The parameters' names, in visiting order.
  public let names: [String]
  /// The gradients, in the order of ``names``.
  public private(set) var values: [Tensor]
  private let positions: [String: Int]

  /// Gradients that were not computed by `valueAndGradient`.
  public init(_ gradients: [(name: String, value: Tensor)]) {
    self.init(
      names: gradients.map(\.name), values: gradients.map { $0.value.detached() }, aliases: [:])
  }

  /// `aliases`: further names, with positions in `names`.
  init(names: [String], values: [Tensor], aliases: [String: Int]) {
    self.names = names
    self.values = values
    var positions = aliases
    positions.reserveCapacity(names.count + aliases.count)
    for (position, name) in names.enumerated() {
      let other = positions.updateValue(position, forKey: name)
      require(other == nil, "two parameters have the name \(name)")
    }
    self.positions = positions
  }

  /// Gradients of a model's parameters that were computed by other means, in the order of ``names``.
  ///
  /// A model's tied parameters have one gradient, as from `valueAndGradient`.
  package init(of model: some Module, values: [Tensor]) {
    var copy = model
    let template = Leaves(tracking: &copy, on: Tape()).template
    require(
      template.values.count == values.count,
      "\(values.count) gradients for \(template.values.count) parameters")
    var rest = values[...]
    self = template.mapValues { rest.popFirst() ?? $0 }
  }

  /// The shapes of a model's gradients, in the order of ``names``.
  package static func shapes(of model: some Module) -> [[Int]] {
    var copy = model
    return Leaves(tracking: &copy, on: Tape()).values.map(\.shape)
  }

  /// The gradient of the parameter of that name.
  public subscript(name: String) -> Tensor? {
    positions[name].map { values[$0] }
  }

  /// The position of the gradient of the parameter of that name: the expected one, if it has the name.
  func position(of name: String, expected: Int) -> Int? {
    names.indices ~= expected && names[expected] == name ? expected : positions[name]
  }

  /// The Euclidean norm of all gradients taken together, added up in double precision.
  public var norm: Double {
    let squares = values.reduce(0.0) { partial, gradient in
      partial + sumOfSquares(gradient.elements, count: gradient.count)
    }
    return squares.squareRoot()
  }

  /// Every gradient changed by a function that keeps its shape.
  public func mapValues(_ transform: (Tensor) throws -> Tensor) rethrows -> Gradients {
    var result = self
    result.values = try values.map { gradient in
      let changed = try transform(gradient)
      require(
        changed.shape == gradient.shape,
        "a gradient of shape \(gradient.shape) cannot become one of shape \(changed.shape)")
      return changed
    }
    return result
  }
}
