/// The values that a pickle may make: plain values, dictionaries with text keys, storages and tensors.
enum PickleValue: Sendable {
  case none
  case bool(Bool)
  case integer(Int)
  case text(String)
  /// `depth` is the nesting depth of tuples.
  case tuple([PickleValue], depth: Int)
  case global(PickleGlobal)
  /// A dictionary: its index in the reader's list.
  case dictionary(Int)
  /// A storage: its index in the reader's list.
  case storage(Int)
  /// A tensor: its index in the reader's list.
  case tensor(Int)

  /// The value's kind, for messages "expected ..., found ...".
  var summary: String {
    switch self {
    case .none: "None"
    case .bool(let value): value ? "True" : "False"
    case .integer(let value): "\(value)"
    case .text(let text): text.utf8.count <= 40 ? "'\(text)'" : "a long text"
    case .tuple: "a tuple"
    case .global(let global): "the name \(global)"
    case .dictionary: "a dictionary"
    case .storage: "a storage"
    case .tensor: "a tensor"
    }
  }

  /// The integers of a tuple of integers; nil for other values.
  var integers: [Int]? {
    guard case .tuple(let elements, _) = self else { return nil }
    var numbers: [Int] = []
    numbers.reserveCapacity(elements.count)
    for element in elements {
      guard case .integer(let number) = element else { return nil }
      numbers.append(number)
    }
    return numbers
  }
}

/// The Python names that a pickle may use. None is looked up or called: their meaning is built in.
enum PickleGlobal: Hashable, Sendable, CustomStringConvertible {
  case orderedDictionary
  case rebuildTensor
  case storage(ElementType)

  private static let storageNames: [(name: String, type: ElementType)] = [
    ("FloatStorage", .float32), ("DoubleStorage", .float64), ("HalfStorage", .float16),
    ("BFloat16Storage", .bfloat16), ("IntStorage", .int32), ("LongStorage", .int64),
    ("ByteStorage", .uint8), ("CharStorage", .int8), ("BoolStorage", .bool),
  ]

  /// The meaning of a name that `torch.save` writes for a `state_dict`; nil for any other.
  init?(module: String, name: String) {
    switch (module, name) {
    case ("collections", "OrderedDict"): self = .orderedDictionary
    case ("torch._utils", "_rebuild_tensor_v2"): self = .rebuildTensor
    case ("torch", _):
      guard let known = Self.storageNames.first(where: { $0.name == name }) else { return nil }
      self = .storage(known.type)
    default: return nil
    }
  }

  var description: String {
    switch self {
    case .orderedDictionary: "collections.OrderedDict"
    case .rebuildTensor: "torch._utils._rebuild_tensor_v2"
    case .storage(let type):
      "torch." + (Self.storageNames.first { $0.type == type }?.name ?? "\(type)")
    }
  }
}

/// An error in a pickle, and the offset of its instruction.
struct PickleError: Error, Hashable {
  var offset: Int
  var problem: String
}
