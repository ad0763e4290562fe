import FileCore

/// The arrays of an HDF5 file, as Keras and h5py write them, and the attributes of its groups.
///
/// ```swift
/// let file = try HDF5File(path: "model.weights.h5")
/// let kernel = try file.array("layers/lstm/cell/vars/0")   // StoredArray
/// file.attributes[""]?["keras_version"]                    // "2.2.0"
/// ```
///
/// Read are superblocks of version 0 to 3, groups of both kinds, contiguous, compact and chunked datasets of numbers,
/// the filters deflate, shuffle and fletcher32, and attributes that are numbers or texts of fixed or variable length.
/// Datasets of other types (texts, compound values, big-endian numbers) are left out of the names.
///
/// Source: The HDF Group, HDF5 File Format Specification, version 3.0.
public struct HDF5File: ReadableFile {
  static let format = "HDF5 file"

  /// The paths of the arrays of numbers, without a slash at the front, in the order of the file's groups.
  public let names: [String]
  /// The attributes of each group and dataset by its path, of the file itself by the empty path. Objects without
  /// attributes have no entry.
  public let attributes: ExactDictionary<ExactDictionary<JSONValue>>
  /// The file's name in errors.
  public let file: String

  private let bytes: HDF5Bytes
  private let datasets: ExactDictionary<HDF5Dataset>

  private static let signature: [UInt8] = [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]

  /// Reads the whole file.
  public init(source: ByteSource, limits: ReadLimits) throws(CheckpointError) {
    file = source.name
    try limits.check(.totalBytes, UInt64(source.count), of: nil, in: source.name)
    try limits.checkMemory("", UInt64(source.count), in: source.name)
    let content = try source.read(at: 0, count: source.count)
    do throws(FormatError) {
      var walk = try HDF5Walk(Self.opened(content), limits: limits)
      try walk.visit(try Self.root(&walk), path: "")
      (names, datasets, attributes) = (walk.names, walk.datasets, walk.attributes)
      bytes = walk.metadata.file
    } catch {
      throw CheckpointError(
        file: source.name, format: Self.format, place: "byte \(error.offset)",
        reason: error.problem)
    }
    for name in names {
      let size = source.count + (datasets[name]?.byteCount ?? 0)
      try limits.checkMemory(name, UInt64(size), in: file)
    }
  }

  /// Whether bytes are the start of an HDF5 file.
  static func isKind(of start: [UInt8]) -> Bool { start.starts(with: signature) }

  /// The file with the widths of its numbers. Its start may be at 512, 1024, ... bytes, after other content.
  private static func opened(_ content: [UInt8]) throws(FormatError) -> HDF5Bytes {
    var start = 0
    while start + 16 <= content.count, !content[start...].starts(with: signature) {
      start = start == 0 ? 512 : 2 * start
    }
    guard start + 16 <= content.count else {
      throw FormatError(offset: 0, problem: "expected the signature of HDF5, found other bytes")
    }
    var file = HDF5Bytes(bytes: content, base: start)
    var scanner = try file.scanner(at: 8)
    let version = try scanner.expect(version: 0...3, of: "superblock")
    if version < 2 { try scanner.skip(4) }
    (file.offsetWidth, file.lengthWidth) = (try scanner.byte(), try scanner.byte())
    guard [4, 8].contains(file.offsetWidth), [4, 8].contains(file.lengthWidth) else {
      throw scanner.failure("expected numbers of 4 or 8 bytes, found other ones")
    }
    return file
  }

  /// The address of the root group's header.
  private static func root(_ walk: inout HDF5Walk) throws(FormatError) -> Int {
    let file = walk.metadata.file
    var scanner = try file.scanner(at: 0)
    let start = scanner.position
    try scanner.skip(8)
    let version = try scanner.byte()
    if version < 2 {
      try scanner.skip(version == 0 ? 15 : 19)
      try scanner.skip(4 * file.offsetWidth)
      // The root group's entry: the name's offset, then the header's address.
      try scanner.skip(file.offsetWidth)
    } else {
      try scanner.skip(3)
      try scanner.skip(3 * file.offsetWidth)
    }
    guard let root = try scanner.address() else {
      throw scanner.failure("expected the address of the root group, found none")
    }
    if version >= 2 { try scanner.expectChecksum(from: start) }
    return root
  }

