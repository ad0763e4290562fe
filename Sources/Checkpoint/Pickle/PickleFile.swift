import FileCore

/// The arrays of NumPy in a pickle of Python, and the plain values around them.
///
/// ```swift
/// let file = try PickleFile(path: "np_ckpt.pkl")
/// let weight = try file.array("lstm.weight_ih_l0")   // StoredArray
/// let table = try PickleFile(path: "char2idx.pkl").content   // {"<PAD>": 0, ...}
/// ```
///
/// Nothing is run: numbers, texts, lists, dictionaries and arrays are what they are, an object of any class is a list of
/// attributes, a function is its name, and a path, a time or another plain value of the standard library is its class. A call
/// of any other function than the few that NumPy writes for arrays is refused by its name. Protocols 0 to 5 are read.
///
/// An array's name is made of the keys, indices and attributes that lead to it, with dots between them:
/// `layers.0.fwd_layer.bias`.
public struct PickleFile: ReadableFile {
  static let format = "pickle"

  /// The names of the arrays of numbers, in the order in which they were saved.
  public let names: [String]
  /// Everything but the arrays' numbers: an array is `{"array": NAME}`, and an object's class is its member `class`.
  public let content: JSONValue
  /// The file's name in errors.
  public let file: String

  private let contents: PickleContents
  private let bytes: [UInt8]
  private let arrays: ExactDictionary<Int>

  /// Reads the whole file.
  public init(source: ByteSource, limits: ReadLimits) throws(CheckpointError) {
    file = source.name
    func failure(_ place: String, _ reason: String) -> CheckpointError {
      CheckpointError(file: source.name, format: Self.format, place: place, reason: reason)
    }
    try limits.check(.entryBytes, UInt64(source.count), of: nil, in: source.name)
    try limits.check(.totalBytes, UInt64(source.count), of: nil, in: source.name)
    try limits.checkMemory("", UInt64(source.count), in: source.name)
    bytes = try source.read(at: 0, count: source.count)
    do throws(FormatError) {
      contents = try PickleMachine.contents(of: bytes)
    } catch {
      throw failure("byte \(error.offset)", error.problem)
    }
    guard contents.storages.isEmpty else {
      throw failure("", "expected arrays of NumPy, found tensors of PyTorch without their storages")
    }
    var walk = PickleWalk(contents: contents, mostArrays: limits.entries)
    do throws(FormatError) {
      content = try walk.value(of: contents.root, named: "", depth: 0)
    } catch {
      throw failure("", error.problem)
    }
    names = walk.names
    var arrays = ExactDictionary<Int>(minimumCapacity: walk.names.count)
    var total = 0
    for (name, index) in zip(walk.names, walk.arrays) {
      guard arrays.updateValue(index, forKey: name) == nil else {
        throw failure(name, "stands there twice")
      }
      total += Self.size(of: contents.arrays[index], in: contents)
    }
    // An array can be a member many times.
    try limits.check(.totalBytes, UInt64(total), of: nil, in: source.name)
    self.arrays = arrays
  }

  private static func size(of array: PickleArray, in contents: PickleContents) -> Int {
    switch array.content {
    case .bytes(let range): range.count
    case .unescapedBytes(let index): contents.strings[index].count
    case .text(let text): text.utf8.count
    default: 0
    }
  }

