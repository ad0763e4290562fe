import FileCore

/// A file of named arrays in any format that this library reads, told by its content and not by its name.
///
/// ```swift
/// let file = try ArrayFile(path: "model.pt")
/// for name in file.names { print(name, try file.array(name).shape) }
/// ```
public struct ArrayFile: Sendable {
  /// A file's format, and the file opened.
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
  /// What is in it.
  public let content: Content

  /// Opens a file. Throws what its format's reader throws; a file of no known format is taken for a checkpoint, whose reader
  /// says what it looks like.
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

  /// The names of the arrays: of a checkpoint, those of its model.
  public var names: [String] {
    switch content {
    case .checkpoint(let reader): modelEntries(reader).map(\.key.name)
    case .safetensors(let file): file.arrays.keys.sorted()
    case .torch(let file): file.entries.map(\.name)
    case .numPy(let file): file.names
    case .onnx(let model): model.graph.initializers.map(\.name)
    }
  }

  /// Reads the array of a name; throws if there is none, or if it is damaged.
  public func array(_ name: String) throws(CheckpointError) -> StoredArray {
    switch content {
    case .checkpoint(let reader): return try reader.array(.model, name)
    case .safetensors(let file): return try file.array(name)
    case .torch(let file): return try file.array(name)
    case .numPy(let file): return try file.array(name)
    case .onnx(let model):
      guard let found = model.graph.initializers.first(where: { $0.name == name }) else {
        throw CheckpointError(
          file: path, format: ONNXModel.format, place: name, reason: "no such weights")
      }
      return found.array
    }
  }

  /// Reads all arrays.
  public func arrays() throws(CheckpointError) -> [String: StoredArray] {
    var arrays: [String: StoredArray] = [:]
    for name in names { arrays[name] = try array(name) }
    return arrays
  }

  /// Free text that the file carries, by key.
  public var metadata: [String: String] {
    switch content {
    case .safetensors(let file): file.metadata
    case .onnx(let model): model.metadata
    case .checkpoint, .torch, .numPy: [:]
    }
  }

  /// What the format is called.
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

/// Reads a small file whole, a JSON text say: plain or packed, without the mark that may stand at its beginning.
package func smallText(_ path: String) throws(CheckpointError) -> String {
  // A vocabulary of some hundred thousand tokens is megabytes long.
  try CheckpointError.throwing { () throws(FileError) in
    try TextSource(path).text(limit: 64 << 20)
  }
}