  /// The size of an array's numbers in bytes.
  func byteCount(of name: String) -> Int { datasets[name]?.byteCount ?? 0 }

  /// Reads the array of a path; throws if it is missing or damaged.
  public func array(_ name: String) throws(CheckpointError) -> StoredArray {
    guard let dataset = datasets[name] else {
      throw CheckpointError(
        file: file, format: Self.format, place: name, reason: "no such array of numbers")
    }
    do throws(FormatError) {
      return try dataset.array(in: bytes)
    } catch {
      throw CheckpointError(
        file: file, format: Self.format, place: "\(name), byte \(error.offset)",
        reason: error.problem)
    }
  }

  /// An attribute that is a text.
  public func text(_ attribute: String, of path: String = "") -> String? {
    attributes[path]?[attribute]?.stringValue
  }

  /// An attribute that is an array of texts. Keras divides a long one into `NAME0`, `NAME1` and so on.
  public func texts(_ attribute: String, of path: String = "") -> [String]? {
    func part(_ name: String) -> [String]? {
      guard case .array(let elements)? = attributes[path]?[name] else { return nil }
      return elements.compactMap(\.stringValue)
    }
    if let whole = part(attribute) { return whole }
    guard var texts = part(attribute + "0") else { return nil }
    var number = 1
    while let next = part("\(attribute)\(number)") {
      texts += next
      number += 1
    }
    return texts
  }
}

/// Visits the objects of a file from the root group, each once.
private struct HDF5Walk {
  var metadata: HDF5Metadata
  var names: [String] = []
  var datasets = ExactDictionary<HDF5Dataset>()
  var attributes = ExactDictionary<ExactDictionary<JSONValue>>()
  private let limits: ReadLimits
  private var openGroups: Set<Int> = []
  private var objects = 0
  private var total = 0
  private var attributeBytes = 0

  private static let mostDepth = 32

  init(_ file: HDF5Bytes, limits: ReadLimits) {
    (metadata, self.limits) = (HDF5Metadata(file), limits)
  }

  mutating func visit(_ address: Int, path: String) throws(FormatError) {
    func failure(_ problem: String) -> FormatError {
      FormatError(offset: address, problem: problem)
    }
    objects += 1
    guard objects <= limits.entries, openGroups.count < Self.mostDepth,
      path.utf8.count <= 2 * Format.maximumNameSize
    else { throw failure("\(path): too many objects, or too deep") }
    guard openGroups.insert(address).inserted else { throw failure("\(path): a group in itself") }
    defer { openGroups.remove(address) }
    try metadata.count(at: address)
    let object = try HDF5Object(at: address, in: metadata.file)
    try readAttributes(of: object, path)
    if let dataset = try HDF5Dataset(object, &metadata) {
      let (sum, overflow) = total.addingReportingOverflow(dataset.byteCount)
      total = sum
      // Deflated bytes expand by no more than this.
      guard !overflow, sum <= limits.totalBytes, sum / 1_032 <= metadata.file.bytes.count else {
        throw failure("\(path): expected arrays that fit the file, found \(sum) bytes of them")
      }
      guard datasets.updateValue(dataset, forKey: path) == nil else {
        throw failure("\(path): stands there twice")
      }
      names.append(path)
    }
    for link in try metadata.links(of: object) {
      try visit(link.address, path: path.isEmpty ? link.name : "\(path)/\(link.name)")
    }
  }

  private mutating func readAttributes(of object: HDF5Object, _ path: String) throws(FormatError) {
    var found = ExactDictionary<JSONValue>()
    for message in try metadata.attributes(of: object) {
      try metadata.count(at: message.position)
      let attribute = try HDF5Attribute(message, in: metadata.file)
      attributeBytes += attribute.value.textSize
      guard attributeBytes <= metadata.file.bytes.count + 4_096 else {
        throw message.failure("\(attribute.name): texts of more bytes than the file has")
      }
      found[attribute.name] = attribute.value
    }
    if !found.isEmpty { attributes[path] = found }
  }
}

extension JSONValue {
  /// The bytes of the texts in a value.
  fileprivate var textSize: Int {
    switch self {
    case .string(let text): text.utf8.count
    case .array(let elements): elements.reduce(0) { $0 + $1.textSize }
    default: 0
    }
  }
}
