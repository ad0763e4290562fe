import FileCore

/// A file of named arrays in any format that this library reads; the format is detected from the content.
///
/// ```swift
/// let file = try ArrayFile(path: "model.pt")
/// for name in file.names { print(name, try file.array(name).shape) }
/// ```
public struct ArrayFile: Sendable {
  /// The opened file, by format.
  public enum Content: Sendable {
    /// A checkpoint of this library.
    case checkpoint(CheckpointReader)
    /// A safetensors file.
    case safetensors(Safetensors)
    /// A `.pt` file of PyTorch.
    case torch(TorchFile)
    /// An `.npz` file of NumPy.
    case numPy(NumPyArchive)
    /// An ONNX model, whose weights are the arrays.
    case onnx(ONNXModel)
  }

  /// The file's path.
  public let path: String
  /// The file's size.
  public let byteCount: Int
  /// The opened file.
  public let content: Content

  /// Opens a file. Throws the errors of its format's reader. A file of unknown format is opened as a checkpoint, whose
  /// reader reports what it looks like.
  public init(path: String, limits: ReadLimits = ReadLimits()) throws(CheckpointError) {
    let source = try ByteSource(path: path)
    self.path = path
    byteCount = source.count
    let start = try source.read(at: 0, count: min(source.count, 16))
    if start.starts(with: [0x50, 0x4B, 0x03, 0x04]) || start.starts(with: [0x50, 0x4B, 0x05, 0x06])
    {
      let archive = try ZipArchive(reading: source, limits: limits)
      let isTorch = archive.entries.contains { $0.name.hasSuffix("/data.pkl") }
      content =
        isTorch
        ? .torch(try TorchFile(archive: archive, limits: limits))
        : .numPy(try NumPyArchive(archive: archive))
    } else if ForeignFile.kind(of: start) == "a safetensors file" {
      content = .safetensors(try Safetensors(path: path, limits: limits))
    } else if start.first == 0x08 || path.hasSuffix(".onnx") {
      content = .onnx(try ONNXModel(source: source, limits: limits))
    } else {
      content = .checkpoint(try CheckpointReader(path: path, limits: limits))
    }
  }

  /// The names of the arrays; in a checkpoint, of the model's arrays.
  public var names: [String] {
    switch content {
    case .checkpoint(let reader): modelEntries(reader).map(\.key.name)
    case .safetensors(let file): file.arrays.keys
    case .torch(let file): file.entries.map(\.name)
    case .numPy(let file): file.names
    case .onnx(let model): model.graph.initializers.map(\.name)
    }
  }

  /// Reads the array of a name; throws if it is missing or damaged.
  public func array(_ name: String) throws(CheckpointError) -> StoredArray {
    switch content {
    case .checkpoint(let reader): return try reader.array(.model, name)
    case .safetensors(let file): return try file.array(name)
    case .torch(let file): return try file.array(name)
    case .numPy(let file): return try file.array(name)
    case .onnx(let model):
      guard
        let found = model.graph.initializers.first(where: {
          ExactString($0.name) == ExactString(name)
        })
      else {
        throw CheckpointError(
          file: path, format: ONNXModel.format, place: name, reason: "no such weights")
      }
      return found.array
    }
  }

  /// Reads all arrays.
  public func arrays() throws(CheckpointError) -> ExactDictionary<StoredArray> {
    var arrays = ExactDictionary<StoredArray>()
    for name in names { arrays[name] = try array(name) }
    return arrays
  }

  /// The file's metadata: texts by key.
  public var metadata: [String: String] {
    switch content {
    case .safetensors(let file): file.metadata
    case .onnx(let model): model.metadata
    case .checkpoint, .torch, .numPy: [:]
    }
  }

  /// The format's name.
  public var formatName: String {
    switch content {
    case .checkpoint: ".rnnz checkpoint"
    case .safetensors: "safetensors file"
    case .torch: "PyTorch state_dict (.pt)"
    case .numPy: "NumPy archive (.npz)"
    case .onnx: "ONNX model"
    }
  }

  /// The entries of a checkpoint's model.
  func modelEntries(_ reader: CheckpointReader) -> [CheckpointReader.Entry] {
    reader.entries.filter { $0.key.section == .model && $0.kind == .tensor }
  }

  /// An error about the file as a whole, or about a place in it.
  package func failure(_ place: String, _ reason: String) -> CheckpointError {
    CheckpointError(file: path, format: formatName, place: place, reason: reason)
  }
}

/// Reads a small text file whole, for example JSON: plain or gzip, without a byte order mark.
package func smallText(_ path: String) throws(CheckpointError) -> String {
  // A vocabulary of some hundred thousand tokens takes megabytes.
  try CheckpointError.throwing { () throws(FileError) in
    try TextSource(path).text(limit: 64 << 20)
  }
}
