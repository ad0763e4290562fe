/// A value that a pickle makes. Containers, arrays and tensors are indices into the tables of ``PickleContents``.
enum PickleValue: Sendable {
  case none
  case bool(Bool)
  case integer(Int)
  /// A whole number of more than 64 bits, whose value is not kept.
  case longInteger
  case number(Double)
  case text(String)
  /// Bytes of the file, where they stand unchanged.
  case bytes(Range<Int>)
  /// Bytes that were unescaped: an index in `PickleContents.strings`.
  case unescapedBytes(Int)
  /// The name of a class or function: an index in `PickleContents.names`.
  case name(Int)
  /// An index in `PickleContents.containers`.
  case container(Int)
  /// An index in `PickleContents.storages`.
  case storage(Int)
  /// An index in `PickleContents.tensors`.
  case tensor(Int)
  /// An index in `PickleContents.arrays`.
  case array(Int)
  /// An index in `PickleContents.elementTypes`.
  case elementType(Int)
  /// A value of which only the class is known, such as a path or a device: an index in `PickleContents.names`.
  case opaque(Int)
}

/// A tuple, list, set, dictionary or object.
struct PickleContainer: Sendable {
  enum Kind: Sendable, Equatable {
    case tuple, list, set, dictionary
    /// An object; its class is an index in `PickleContents.names`.
    case object(Int)
  }

  var kind: Kind
  /// The elements; for a dictionary or an object's attributes, keys and values by turns.
  var elements: [PickleValue] = []

  /// Keys and values of a dictionary or an object.
  var pairs: some Sequence<(key: PickleValue, value: PickleValue)> {
    stride(from: 0, to: elements.count - 1, by: 2).lazy.map {
      (key: elements[$0], value: elements[$0 + 1])
    }
  }
}

/// A class or function of Python: a name, which is never looked up.
struct PickleName: Hashable, Sendable, CustomStringConvertible {
  var module: String
  var name: String

  var description: String { "\(module).\(name)" }
}

/// A type of elements in a pickle of NumPy: `dtype`.
struct PickleElementType: Sendable {
  /// NumPy's code without the byte order, for example `f4`.
  var code: String
  var isBigEndian = false
}

/// An array in a pickle of NumPy.
struct PickleArray: Sendable {
  var shape: [Int] = []
  /// Nil until the array's state is set.
  var type: PickleElementType?
  /// Whether the array is column-major (Fortran order).
  var isColumnMajor = false
  /// The elements' bytes; a value without bytes if they are objects.
  var content = PickleValue.none
}

/// What a pickle made: a value, and the tables that it refers to.
struct PickleContents: Sendable {
  var root = PickleValue.none
  var containers: [PickleContainer] = []
  var names: [PickleName] = []
  var strings: [[UInt8]] = []
  var storages: [TorchStorage] = []
  var tensors: [TorchTensor] = []
  var arrays: [PickleArray] = []
  var elementTypes: [PickleElementType] = []

  /// The container of a value, if it is one.
  func container(_ value: PickleValue) -> PickleContainer? {
    guard case .container(let index) = value else { return nil }
    return containers[index]
  }

  /// The elements of a tuple; nil for other values.
  func tuple(_ value: PickleValue) -> [PickleValue]? {
    guard let container = container(value), container.kind == .tuple else { return nil }
    return container.elements
  }

  /// Whether a value is this text. Texts of any length are compared byte by byte, which takes linear time.
  func isText(_ value: PickleValue, _ text: String) -> Bool {
    guard case .text(let found) = value else { return false }
    return found.utf8.elementsEqual(text.utf8)
  }

  /// The integers of a tuple or list of at most 64 integers, a shape; nil for other values.
  func integers(_ value: PickleValue) -> [Int]? {
    guard let container = container(value), container.kind == .tuple || container.kind == .list,
      container.elements.count <= TorchTensor.maximumRank
    else { return nil }
    var numbers: [Int] = []
    numbers.reserveCapacity(container.elements.count)
    for case .integer(let number) in container.elements { numbers.append(number) }
    return numbers.count == container.elements.count ? numbers : nil
  }

  /// The value's kind, for messages "expected ..., found ...".
  func summary(_ value: PickleValue) -> String {
    switch value {
    case .none: "None"
    case .bool(let value): value ? "True" : "False"
    case .integer(let value): "\(value)"
    case .longInteger: "a long integer"
    case .number(let value): "\(value)"
    case .text(let text): text.utf8.count <= 40 ? "'\(text)'" : "a long text"
    case .bytes, .unescapedBytes: "bytes"
    case .name(let index): "the name \(names[index])"
    case .container(let index):
      switch containers[index].kind {
      case .tuple: "a tuple"
      case .list: "a list"
      case .set: "a set"
      case .dictionary: "a dictionary"
      case .object(let name): "an object of class \(names[name])"
      }
    case .storage: "a storage"
    case .tensor: "a tensor"
    case .array: "an array"
    case .elementType: "an element type"
    case .opaque(let index): "a value of class \(names[index])"
    }
  }
}
