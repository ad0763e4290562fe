import FileCore

/// The calls that are understood. None is made: what the function would return is known.
extension PickleMachine {
  /// What a function returns for these arguments.
  mutating func result(
    of function: PickleValue, _ arguments: PickleValue
  ) throws(FormatError) -> PickleValue {
    guard case .name(let index) = function, let arguments = contents.tuple(arguments) else {
      throw failure("expected the call of a function, found \(contents.summary(function))")
    }
    let name = contents.names[index]
    switch (name.module, name.name) {
    case ("collections", "OrderedDict"), ("collections", "defaultdict"),
      ("collections", "Counter"), ("builtins", "dict"), ("__builtin__", "dict"):
      return try dictionary(arguments)
    case ("builtins", "set"), ("builtins", "frozenset"), ("builtins", "list"),
      ("builtins", "tuple"), ("__builtin__", "set"), ("__builtin__", "frozenset"),
      ("__builtin__", "list"), ("__builtin__", "tuple"), ("collections", "deque"),
      ("torch", "Size"):
      return try sequence(of: name.name, arguments)
    case ("builtins", "bytearray"), ("builtins", "bytes"), ("__builtin__", "bytes"),
      ("__builtin__", "bytearray"), ("_codecs", "encode"):
      return try bytes(arguments)
    case ("copy_reg", "_reconstructor"), ("copyreg", "_reconstructor"),
      ("copyreg", "__newobj__"), ("copy_reg", "__newobj__"):
      guard let type = arguments.first else { throw failure("expected a class, found nothing") }
      return try object(of: type, .none)
    case ("types", "SimpleNamespace"): return try object(of: function, .none)
    case ("torch._tensor", "_rebuild_from_type_v2"): return try attributedTensor(arguments)
    case ("torch._utils", _), ("torch", "device"), ("torch.serialization", "_get_layout"):
      return try torch(index, arguments)
    case ("numpy", _), ("numpy.core.multiarray", _), ("numpy._core.multiarray", _),
      ("numpy.core.numeric", _), ("numpy._core.numeric", _):
      return try numPy(name, arguments)
    case _ where PlainValues.contain(name): return .opaque(index)
    default: throw unknownCall(name)
    }
  }

  func unknownCall(_ name: PickleName) -> FormatError {
    failure(
      "expected a call that torch.save or NumPy writes for arrays, found \(name); "
        + "nothing of it was run")
  }

  /// An object of a class: a list of attributes, whatever the class is.
  mutating func object(
    of type: PickleValue, _ arguments: PickleValue
  ) throws(FormatError) -> PickleValue {
    let index = try classIndex(type)
    switch (contents.names[index].module, contents.names[index].name) {
    case ("collections", "OrderedDict"), ("collections", "defaultdict"):
      return try made(.dictionary)
    default: return try made(.object(index))
    }
  }

  /// A dictionary of a list of pairs or of another dictionary, which may be missing.
  private mutating func dictionary(_ arguments: [PickleValue]) throws(FormatError) -> PickleValue {
    var members: [PickleValue] = []
    try count(arguments.first.flatMap { contents.container($0) }?.elements.count ?? 0)
    if let container = arguments.first.flatMap({ contents.container($0) }) {
      switch container.kind {
      case .dictionary: members = container.elements
      case .list, .tuple:
        for element in container.elements {
          guard let pair = contents.container(element)?.elements, pair.count == 2 else {
            throw failure("expected pairs for a dictionary, found \(contents.summary(element))")
          }
          members += pair
        }
      default: throw failure("expected pairs for a dictionary, found other values")
      }
    }
    return try made(.dictionary, members)
  }

  private mutating func sequence(
    of name: String, _ arguments: [PickleValue]
  ) throws(FormatError) -> PickleValue {
    let elements = arguments.first.flatMap { contents.container($0) }?.elements ?? []
    switch name {
    case "list", "deque": return try made(.list, elements)
    case "tuple", "Size": return try made(.tuple, elements)
    default: return try made(.set, elements)
    }
  }

