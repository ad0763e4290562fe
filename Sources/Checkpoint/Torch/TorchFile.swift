import FileCore

/// The tensors of a `.pt` file that PyTorch wrote with `torch.save(model.state_dict(), path)`.
///
/// ```swift
/// let file = try TorchFile(path: "model.pt")
/// let weight = try file.array("fc.weight")   // StoredArray, shape [28, 64]
/// ```
///
/// The file is a zip archive of storages and a pickle, a program that combines them. Python runs that program. This
/// reader knows only the few instructions and names of a `state_dict` and refuses any other by its name, so that
/// opening a file never runs code. Files from before PyTorch 1.6, TorchScript archives and pickled whole models are
/// refused.
///
/// Strides, offsets and shared storages are supported. Opening reads only the names; a storage is read, and its
/// checksum verified, when one of its tensors is requested.
public struct TorchFile: Sendable {
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

  /// The file's name in errors.
  public var file: String { archive.file }

  private let archive: ZipArchive
  private let prefix: String
  private let tensors: [(name: String, value: TorchTensor)]
  private let positions: ExactDictionary<Int>

  /// Opens a file. Throws unless it contains exactly one dictionary of tensors by name.
  public init(path: String, limits: ReadLimits = ReadLimits()) throws(CheckpointError) {
    try self.init(source: ByteSource(path: path), limits: limits)
  }

  /// Opens a file in memory; `name` is its name in errors.
  public init(
    bytes: [UInt8], name: String = "bytes in memory", limits: ReadLimits = ReadLimits()
  ) throws(CheckpointError) {
    try self.init(source: ByteSource(bytes: bytes, name: name), limits: limits)
  }

  private init(source: ByteSource, limits: ReadLimits) throws(CheckpointError) {
    try self.init(archive: ZipArchive(reading: source, limits: limits), limits: limits)
  }

  init(archive: ZipArchive, limits: ReadLimits) throws(CheckpointError) {
    self.archive = archive
    let file = archive.file
    func failure(_ place: String, _ reason: String) -> CheckpointError {
      CheckpointError(file: file, format: Self.format, place: place, reason: reason)
    }
    let programs = archive.entries.filter { $0.name.hasSuffix("/data.pkl") }
    guard let program = programs.first, programs.count == 1 else {
      throw failure("", "expected one entry data.pkl in the archive, found \(programs.count)")
    }
    prefix = String(program.name.dropLast("data.pkl".count))
    guard archive[prefix + "constants.pkl"] == nil else {
      throw failure("", "expected a saved state_dict, found a TorchScript archive")
    }
    if let order = archive[prefix + "byteorder"] {
      try limits.check(.indexBytes, UInt64(order.rawSize), of: nil, in: file)
      guard try archive.bytes(of: order) == Array("little".utf8) else {
        throw failure("byteorder", "expected little, found something else")
      }
    }
    try limits.check(.indexBytes, UInt64(program.rawSize), of: nil, in: file)
    var reader = PickleReader(try archive.bytes(of: program))
    let members: [(key: String, value: PickleValue)]
    do throws(PickleError) {
      members = try reader.dictionary()
    } catch {
      throw failure("data.pkl, byte \(error.offset)", error.problem)
    }
    try limits.check(.entries, UInt64(members.count), of: nil, in: file)
    var positions = ExactDictionary<Int>(minimumCapacity: members.count)
    for (index, member) in members.enumerated()
    where positions.updateValue(index, forKey: member.key) != nil {
      throw failure(member.key, "stands there twice")
    }
    var tensors: [(name: String, value: TorchTensor)] = []
    tensors.reserveCapacity(members.count)
    // A storage shared by consecutive tensors is looked up once.
    var known: TorchStorage?
    for (name, value) in members {
      guard case .tensor(let place) = value else {
        throw failure(name, "expected a tensor, found \(value.summary)")
      }
      let tensor = reader.tensors[place]
      guard !name.isEmpty, name.utf8.count <= Format.maximumNameSize, !name.hasControlCharacter
      else { throw failure("data.pkl", "expected a printable name of 1 to 512 bytes") }
      let storage = tensor.storage
      guard storage == known || Self.holds(storage, archive, prefix) else {
        throw failure(
          name, "expected a storage data/\(storage.key) of \(storage.count) elements, found none")
      }
      known = storage
      tensors.append((name, tensor))
    }
    (self.tensors, self.positions) = (tensors, positions)
  }

  /// Whether the archive has an entry for a storage with the storage's size.
  private static func holds(_ storage: TorchStorage, _ archive: ZipArchive, _ prefix: String)
    -> Bool
  {
    let (size, overflow) = storage.count.multipliedReportingOverflow(by: storage.elementType.width)
    return !overflow && archive[prefix + "data/" + storage.key]?.rawSize == size
  }

  /// Reads the tensor of a name; throws if it is missing or damaged.
  public func array(_ name: String) throws(CheckpointError) -> StoredArray {
    guard let position = positions[name] else {
      throw CheckpointError(
        file: file, format: Self.format, place: name, reason: "no such tensor")
    }
    let tensor = tensors[position].value
    guard let entry = archive[prefix + "data/" + tensor.storage.key] else {
      throw CheckpointError(
        file: file, format: Self.format, place: name, reason: "its storage is missing")
    }
    return tensor.array(of: try archive.bytes(of: entry))
  }
}
