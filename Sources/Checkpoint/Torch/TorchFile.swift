import FileCore

/// The tensors of a `.pt` file that PyTorch wrote with `torch.save(model.state_dict(), path)`.
///
/// ```swift
/// let file = try TorchFile(path: "model.pt")
/// let weight = try file.array("fc.weight")   // StoredArray, shape [28, 64]
/// ```
///
/// The file has storages, and a pickle: a program that combines them. Python runs that program. This reader makes the
/// values that a few known instructions and names stand for, and refuses any other call by its name, so that opening a
/// file never runs code. Both containers are read, the zip archive and the one of before PyTorch 1.6, and pickles of
/// protocols 2 to 5. TorchScript archives and pickled whole models are refused.
///
/// A checkpoint may have other things around its `state_dict`: an epoch, losses, the state of an optimizer. The
/// `state_dict` is found; if several dictionaries could be it, the error names them.
///
/// Strides, offsets and shared storages are supported. Opening reads only the names; a storage is read, and its
/// checksum verified, when one of its tensors is requested.
public struct TorchFile: ReadableFile {
  /// The description of a tensor in the file.
  public struct Entry: Sendable, Hashable {
    /// The tensor's name.
    public let name: String
    /// The type of its elements.
    public let elementType: ElementType
    /// The size of each axis.
    public let shape: [Int]
  }

  static let format = "PyTorch file"

  /// The tensors, in the order in which they were saved.
  public var entries: [Entry] {
    tensors.map {
      Entry(name: $0.name, elementType: $0.value.storage.elementType, shape: $0.value.shape)
    }
  }

  /// The keys that lead to the `state_dict` in a checkpoint, such as `model_state_dict`; empty if the file has only it.
  public let path: String
  /// What is unusual about the file, in sentences: it has no checksums.
  public let warnings: [String]

  /// The file's name in errors.
  public var file: String { storages.file }

  private let storages: TorchStorages
  private let tensors: [(name: String, value: TorchTensor)]
  private let positions: ExactDictionary<Int>

  /// Opens a file. Throws unless it contains exactly one dictionary of tensors by name.
  public init(source: ByteSource, limits: ReadLimits) throws(CheckpointError) {
    let start = try source.read(at: 0, count: min(source.count, 32))
    if TorchLegacyFile.isKind(of: start) {
      let file = try TorchLegacyFile(reading: source, limits: limits)
      try self.init(file.contents, file.storages, warnings: [], limits: limits)
    } else {
      let archive = try ZipArchive(reading: source, mayLackChecksums: true, limits: limits)
      try self.init(archive: archive, limits: limits)
    }
  }

  /// Whether an archive is what `torch.export` saves: a graph in JSON, with weights in files of their own.
  static func isExportedProgram(_ archive: ZipArchive) -> Bool {
    archive.entries.contains {
      $0.name.hasSuffix("/archive_format") || $0.name == "serialized_exported_program.json"
    }
  }

  /// Why a file of PyTorch without a `state_dict` is refused.
  static func refusal(of kind: String) -> String {
    "expected a saved state_dict, found \(kind): save the weights with "
      + "torch.save(model.state_dict(), path)"
  }

  /// Opens an archive. It may lack checksums.
  init(archive: ZipArchive, limits: ReadLimits) throws(CheckpointError) {
    let file = archive.file
    func failure(_ place: String, _ reason: String) -> CheckpointError {
      CheckpointError(file: file, format: Self.format, place: place, reason: reason)
    }
    let programs = archive.entries.filter { $0.name.hasSuffix("/data.pkl") }
    guard let program = programs.first, programs.count == 1 else {
      throw failure("", "expected one entry data.pkl in the archive, found \(programs.count)")
    }
    let prefix = String(program.name.dropLast("data.pkl".count))
    guard archive[prefix + "constants.pkl"] == nil else {
      throw failure(
        "",
        Self.refusal(of: "a TorchScript archive"))
    }
    if let order = archive[prefix + "byteorder"] {
      try limits.check(.indexBytes, UInt64(order.rawSize), of: nil, in: file)
      guard try archive.bytes(of: order) == Array("little".utf8) else {
        throw failure("byteorder", "expected little, found something else")
      }
    }
    try limits.check(.indexBytes, UInt64(program.rawSize), of: nil, in: file)
    let bytes = try archive.bytes(of: program)
    let contents: PickleContents
    do throws(FormatError) {
      contents = try PickleMachine.contents(of: bytes)
    } catch {
      throw failure("data.pkl, byte \(error.offset)", error.problem)
    }
    let count = archive.entries.count { $0.lacksChecksum }
    let warnings =
      count == 0
      ? []
      : ["\(count) of \(archive.entries.count) entries have no checksum: damage would go unseen"]
    try self.init(
      contents, .archive(archive, prefix: prefix), warnings: warnings, limits: limits)
  }