  /// Bytes that Python 3 wrote into a pickle of protocol 2, as Latin-1 text.
  private mutating func bytes(_ arguments: [PickleValue]) throws(FormatError) -> PickleValue {
    guard case .text(let text)? = arguments.first else {
      guard let first = arguments.first else { return .bytes(0..<0) }
      switch first {
      case .bytes, .unescapedBytes: return first
      default: break
      }
      throw failure("expected bytes, found \(contents.summary(first))")
    }
    var bytes: [UInt8] = []
    for scalar in text.unicodeScalars {
      guard scalar.value < 256 else { throw failure("expected Latin-1 text, found other text") }
      bytes.append(UInt8(scalar.value))
    }
    return try kept(bytes)
  }

  /// Sets the state of the value on top of the stack.
  mutating func build(_ value: PickleValue, _ state: PickleValue) throws(FormatError) {
    switch value {
    case .array(let index): try setState(ofArray: index, state)
    case .elementType(let index):
      // (3, byte order, ...)
      if let parts = contents.tuple(state), parts.count > 1 {
        contents.elementTypes[index].isBigEndian = contents.isText(parts[1], ">")
      }
    case .container(let index):
      guard case .object = contents.containers[index].kind else {
        // Attributes of a dictionary: a state_dict has the versions of its modules as `_metadata`.
        return
      }
      var states = [state]
      // A pair is the attributes of __dict__ and of __slots__.
      if let pair = contents.tuple(state), pair.count == 2 { states = pair }
      for case .container(let place) in states
      where contents.containers[place].kind == .dictionary {
        try count(contents.containers[place].elements.count)
        contents.containers[index].elements += contents.containers[place].elements
      }
    case .tensor, .opaque: return
    default:
      throw failure("expected an object to set the state of, found \(contents.summary(value))")
    }
  }
}

/// Storages and tensors of PyTorch.
extension PickleMachine {
  private static let storageNames: [String: ElementType] = [
    "FloatStorage": .float32, "DoubleStorage": .float64, "HalfStorage": .float16,
    "BFloat16Storage": .bfloat16, "IntStorage": .int32, "LongStorage": .int64,
    "ByteStorage": .uint8, "CharStorage": .int8, "ShortStorage": .int16,
    "BoolStorage": .bool, "UntypedStorage": .uint8,
  ]

  /// What stands outside a pickle: a storage, or before PyTorch 1.6 a module's class, `('module', class, file, source)`.
  mutating func persistentValue(_ value: PickleValue) throws(FormatError) -> PickleValue {
    if let parts = contents.tuple(value), parts.count == 4, contents.isText(parts[0], "module"),
      case .name = parts[1]
    {
      return parts[1]
    }
    return .storage(try place(ofStorage: value))
  }

  /// Reads a storage like `('storage', torch.FloatStorage, '0', 'cpu', 448)`; returns its index.
  ///
  /// Before PyTorch 1.6 a sixth part, usually None, is a view of the storage: `(key, offset, count)`. Where the
  /// storage was in memory, `cpu` or `cuda:0`, has no meaning here.
  private mutating func place(ofStorage value: PickleValue) throws(FormatError) -> Int {
    guard let parts = contents.tuple(value), parts.count == 5 || parts.count == 6,
      contents.isText(parts[0], "storage"), case .name(let nameIndex) = parts[1],
      case .text(let key) = parts[2], key.utf8.count <= Format.maximumNameSize,
      case .integer(let count) = parts[4], count >= 0
    else {
      throw failure("expected a description of a storage, found \(contents.summary(value))")
    }
    let name = contents.names[nameIndex]
    guard ["torch", "torch.cuda", "torch.storage"].contains(name.module),
      let type = Self.storageNames[name.name]
    else {
      throw failure("expected a storage of numbers that are read here, found \(name)")
    }
    var storage = TorchStorage(key: key, elementType: type, count: count)
    var placeKey = key
    if parts.count == 6, let view = contents.tuple(parts[5]) {
      guard view.count == 3, case .text(let viewKey) = view[0],
        viewKey.utf8.count <= Format.maximumNameSize,
        case .integer(let offset) = view[1], case .integer(let size) = view[2],
        offset >= 0, size >= 0, offset <= count, size <= count - offset
      else { throw failure("expected a view inside its storage of \(count) elements") }
      storage.view = offset..<offset + size
      placeKey = "\(key)/\(viewKey)"
    }
    if let place = storagePlaces[placeKey] {
      guard contents.storages[place] == storage else {
        throw failure("storage \(key) is described in two ways")
      }
      return place
    }
    storagePlaces[placeKey] = contents.storages.count
    contents.storages.append(storage)
    return contents.storages.count - 1
  }

