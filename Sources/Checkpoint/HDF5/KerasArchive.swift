import FileCore

/// A `.keras` file, which Keras 3 saves: a zip archive of the model's description and of an HDF5 file of weights.
public struct KerasArchive: ReadableFile {
  /// The weights: `layers/NAME/vars/0` and so on.
  public let weights: HDF5File
  /// The model's description, as Keras wrote it: `config.json`.
  public let configuration: JSONValue

  static let weightsName = "model.weights.h5"
  private static let configurationName = "config.json"

  /// Reads the whole file.
  public init(source: ByteSource, limits: ReadLimits) throws(CheckpointError) {
    let archive = try ZipArchive(reading: source, limits: limits)
    func bytes(_ name: String) throws(CheckpointError) -> [UInt8] {
      guard let entry = archive[name] else {
        throw CheckpointError(
          file: source.name, format: "Keras model", place: name, reason: "no such entry")
      }
      try limits.check(.totalBytes, UInt64(entry.rawSize), of: nil, in: source.name)
      return try archive.bytes(of: entry)
    }
    weights = try HDF5File(
      source: ByteSource(bytes: try bytes(Self.weightsName), name: source.name), limits: limits)
    guard let entry = archive[Self.configurationName] else {
      configuration = .null
      return
    }
    try limits.check(.indexBytes, UInt64(entry.rawSize), of: nil, in: source.name)
    let text = try archive.bytes(of: entry)
    do throws(JSONError) {
      configuration = try JSONValue(parsing: text, maximumDepth: limits.jsonDepth)
    } catch {
      throw CheckpointError(
        file: source.name, format: "Keras model",
        place: "\(Self.configurationName), byte \(error.offset)", reason: error.problem)
    }
  }

  /// The description under the key `model_config`, as an `.h5` file of Keras has it.
  var metadata: [String: String] {
    configuration == .null ? [:] : ["model_config": configuration.text]
  }
}

extension HDF5File {
  /// The texts among the file's own attributes, for example `keras_version` and `model_config`.
  var metadata: [String: String] {
    (attributes[""]?.dictionary ?? [:]).compactMapValues(\.stringValue)
  }
}
