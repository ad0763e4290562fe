import FileCore

public import TensorCore

extension Safetensors {
  /// The file's bytes. Arrays are sorted by element width, the widest first, then by name: every array is aligned to
  /// its elements and the first one to 64 bytes. Equal contents give equal files.
  ///
  /// Throws `resourceLimit` if the header is larger than a reader accepts.
  public func encoded() throws(CheckpointError) -> [UInt8] {
    try encoded(as: file)
  }

  /// Saves a file atomically, like ``Checkpoint/save(to:compression:)``.
  public func save(to path: String) throws(CheckpointError) {
    try CheckpointError.saving([encoded(as: path)], to: path)
  }

  private func encoded(as file: String) throws(CheckpointError) -> [UInt8] {
    let sorted = arrays.sorted { left, right in
      let (leftWidth, rightWidth) = (left.value.elementType.width, right.value.elementType.width)
      guard leftWidth == rightWidth else { return leftWidth > rightWidth }
      return left.key.utf8.lexicographicallyPrecedes(right.key.utf8)
    }
    let data = sorted.map(\.value.bytes)
    let header = try header(describing: sorted, file: file)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(8 + header.count + data.reduce(0) { $0 + $1.count })
    bytes.append(littleEndian: UInt64(header.count))
    bytes += header
    for piece in data { bytes += piece }
    return bytes
  }

  /// The JSON header, padded with spaces to a multiple of 64 bytes from the start of the file.
  private func header(
    describing arrays: [(key: String, value: StoredArray)], file: String
  ) throws(CheckpointError) -> [UInt8] {
    var members: [ExactString: JSONValue] = [:]
    if !metadata.isEmpty {
      members[ExactString(SafetensorsHeader.metadataKey)] = .object(
        [ExactString: JSONValue](
          uniqueKeysWithValues: metadata.map { (ExactString($0.key), .string($0.value)) }))
    }
    var offset = 0
    for (name, array) in arrays {
      guard name != SafetensorsHeader.metadataKey else {
        throw CheckpointError(
          file: file, .safetensorsTensor(name: name, reason: "the name is reserved"))
      }
      let end = offset + array.bytes.count
      members[ExactString(name)] = .object([
        "dtype": .string(array.elementType.safetensorsCode),
        "shape": .array(array.shape.map { JSONValue($0) }),
        "data_offsets": .array([JSONValue(offset), JSONValue(end)]),
      ])
      offset = end
    }
    let limits = ReadLimits()
    try limits.check(.entries, UInt64(arrays.count), of: nil, in: file)
    try limits.check(.totalBytes, UInt64(offset), of: nil, in: file)
    var header = Array(JSONValue.object(members).text.utf8)
    header += [UInt8](repeating: 0x20, count: (64 - (8 + header.count) % 64) % 64)
    try limits.check(.indexBytes, UInt64(header.count), of: nil, in: file)
    return header
  }
}

extension Safetensors {
  /// Adds every parameter of a model under its name.
  public mutating func set(parametersOf model: some Module) {
    for (name, parameter) in model.parameters { arrays[name] = StoredArray(parameter) }
  }

  /// Replaces every parameter of a model by the array of its name. Throws unless the file contains exactly the model's
  /// parameters; if it throws, no parameter has changed.
  public func load<Model: Module>(_ model: inout Model) throws(CheckpointError) {
    do throws(ParameterMismatch) {
      try model.load(arrays.mapValues(\.tensor).dictionary)
    } catch {
      throw CheckpointError(file: file, CheckpointError.Problem(error, in: .model))
    }
  }
}
