import FileCore

/// Where the storages of a `.pt` file are, and how they are read.
enum TorchStorages: Sendable {
  /// The entries `data/0`, `data/1` and so on under a folder of a zip archive.
  case archive(ZipArchive, prefix: String)
  /// The offset of each storage's numbers in a file of before PyTorch 1.6.
  case file(ByteSource, offsets: ExactDictionary<Int>)

  /// Whether the file has a storage of this size.
  func contains(_ storage: TorchStorage) -> Bool {
    guard let size = storage.byteCount else { return false }
    switch self {
    case .archive(let archive, let prefix):
      return archive[prefix + "data/" + storage.key]?.rawSize == size
    case .file(let source, let offsets):
      guard let offset = offsets[storage.key] else { return false }
      return size <= source.count - offset
    }
  }

  /// The bytes of a storage that the file contains.
  func bytes(of storage: TorchStorage, for name: String) throws(CheckpointError) -> [UInt8] {
    switch self {
    case .archive(let archive, let prefix):
      if let entry = archive[prefix + "data/" + storage.key] { return try archive.bytes(of: entry) }
    case .file(let source, let offsets):
      if let offset = offsets[storage.key], let size = storage.byteCount {
        return try source.read(at: offset, count: size)
      }
    }
    throw CheckpointError(
      file: file, format: TorchFile.format, place: name, reason: "its storage is missing")
  }

  /// The file's name in errors.
  var file: String {
    switch self {
    case .archive(let archive, _): archive.file
    case .file(let source, _): source.name
    }
  }
}

/// The container of before PyTorch 1.6: five pickles one after the other, then the storages.
///
/// ```
/// pickle: the number 0x1950a86a20f9469cfc6c
/// pickle: 1001, the version
/// pickle: {'protocol_version': 1001, 'little_endian': True, 'type_sizes': ...}
/// pickle: what was saved
/// pickle: the keys of the storages
/// of each storage, in the order of the keys: the number of elements as int64, the elements
/// ```
struct TorchLegacyFile {
  var contents: PickleContents
  var storages: TorchStorages

  /// The magic number, as the instruction LONG1 of a pickle has it.
  private static let magic: [UInt8] = [
    0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, 0x2E,
  ]

  /// Whether a file with these first bytes is of this kind.
  static func isKind(of start: [UInt8]) -> Bool {
    guard start.count >= 2, start[0] == 0x80, (2...5).contains(start[1]) else { return false }
    // Protocols 4 and 5 announce the size of what follows: 0x95 and eight bytes.
    let body = start.dropFirst(start.count > 2 && start[2] == 0x95 ? 11 : 2)
    return body.starts(with: magic)
  }

  init(reading source: ByteSource, limits: ReadLimits) throws(CheckpointError) {
    var pickles = TorchPickles(
      source, try source.read(at: 0, count: min(source.count, limits.indexBytes)))
    guard case .longInteger = try pickles.next().root, case .integer(1001) = try pickles.next().root
    else { throw pickles.failure("", "expected version 1001 of the container, found another one") }
    let system = try pickles.next()
    for (key, value) in system.rootPairs {
      if system.isText(key, "little_endian"), case .bool(false) = value {
        throw pickles.failure("", "expected little-endian numbers, found big-endian ones")
      }
    }
    contents = try pickles.next()
    let keys = try pickles.next()
    guard let list = keys.container(keys.root), list.kind == .list else {
      throw pickles.failure("expected the keys of the storages, found none")
    }
    try limits.check(.entries, UInt64(list.elements.count), of: nil, in: source.name)
    storages = .file(source, offsets: try pickles.offsets(of: list.elements, contents.storages))
  }
}

/// The parts of a file of before PyTorch 1.6, read one after the other.
private struct TorchPickles {
  private let source: ByteSource
  private let bytes: [UInt8]
  private var position = 0

  init(_ source: ByteSource, _ bytes: [UInt8]) {
    (self.source, self.bytes) = (source, bytes)
  }

  func failure(_ place: String, _ reason: String) -> CheckpointError {
    CheckpointError(file: source.name, format: TorchFile.format, place: place, reason: reason)
  }

  /// A failure at the byte that is read next.
  func failure(_ reason: String) -> CheckpointError { failure("byte \(position)", reason) }

  mutating func next() throws(CheckpointError) -> PickleContents {
    var machine = PickleMachine(bytes, at: position)
    do throws(FormatError) {
      let contents = try machine.run()
      position = machine.scanner.position
      return contents
    } catch {
      throw failure("pickle, byte \(error.offset)", error.problem)
    }
  }

  /// The first byte of each storage; they follow in the order of the keys and end the file.
  mutating func offsets(
    of keys: [PickleValue], _ storages: [TorchStorage]
  ) throws(CheckpointError) -> ExactDictionary<Int> {
    let known = Dictionary(storages.map { ($0.key, $0) }) { first, _ in first }
    var offsets = ExactDictionary<Int>()
    for element in keys {
      guard case .text(let key) = element, let storage = known[key] else {
        throw failure("expected the key of a storage, found another value")
      }
      let place = "storage \(key)"
      guard source.count - position >= 8 else { throw failure(place, "cut off") }
      let count = try source.read(at: position, count: 8).littleEndian(UInt64.self, at: 0)
      position += 8
      guard count == UInt64(storage.count), let size = storage.byteCount else {
        throw failure(place, "expected \(storage.count) elements, found \(count)")
      }
      guard size <= source.count - position else { throw failure(place, "cut off") }
      offsets[key] = position
      position += size
    }
    guard position == source.count else {
      throw failure("expected nothing after the last storage")
    }
    return offsets
  }
}

extension PickleContents {
  /// Keys and values of the value that was pickled, if it is a dictionary.
  fileprivate var rootPairs: [(key: PickleValue, value: PickleValue)] {
    container(root).map { Array($0.pairs) } ?? []
  }
}