  /// The array of a name; throws if it is missing, or is not an array of numbers of a known type.
  public func array(_ name: String) throws(CheckpointError) -> StoredArray {
    func failure(_ reason: String) -> CheckpointError {
      CheckpointError(file: file, format: Self.format, place: name, reason: reason)
    }
    guard let index = arrays[name] else { throw failure("no such array") }
    let array = contents.arrays[index]
    guard let type = array.type else { throw failure("expected the array's state, found none") }
    guard let elementType = ElementType(numPyCode: type.code),
      !type.isBigEndian || elementType.width == 1
    else {
      throw failure(
        "expected little-endian numbers of type \(ElementType.numPyCodes), found "
          + "'\(type.isBigEndian ? ">" : "")\(type.code)'")
    }
    let numbers: [UInt8]
    switch array.content {
    case .bytes(let range): numbers = Array(bytes[range])
    case .unescapedBytes(let index): numbers = contents.strings[index]
    // A short string of Python 2 that is valid text.
    case .text(let text): numbers = Array(text.utf8)
    default:
      throw failure("expected the bytes of numbers, found \(contents.summary(array.content))")
    }
    guard array.shape.allSatisfy({ $0 >= 0 }),
      let needed = StoredArray.byteCount(shape: array.shape, elementType: elementType),
      needed == numbers.count
    else {
      throw failure("expected numbers for shape \(array.shape), found \(numbers.count) bytes")
    }
    guard array.isColumnMajor else {
      return StoredArray(elementType: elementType, shape: array.shape, bytes: numbers)
    }
    return StoredArray(elementType: elementType, columnMajor: array.shape, bytes: numbers)
  }
}

/// Visits the values of a pickle from its root, and makes a tree of them.
private struct PickleWalk {
  let contents: PickleContents
  let mostArrays: Int
  var names: [String] = []
  var arrays: [Int] = []
  private var visits = 0
  private var nameBytes = 0

  private static let (maximumDepth, maximumVisits) = (32, 1 << 21)
  private static let mostNameBytes = 64 << 20

  init(contents: PickleContents, mostArrays: Int) {
    self.contents = contents
    self.mostArrays = mostArrays
  }

  mutating func value(
    of value: PickleValue, named name: String, depth: Int
  ) throws(FormatError) -> JSONValue {
    visits += 1
    guard depth <= Self.maximumDepth, visits <= Self.maximumVisits else {
      throw FormatError(offset: 0, problem: "values that are nested too deep, or too many of them")
    }
    switch value {
    case .none: return .null
    case .opaque(let index): return .object(["class": .string("\(contents.names[index])")])
    case .bool(let value): return .bool(value)
    case .integer(let number): return .number("\(number)")
    case .longInteger: return .string("a long integer")
    case .number(let number): return number.isFinite ? .number("\(number)") : .string("\(number)")
    case .text(let text): return .string(text)
    case .bytes, .unescapedBytes: return .string("bytes")
    case .name(let index): return .string("\(contents.names[index])")
    case .elementType(let index): return .string(contents.elementTypes[index].code)
    case .storage, .tensor: return .string(contents.summary(value))
    case .array(let index):
      guard arrays.count < mostArrays else {
        throw FormatError(offset: 0, problem: "expected at most \(mostArrays) arrays, found more")
      }
      try checkName(name)
      names.append(name)
      arrays.append(index)
      return .object(["array": .string(name)])
    case .container(let index): return try tree(contents.containers[index], name, depth)
    }
  }

  private mutating func tree(
    _ container: PickleContainer, _ name: String, _ depth: Int
  ) throws(FormatError) -> JSONValue {
    func inner(_ key: String) -> String { name.isEmpty ? key : "\(name).\(key)" }
    var members: [ExactString: JSONValue] = [:]
    switch container.kind {
    case .tuple, .list, .set:
      var elements: [JSONValue] = []
      for (index, element) in container.elements.enumerated() {
        elements.append(try value(of: element, named: inner("\(index)"), depth: depth + 1))
      }
      return .array(elements)
    case .object(let index): members["class"] = .string("\(contents.names[index])")
    case .dictionary: break
    }
    for (key, element) in container.pairs {
      var text = contents.summary(key)
      // A long key costs time wherever it is used.
      if case .text(let key) = key { text = key.utf8.count <= Format.maximumNameSize ? key : "..." }
      members[ExactString(text)] = try value(of: element, named: inner(text), depth: depth + 1)
    }
    return .object(members)
  }

  private mutating func checkName(_ name: String) throws(FormatError) {
    nameBytes += name.utf8.count
    guard name.utf8.count <= Format.maximumNameSize, !name.hasControlCharacter,
      nameBytes <= Self.mostNameBytes
    else {
      throw FormatError(
        offset: 0, problem: "expected printable names of at most \(Format.maximumNameSize) bytes")
    }
  }
}
