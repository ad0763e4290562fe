public import TensorCore

extension Checkpoint {
  /// Adds a tensor. In section ``Section/model`` weights in 8 or 16 bits are stored as they are, int8 with its scales in
  /// section ``Section/scales``; elsewhere all are float32.
  public mutating func set(_ tensor: Tensor, _ section: Section, _ name: String) {
    guard section == .model else { return set(StoredArray(tensor), section, name) }
    remove(.scales, name)
    guard let matrix = tensor.encoded, matrix.format != .float32 else {
      return set(StoredArray(tensor), section, name)
    }
    let (bytes, scales) = matrix.numbers
    let elementType: ElementType = matrix.format == .int8 ? .int8 : .bfloat16
    set(
      StoredArray(elementType: elementType, shape: tensor.shape, bytes: bytes), section, name)
    if matrix.format == .int8 { set(StoredArray(scales), .scales, name) }
  }

  /// Adds every parameter of a model under its name.
  public mutating func set(parametersOf model: some Module, in section: Section = .model) {
    for (name, parameter) in model.parameters { set(parameter, section, name) }
  }
}

extension CheckpointReader {
  /// Whether weights may be infinite or NaN.
  public enum NonFinite: Sendable {
    /// They may: resuming restores exactly what was saved.
    case allowed
    /// They may not: such a model can't generate.
    case refused
  }

  /// Reads an array as a tensor: in its own format if it is a matrix of bf16 numbers or of int8 with scales, else in
  /// float32.
  public func tensor(
    _ section: Checkpoint.Section, _ name: String
  ) throws(CheckpointError) -> Tensor {
    let array = try array(section, name)
    let scales = section == .model ? try scales(of: name, array.elementType, array.shape) : nil
    return array.encodedTensor(scales: scales) ?? array.tensor
  }

  /// Reads a tensor that must have the given shape.
  package func tensor(
    _ section: Checkpoint.Section, _ name: String, shape: [Int]
  ) throws(CheckpointError) -> Tensor {
    let tensor = try tensor(section, name)
    guard tensor.shape == shape else {
      throw fail(.tensorShape(.init(section, name), expected: shape, found: tensor.shape))
    }
    return tensor
  }

  /// Replaces every parameter of a model by the tensor of its name.
  ///
  /// Throws `missingTensor`, `unexpectedTensor` or `tensorShape` unless the section contains exactly the model's
  /// parameters, and `nonFiniteWeights` if such weights are refused. If it throws, no parameter has changed.
  public func load<Model: Module>(
    _ model: inout Model, from section: Checkpoint.Section = .model,
    nonFinite: NonFinite = .allowed
  ) throws(CheckpointError) {
    let expected = model.parameters
    try checkNames(expected.map { ($0.name, $0.value.shape) }, in: section)
    var values: [String: Tensor] = [:]
    for (name, _) in expected {
      let value = try tensor(section, name)
      if nonFinite == .refused, let index = value.firstNonFinite {
        throw fail(.nonFiniteWeights(.init(section, name), index: index))
      }
      values[name] = value
    }
    model.updateParameters { name, parameter in
      if let value = values[name] { parameter = value }
    }
  }

  /// Compares names and shapes with the index, before any array is read.
  private func checkNames(
    _ expected: [(name: String, shape: [Int])], in section: Checkpoint.Section
  ) throws(CheckpointError) {
    var shapes: [Checkpoint.Key: [Int]] = [:]
    for entry in entries where entry.key.section == section { shapes[entry.key] = entry.shape }
    for (name, shape) in expected {
      let key = Checkpoint.Key(section, name)
      guard let found = shapes.removeValue(forKey: key) else { throw fail(.missingTensor(key)) }
      guard found == shape else {
        throw fail(.tensorShape(key, expected: shape, found: found))
      }
    }
    if let key = shapes.keys.min() { throw fail(.unexpectedTensor(key)) }
    guard section == .model else { return }
    for entry in entries where entry.key.section == .scales {
      guard contains(.model, entry.key.name) else {
        throw fail(.scales(entry.key, expected: "a matrix of this name", found: "none"))
      }
    }
  }
}

extension CheckpointError.Problem {
  /// Converts TensorCore's error about tensors that are not a model's parameters.
  init(_ mismatch: ParameterMismatch, in section: Checkpoint.Section) {
    self =
      switch mismatch {
      case .missing(let name): .missingTensor(.init(section, name))
      case .unexpected(let name): .unexpectedTensor(.init(section, name))
      case .shape(let name, let expected, let found):
        .tensorShape(.init(section, name), expected: expected, found: found)
      }
  }
}
