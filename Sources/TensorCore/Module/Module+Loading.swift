extension Module {
  /// Replaces every parameter by the tensor of its name.
  ///
  /// With a prefix only the tensors whose names begin with it are looked at: a layer takes its own part of a
  /// whole model's tensors.
  ///
  /// ```swift
  /// try model.load(tensors)                        // "rnn.weight_ih_l0", "fc.weight", ...
  /// try layer.load(tensors, prefix: "rnn.")        // "rnn.weight_ih_l0" is the layer's weight_ih_l0
  /// ```
  ///
  /// - Throws: ``ParameterMismatch`` if a name is missing or unknown or a shape differs; then nothing
  ///   has been replaced.
  public mutating func load(
    _ values: [String: Tensor], prefix: String = ""
  ) throws(ParameterMismatch) {
    let report = try shapesChecked(values, prefix)
    if let name = report.missing.first { throw .missing(name: name) }
    if let name = report.unused.first { throw .unexpected(name: name) }
    replaceParameters(by: values, prefix)
  }

  /// Replaces the parameters that have a tensor of their name, and says which parameters had none and which
  /// tensors were no parameter's.
  ///
  /// - Throws: ``ParameterMismatch/shape(name:expected:found:)`` if a shape differs; then nothing has been
  ///   replaced.
  public mutating func loadAvailable(
    _ values: [String: Tensor], prefix: String = ""
  ) throws(ParameterMismatch) -> LoadReport {
    let report = try shapesChecked(values, prefix)
    replaceParameters(by: values, prefix)
    return report
  }

  private func shapesChecked(
    _ values: [String: Tensor], _ prefix: String
  ) throws(ParameterMismatch) -> LoadReport {
    var unused = Set(values.keys.filter { $0.hasPrefix(prefix) })
    var missing: [String] = []
    for (name, parameter) in parameters {
      let name = prefix + name
      guard let value = values[name] else {
        missing.append(name)
        continue
      }
      guard value.shape == parameter.shape else {
        throw .shape(name: name, expected: parameter.shape, found: value.shape)
      }
      unused.remove(name)
    }
    return LoadReport(missing: missing, unused: unused.sorted())
  }

  private mutating func replaceParameters(by values: [String: Tensor], _ prefix: String) {
    updateParameters { name, parameter in
      if let value = values[prefix + name] { parameter = value.detached() }
    }
  }
}

/// What ``Module/loadAvailable(_:prefix:)`` did not find, and did not need. Names have their prefix.
public struct LoadReport: Hashable, Sendable {
  /// The parameters that no tensor was found for, in visiting order: they are as they were.
  public let missing: [String]
  /// The tensors that are no parameter of the module, sorted.
  public let unused: [String]
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
