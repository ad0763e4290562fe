/// What a pickle may make: plain values, dictionaries by text, storages and tensors.
enum PickleValue: Sendable {
  case none
  case bool(Bool)
  case integer(Int)
  case text(String)
  /// `depth` counts the tuples inside of one another.
  case tuple([PickleValue], depth: Int)
  case global(PickleGlobal)
  /// A dictionary: its place among the reader's.
  case dictionary(Int)
  /// A storage: its place among the reader's.
  case storage(Int)
  /// A tensor: its place among the reader's.
  case tensor(Int)

  /// For "expected ..., found ...".
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

  /// The whole numbers of a tuple of nothing else.
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

/// The names of Python that a pickle may mention. None is looked up or called: each stands for a meaning known here.
enum PickleGlobal: Hashable, Sendable, CustomStringConvertible {
  case orderedDictionary
  case rebuildTensor
  case storage(ElementType)

  private static let storageNames: [(name: String, type: ElementType)] = [
    ("FloatStorage", .float32), ("DoubleStorage", .float64), ("HalfStorage", .float16),
    ("BFloat16Storage", .bfloat16), ("IntStorage", .int32), ("LongStorage", .int64),
    ("ByteStorage", .uint8), ("CharStorage", .int8), ("BoolStorage", .bool),
  ]

  /// The meaning of a name, if it is one that `torch.save` writes for a `state_dict`.
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

/// What a pickle does wrong, and the offset of the instruction that does it.
struct PickleError: Error, Hashable {
  var offset: Int
  var problem: String
}