  private init(
    _ contents: PickleContents, _ storages: TorchStorages, warnings: [String], limits: ReadLimits
  ) throws(CheckpointError) {
    func failure(_ place: String, _ reason: String) -> CheckpointError {
      CheckpointError(file: storages.file, format: Self.format, place: place, reason: reason)
    }
    let found: TorchStateDict
    do throws(TorchStateDict.Failure) {
      found = try TorchStateDict(in: contents)
    } catch {
      throw failure("", error.reason)
    }
    try limits.check(.entries, UInt64(found.tensors.count), of: nil, in: storages.file)
    var positions = ExactDictionary<Int>(minimumCapacity: found.tensors.count)
    var size = TensorSizes()
    // A storage shared by consecutive tensors is looked up once.
    var known: TorchStorage?
    for (index, (name, tensor)) in found.tensors.enumerated() {
      guard !name.isEmpty, name.utf8.count <= Format.maximumNameSize, !name.hasControlCharacter
      else { throw failure("data.pkl", "expected a printable name of 1 to 512 bytes") }
      guard positions.updateValue(index, forKey: name) == nil else {
        throw failure(name, "stands there twice")
      }
      let storage = tensor.storage
      guard storage == known || storages.contains(storage) else {
        throw failure(
          name, "expected a storage data/\(storage.key) of \(storage.count) elements, found none")
      }
      known = storage
      guard size.add(tensor) else {
        throw failure(
          name,
          "expected tensors of not much more than their storages together, found shape "
            + "\(tensor.shape) of a storage of \(storage.count) elements")
      }
    }
    (path, tensors) = (found.path, found.tensors)
    (self.storages, self.positions, self.warnings) = (storages, positions, warnings)
    try checkSizes(total: size.tensors, limits)
  }

  private func checkSizes(total: Int, _ limits: ReadLimits) throws(CheckpointError) {
    try limits.check(.totalBytes, UInt64(total), of: nil, in: file)
    for (name, tensor) in tensors {
      let size = max(tensor.byteCount, tensor.storage.byteCount ?? 0)
      try limits.checkMemory(name, UInt64(size), in: file)
    }
  }

  /// Reads the tensor of a name; throws if it is missing or damaged.
  public func array(_ name: String) throws(CheckpointError) -> StoredArray {
    guard let position = positions[name] else {
      throw CheckpointError(
        file: file, format: Self.format, place: name, reason: "no such tensor")
    }
    let tensor = tensors[position].value
    return tensor.array(of: try storages.bytes(of: tensor.storage, for: name))
  }
}

/// The sizes of tensors and of their storages: a stride of 0, or many views of a storage, make much of little.
private struct TensorSizes {
  private(set) var tensors = 0
  private var storages = 0
  private var keys: Set<String> = []

  private static let (mostFold, reserve) = (16, 64 << 20)

  /// Adds a tensor's size; false if all are out of proportion to their storages.
  mutating func add(_ tensor: TorchTensor) -> Bool {
    if keys.insert(tensor.storage.key).inserted { storages += tensor.storage.byteCount ?? 0 }
    let (sum, overflow) = tensors.addingReportingOverflow(tensor.byteCount)
    tensors = sum
    return !overflow && (sum - Self.reserve) / Self.mostFold <= storages
  }
}
