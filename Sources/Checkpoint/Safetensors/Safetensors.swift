import FileCore

/// The content of a safetensors file: named arrays, and text about them.
///
/// ```swift
/// let file = try Safetensors(path: "model.safetensors")
/// let weight = try file.array("fc.weight")   // StoredArray, shape [28, 64]
/// let kind = file.metadata["format"]         // "pt"
/// ```
///
/// Reading is stricter than the format requires: see ``init(source:limits:)``.
public struct Safetensors: ReadableFile {
  /// Free text by key, kept in the header.
  public var metadata: [String: String]
  /// Arrays by name.
  public var arrays: ExactDictionary<StoredArray>
  /// The file's name in errors.
  let file: String

  /// New content, to be written to a file.
  public init(metadata: [String: String] = [:], arrays: ExactDictionary<StoredArray> = [:]) {
    self.metadata = metadata
    self.arrays = arrays
    self.file = "new file"
  }

  /// Reads a file whole.
  ///
  /// Throws unless the header is strict JSON of at most `limits.indexBytes` that starts with `{`, has no duplicate
  /// or unknown key, and describes arrays of known element types that fill the rest of the file without gap or overlap.
  public init(source: ByteSource, limits: ReadLimits) throws(CheckpointError) {
    let header = try SafetensorsHeader(reading: source, limits: limits)
    file = source.name
    metadata = header.metadata
    arrays = [:]
    for tensor in header.tensors {
      arrays[tensor.name] = StoredArray(
        elementType: tensor.elementType, shape: tensor.shape,
        bytes: try source.read(
          at: header.dataOffset + tensor.range.lowerBound, count: tensor.range.count))
    }
  }

  /// The array of a name; throws if there is none.
  public func array(_ name: String) throws(CheckpointError) -> StoredArray {
    guard let array = arrays[name] else {
      throw CheckpointError(file: file, .safetensorsTensor(name: name, reason: "no such tensor"))
    }
    return array
  }

  /// Decodes the metadata text of a key as JSON; throws if it is missing or does not match the type.
  public func json<Value: Decodable>(
    _ type: Value.Type, metadata key: String
  ) throws(CheckpointError) -> Value {
    func failure(_ reason: String) -> CheckpointError {
      CheckpointError(file: file, .safetensorsMetadata(key: key, reason: reason))
    }
    guard let text = metadata[key] else { throw failure("expected in the metadata, not found") }
    let value: JSONValue
    do throws(JSONError) {
      value = try JSONValue(parsing: Array(text.utf8), maximumDepth: ReadLimits().jsonDepth)
    } catch {
      throw failure("byte \(error.offset) of the JSON text: \(error.problem)")
    }
    do throws(JSONMismatch) {
      return try value.decoded(as: type)
    } catch {
      throw failure("\(error)")
    }
  }
}
