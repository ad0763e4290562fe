public import TensorCore

extension ArrayFile {
  /// Replaces every parameter of a model by an array of the file.
  ///
  /// Without a map an array is the parameter of its own name. `parameter` gives the parameter's name for an array's: so weights
  /// cross over that another program named. An array for which it is nil is left out.
  ///
  /// ```swift
  /// // "blocks.0.att.key.weight" is the parameter "key.weight_l0".
  /// try file.load(&mixer) { name in
  ///   name.wholeMatch(of: /blocks\.0\.att\.(.+)/).map { "\($0.1)_l0" }
  /// }
  /// ```
  ///
  /// Numbers of other types are converted to float32.
  ///
  /// - Throws: `CheckpointError` if a parameter has no array, or two, if an array is mapped to a name that is no parameter's, or
  ///   if a shape differs; then nothing has been replaced.
  public func load<Model: Module>(
    _ model: inout Model, parameter: (_ name: String) -> String? = { $0 }
  ) throws(CheckpointError) {
    let expected = model.parameters
    let sources = try sources(of: expected.map(\.name), parameter)
    try checkMemory()
    var values: [String: Tensor] = [:]
    for (name, old) in expected {
      guard let source = sources[name] else {
        throw failure(name, "expected an array for this parameter of the model, found none")
      }
      let value = try array(source).tensor
      guard value.shape == old.shape else {
        let role = source == name ? "" : " of the parameter \(name)"
        throw failure(source, "expected shape \(old.shape)\(role), found \(value.shape)")
      }
      values[name] = value
    }
    model.updateParameters { name, value in
      if let new = values[name] { value = new }
    }
  }

  /// The names of the arrays by the names of the parameters that they are mapped to.
  private func sources(
    of parameters: [String], _ parameter: (String) -> String?
  ) throws(CheckpointError) -> [String: String] {
    let known = Set(parameters)
    var sources: [String: String] = [:]
    for name in names {
      guard let target = parameter(name) else { continue }
      guard known.contains(target) else {
        let role = target == name ? "this name" : "the name \(target)"
        throw failure(name, "expected a parameter of \(role) in the model, found none")
      }
      if let other = sources.updateValue(name, forKey: target) {
        throw failure(name, "expected one array for the parameter \(target), found \(other) too")
      }
    }
    return sources
  }
}