  /// What a function of PyTorch returns, whose name has an index in `contents.names`.
  private mutating func torch(
    _ index: Int, _ arguments: [PickleValue]
  ) throws(FormatError) -> PickleValue {
    let name = contents.names[index]
    switch name.name {
    case "_rebuild_tensor", "_rebuild_tensor_v2":
      return try tensor(arguments, metadata: 6)
    case "_rebuild_tensor_v3":
      guard arguments.count >= 7 else {
        throw failure("expected the type of a tensor's elements, found other arguments")
      }
      return try tensor(arguments, of: elementType(arguments[6]), metadata: 7)
    case "_rebuild_parameter", "_rebuild_parameter_with_state":
      guard let value = arguments.first, case .tensor = value else {
        throw failure("expected the tensor of a parameter, found other arguments")
      }
      return value
    case "device", "_get_layout": return .opaque(index)
    default: throw unknownCall(name)
    }
  }

  /// A tensor to which a program gave attributes of its own: the call that makes the tensor, its class, the call's arguments, and
  /// the attributes.
  private mutating func attributedTensor(
    _ arguments: [PickleValue]
  ) throws(FormatError) -> PickleValue {
    guard arguments.count == 4, case .name(let function) = arguments[0],
      case .name(let type) = arguments[1], let own = contents.tuple(arguments[2]),
      contents.names[function].module == "torch._utils"
    else { throw failure("expected the call that makes a tensor, found other arguments") }
    let known = ["torch.Tensor", "torch.nn.parameter.Parameter", "torch.nn.parameter.Buffer"]
    guard known.contains(contents.names[type].description) else {
      throw failure("expected a tensor, found one of class \(contents.names[type])")
    }
    return try torch(function, own)
  }

  /// The type that `torch.uint16` names, for elements without a storage class of their own.
  private func elementType(_ value: PickleValue) throws(FormatError) -> ElementType {
    guard case .name(let index) = value else {
      throw failure("expected the type of numbers, found \(contents.summary(value))")
    }
    let name = contents.names[index]
    let type = ElementType.allCases.first { $0.description == name.name }
    guard name.module == "torch", let type else {
      throw failure("expected a type of numbers that are read here, found \(name)")
    }
    return type
  }

  /// The tensor of a storage, an offset, a shape and strides.
  ///
  /// - Parameters:
  ///   - type: the type of its elements, where its storage is one of bytes.
  ///   - metadata: the index of the argument that tells, where it is there, what PyTorch has not computed yet: `neg`.
  private mutating func tensor(
    _ arguments: [PickleValue], of type: ElementType? = nil, metadata: Int
  ) throws(FormatError) -> PickleValue {
    guard arguments.count >= 4, case .storage(let place) = arguments[0],
      case .integer(let offset) = arguments[1], let shape = contents.integers(arguments[2]),
      let strides = contents.integers(arguments[3])
    else {
      throw failure("expected a storage, an offset, a shape and strides, found other arguments")
    }
    if arguments.count > metadata, let facts = contents.container(arguments[metadata]),
      !facts.elements.isEmpty
    {
      throw failure(
        "expected the numbers of a tensor, found those of its negative or conjugate, "
          + "which tensor.resolve_neg() or tensor.resolve_conj() computes")
    }
    var storage = contents.storages[place]
    if let type {
      guard storage.elementType == .uint8, storage.view == nil, storage.count % type.width == 0
      else {
        throw failure("expected the bytes of \(type) numbers, found \(storage.count) elements")
      }
      storage.elementType = type
      storage.count /= type.width
    }
    guard
      let tensor = TorchTensor(storage: storage, offset: offset, shape: shape, strides: strides)
    else {
      throw failure(
        "expected a tensor inside its storage of \(storage.view?.count ?? storage.count) elements, "
          + "found shape \(shape) with strides \(strides) from element \(offset)")
    }
    contents.tensors.append(tensor)
    return .tensor(contents.tensors.count - 1)
  }
}
