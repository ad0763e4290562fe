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
    /// A pickle of NumPy's arrays.
    case pickle(PickleFile)
    /// An `.npz` file of NumPy.
    case numPy(NumPyArchive)
    /// An `.npy` file of NumPy: its one array, under the file's name without the ending.
    case array(name: String, StoredArray)
    /// An HDF5 file of Keras or h5py.
    case hdf5(HDF5File)
    /// A `.keras` file: the weights' HDF5 file, and the model's description as JSON.
    case keras(KerasArchive)
    /// An ONNX model, whose weights are the arrays.
    case onnx(ONNXModel)
  }

  /// The file's path.
  public let path: String
  /// The file's size.
  public let byteCount: Int
  /// The opened file.
  public let content: Content
  private let limits: ReadLimits

  /// Opens a file. Throws the errors of its format's reader. A file of unknown format is opened as a checkpoint, whose
  /// reader reports what it looks like.
  public init(path: String, limits: ReadLimits = ReadLimits()) throws(CheckpointError) {
    let source = try ByteSource(path: path)
    self.path = path
    self.limits = limits
    byteCount = source.count
    content = try Self.content(of: source, limits: limits)
  }

  /// Opens a file. What its framing says decides; only then what its first bytes look like, and its name last.
  private static func content(
    of source: ByteSource, limits: ReadLimits
  ) throws(CheckpointError) -> Content {
    let start = try source.read(at: 0, count: min(source.count, 32))
    if start.starts(with: [0x50, 0x4B, 3, 4]) || start.starts(with: [0x50, 0x4B, 5, 6]) {
      return try content(ofArchive: source, limits: limits)
    }
    if try isHDF5(source, start) { return .hdf5(try HDF5File(source: source, limits: limits)) }
    if ForeignFile.isSafetensors(start) {
      return .safetensors(try Safetensors(path: source.name, limits: limits))
    }
    if ForeignFile.isNumPy(start) {
      let name = Folder.name(of: source.name)
      return .array(
        name: name.hasEnding(".npy") ? String(name.dropLast(4)) : name,
        try StoredArray(numPyPath: source.name, limits: limits))
    }
    if TorchLegacyFile.isKind(of: start) {
      return .torch(try TorchFile(source: source, limits: limits))
    }
    if ForeignFile.isPickle(start) || isTextPickle(start, source.name) {
      return .pickle(try PickleFile(source: source, limits: limits))
    }
    if start.first == 0x08 || source.name.hasEnding(".onnx") {
      return .onnx(try ONNXModel(source: source, limits: limits))
    }
    return .checkpoint(try CheckpointReader(path: source.name, limits: limits))
  }

  private static func content(
    ofArchive source: ByteSource, limits: ReadLimits
  ) throws(CheckpointError) -> Content {
    let archive = try ZipArchive(reading: source, mayLackChecksums: true, limits: limits)
    if archive.entries.contains(where: { $0.name.hasSuffix("/data.pkl") }) {
      return .torch(try TorchFile(archive: archive, limits: limits))
    }
    if archive.entries.contains(where: { $0.name == KerasArchive.weightsName }) {
      return .keras(try KerasArchive(source: source, limits: limits))
    }
    if TorchFile.isExportedProgram(archive) {
      throw CheckpointError(
        file: source.name, format: TorchFile.format, place: "",
        reason: TorchFile.refusal(of: "a program of torch.export"))
    }
    return .numPy(try NumPyArchive(archive: ZipArchive(reading: source, limits: limits)))
  }

  /// Whether a file has the signature of HDF5 at its start or, after other content, at 512, 1024, ... bytes.
  private static func isHDF5(
    _ source: ByteSource, _ start: [UInt8]
  ) throws(CheckpointError) -> Bool {
    if HDF5File.isKind(of: start) { return true }
    guard source.name.hasEnding(".h5", ".hdf5") else { return false }
    var place = 512
    while place + 8 <= source.count {
      if HDF5File.isKind(of: try source.read(at: place, count: 8)) { return true }
      place *= 2
    }
    return false
  }

  /// Whether a file is a pickle of protocol 0, which begins with an instruction as text: a name, a group or a memo.
  private static func isTextPickle(_ start: [UInt8], _ path: String) -> Bool {
    if path.hasEnding(".pkl", ".pickle") { return true }
    return start.starts(with: "ccopy_reg\n".utf8) || start.starts(with: "(dp".utf8)
      || start.starts(with: "(lp".utf8)
  }

  /// The names of the arrays; in a checkpoint, of the model's arrays.
  public var names: [String] {
    switch content {
    case .checkpoint(let reader): modelEntries(reader).map(\.key.name)
    case .safetensors(let file): file.arrays.keys
    case .torch(let file): file.entries.map(\.name)
    case .pickle(let file): file.names
    case .hdf5(let file): file.names
    case .keras(let file): file.weights.names
    case .numPy(let file): file.names
    case .array(let name, _): [name]
    case .onnx(let model): model.graph.initializers.map(\.name)
    }
  }

  /// Reads the array of a name: int8 weights with scales as the float32 numbers that they stand for. Throws if it is
  /// missing or damaged.
  public func array(_ name: String) throws(CheckpointError) -> StoredArray {
    switch content {
    case .checkpoint(let reader): return try reader.weight(name)
    case .safetensors(let file): return try file.array(name)
    case .torch(let file): return try file.array(name)
    case .pickle(let file): return try file.array(name)
    case .hdf5(let file): return try file.array(name)
    case .keras(let file): return try file.weights.array(name)
    case .numPy(let file): return try file.array(name)
    case .array(let own, let array):
      guard ExactString(own) == ExactString(name) else { throw failure(name, "no such array") }
      return array
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
    try checkMemory()
    var arrays = ExactDictionary<StoredArray>()
    for name in names { arrays[name] = try array(name) }
    return arrays
  }

  /// Throws if memory could not hold all arrays, before any of them is read.
  package func checkMemory() throws(CheckpointError) {
    let size =
      switch content {
      case .checkpoint(let reader): modelEntries(reader).reduce(0) { $0 + $1.byteCount }
      case .torch(let file):
        file.entries.reduce(0) {
          $0 + (StoredArray.byteCount(shape: $1.shape, elementType: $1.elementType) ?? 0)
        }
      case .hdf5(let file): file.names.reduce(0) { $0 + file.byteCount(of: $1) }
      case .keras(let file): file.weights.names.reduce(0) { $0 + file.weights.byteCount(of: $1) }
      case .numPy(let file): file.names.reduce(0) { $0 + file.byteCount($1) }
      case .safetensors, .pickle, .array, .onnx: byteCount
      }
    try limits.checkMemory("all arrays", UInt64(size), in: path)
  }

  /// The file's metadata: texts by key.
  public var metadata: [String: String] {
    switch content {
    case .safetensors(let file): file.metadata
    case .onnx(let model): model.metadata
    case .hdf5(let file): file.metadata
    case .keras(let file): file.metadata
    case .checkpoint, .torch, .pickle, .numPy, .array: [:]
    }
  }

  /// What is unusual about the file though it was read, in sentences.
  public var warnings: [String] {
    if case .torch(let file) = content { file.warnings } else { [] }
  }

  /// The format's name.
  public var formatName: String {
    switch content {
    case .checkpoint: ".rnnz checkpoint"
    case .safetensors: "safetensors file"
    case .torch: "PyTorch state_dict (.pt)"
    case .pickle: "pickle of NumPy arrays"
    case .numPy: "NumPy archive (.npz)"
    case .array: "NumPy array (.npy)"
    case .hdf5: "HDF5 file"
    case .keras: "Keras model (.keras)"
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
