import FileCore

/// Reads the pickle instructions that `torch.save(model.state_dict(), …)` writes, and no others.
///
/// A pickle is a program for a stack machine. This machine knows the instructions of protocol 2 that make texts,
/// numbers, tuples and dictionaries, and six names of Python, which it never looks up. Anything else is an error that
/// names it. A pickle can never run code.
struct PickleReader {
  private let bytes: [UInt8]
  private var position = 0
  private var stack: [PickleValue] = []
  private var marks: [Int] = []
  /// Memoized values by number. Python numbers them in order, from 0 or from 1.
  private var memo: [PickleValue?] = []
  /// The dictionaries, storages and tensors made so far.
  private var dictionaries: [[(key: String, value: PickleValue)]] = []
  private var storages: [TorchStorage] = []
  private(set) var tensors: [TorchTensor] = []
  /// The index of a storage by its key.
  private var storagePlaces: [String: Int] = [:]
  /// The offset of the current instruction.
  private var start = 0

  /// The most values on the stack: two for each of the thousand members that Python writes at a time, and a reserve.
  private static let maximumStack = 8_192
  /// The greatest depth of nested tuples.
  private static let maximumDepth = 8
  /// The most bytes of a text: hashing time grows faster than the length.
  private static let maximumText = 512

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// Runs the instructions; returns the members of the resulting dictionary. Keys may repeat.
  mutating func dictionary() throws(PickleError) -> [(key: String, value: PickleValue)] {
    guard try byte() == 0x80, try byte() == 2 else {
      throw failure("expected a pickle of protocol 2")
    }
    while try step() {}
    guard position == bytes.count else {
      throw failure("expected nothing after the end", at: position)
    }
    guard stack.count == 1, marks.isEmpty, case .dictionary(let index) = stack[0] else {
      throw failure(
        "expected one dictionary of tensors, found " + (stack.last?.summary ?? "nothing"))
    }
    return dictionaries[index]
  }

  private func failure(_ problem: String, at offset: Int? = nil) -> PickleError {
    PickleError(offset: offset ?? start, problem: problem)
  }

  /// Executes one instruction; false at the end.
  private mutating func step() throws(PickleError) -> Bool {
    start = position
    let instruction = try byte()
    switch instruction {
    case UInt8(ascii: "."): return false
    case UInt8(ascii: "("):
      guard marks.count < Self.maximumDepth else { throw failure("too many open groups") }
      marks.append(stack.count)
    case UInt8(ascii: "}"): try push(newDictionary())
    case UInt8(ascii: ")"): try push(.tuple([], depth: 1))
    case UInt8(ascii: "N"): try push(.none)
    case 0x88: try push(.bool(true))
    case 0x89: try push(.bool(false))
    case UInt8(ascii: "K"): try push(.integer(Int(try byte())))
    case UInt8(ascii: "M"): try push(.integer(Int(try number(UInt16.self))))
    case UInt8(ascii: "J"):
      try push(.integer(Int(Int32(bitPattern: try number(UInt32.self)))))
    case 0x8A: try push(.integer(try longInteger()))
    case UInt8(ascii: "X"): try push(.text(try text()))
    case UInt8(ascii: "c"): try push(.global(try global()))
    case UInt8(ascii: "q"): try remember(Int(try byte()))
    case UInt8(ascii: "r"): try remember(Int(try number(UInt32.self)))
    case UInt8(ascii: "h"): try recall(Int(try byte()))
    case UInt8(ascii: "j"): try recall(Int(try number(UInt32.self)))
    case UInt8(ascii: "t"): try pushTuple(try popGroup())
    case 0x85...0x87: try pushTuple(try pop(Int(instruction - 0x84)))
    case UInt8(ascii: "Q"): try push(.storage(try place(ofStorage: try pop())))
    case UInt8(ascii: "R"): try reduce()
    case UInt8(ascii: "s"): try setMembers(try pop(2))
    case UInt8(ascii: "u"): try setMembers(try popGroup())
    case UInt8(ascii: "b"): try build()
    default:
      throw failure(
        "expected an instruction that torch.save writes for a state_dict, found 0x"
          + String(instruction, radix: 16))
    }
    return true
  }
}

/// The stack.
extension PickleReader {
  private mutating func push(_ value: PickleValue) throws(PickleError) {
    guard stack.count < Self.maximumStack else { throw failure("too many values at a time") }
    stack.append(value)
  }

  private func top() throws(PickleError) -> PickleValue {
    guard let value = stack.last, stack.count > marks.last ?? 0 else {
      throw failure("expected a value on the stack, found none")
    }
    return value
  }

  private mutating func pop() throws(PickleError) -> PickleValue {
    let value = try top()
    stack.removeLast()
    return value
  }

  private mutating func pop(_ count: Int) throws(PickleError) -> [PickleValue] {
    guard stack.count - (marks.last ?? 0) >= count else {
      throw failure("expected \(count) values on the stack, found fewer")
    }
    defer { stack.removeLast(count) }
    return Array(stack.suffix(count))
  }

  private mutating func popGroup() throws(PickleError) -> [PickleValue] {
    guard let mark = marks.popLast() else { throw failure("expected an open group, found none") }
    defer { stack.removeSubrange(mark...) }
    return Array(stack[mark...])
  }

  private mutating func pushTuple(_ elements: [PickleValue]) throws(PickleError) {
    var depth = 1
    for case .tuple(_, let inner) in elements { depth = max(depth, inner + 1) }
    guard depth <= Self.maximumDepth, elements.count <= Self.maximumDepth * 8 else {
      throw failure("a tuple of too many or too deep elements")
    }
    try push(.tuple(elements, depth: depth))
  }

  private mutating func remember(_ index: Int) throws(PickleError) {
    let value = try top()
    guard index <= memo.count + 1 else {
      throw failure("expected value \(memo.count) to be remembered next, found \(index)")
    }
    while memo.count <= index { memo.append(nil) }
    memo[index] = value
  }

  private mutating func recall(_ index: Int) throws(PickleError) {
    guard index < memo.count, let value = memo[index] else {
      throw failure("value \(index) was never remembered")
    }
    try push(value)
  }

  private mutating func newDictionary() -> PickleValue {
    dictionaries.append([])
    return .dictionary(dictionaries.count - 1)
  }

  private mutating func setMembers(_ members: [PickleValue]) throws(PickleError) {
    guard members.count.isMultiple(of: 2), case .dictionary(let index) = try top() else {
      throw failure("expected pairs for a dictionary, found \(try top().summary)")
    }
    for pair in stride(from: 0, to: members.count, by: 2) {
      guard case .text(let key) = members[pair] else {
        throw failure("expected a text as a key, found \(members[pair].summary)")
      }
      dictionaries[index].append((key, members[pair + 1]))
    }
  }
}

/// Names, storages and tensors.
extension PickleReader {
  private mutating func global() throws(PickleError) -> PickleGlobal {
    let (module, name) = (try line(), try line())
    guard let global = PickleGlobal(module: module, name: name) else {
      throw failure(
        "expected one of the names that torch.save writes for a state_dict, found \(module).\(name); "
          + "nothing of it was run")
    }
    return global
  }

  /// Reads a storage like `('storage', torch.FloatStorage, '0', 'cpu', 448)`; returns its index.
  private mutating func place(ofStorage value: PickleValue) throws(PickleError) -> Int {
    guard case .tuple(let parts, _) = value, parts.count == 5, case .text("storage") = parts[0],
      case .global(.storage(let type)) = parts[1], case .text(let key) = parts[2],
      case .text = parts[3], case .integer(let count) = parts[4], count >= 0
    else { throw failure("expected a description of a storage, found \(value.summary)") }
    let storage = TorchStorage(key: key, elementType: type, count: count)
    if let place = storagePlaces[key] {
      guard storages[place] == storage else {
        throw failure("storage \(key) is described in two ways")
      }
      return place
    }
    storagePlaces[key] = storages.count
    storages.append(storage)
    return storages.count - 1
  }

  /// Calls a function: makes an empty dictionary, or a view of a storage.
  private mutating func reduce() throws(PickleError) {
    let (arguments, function) = (try pop(), try pop())
    switch (function, arguments) {
    case (.global(.orderedDictionary), .tuple(let parts, _)) where parts.isEmpty:
      try push(newDictionary())
    case (.global(.rebuildTensor), .tuple(let parts, _)):
      guard parts.count == 6, case .storage(let place) = parts[0],
        case .integer(let offset) = parts[1], let shape = parts[2].integers,
        let strides = parts[3].integers, case .bool = parts[4], case .dictionary = parts[5]
      else {
        throw failure("expected a storage, an offset, a shape and strides, found other arguments")
      }
      let storage = storages[place]
      guard
        let tensor = TorchTensor(storage: storage, offset: offset, shape: shape, strides: strides)
      else {
        throw failure(
          "expected a tensor inside its storage of \(storage.count) elements, found shape \(shape) "
            + "with strides \(strides) from element \(offset)")
      }
      tensors.append(tensor)
      try push(.tensor(tensors.count - 1))
    default:
      throw failure("expected a call that makes a tensor, found \(function.summary)")
    }
  }

  /// Skips the `_metadata` attribute of a `state_dict`, which has its modules' versions.
  private mutating func build() throws(PickleError) {
    let state = try pop()
    guard case .dictionary = try top(), case .dictionary(let index) = state,
      dictionaries[index].count <= 1, dictionaries[index].allSatisfy({ $0.key == "_metadata" })
    else {
      throw failure("expected the attribute _metadata of a state_dict, found \(state.summary)")
    }
  }
}

/// Bytes.
extension PickleReader {
  private mutating func byte() throws(PickleError) -> UInt8 {
    guard position < bytes.count else { throw failure("cut off", at: position) }
    defer { position += 1 }
    return bytes[position]
  }

  private mutating func number<Number: FixedWidthInteger & UnsignedInteger>(
    _ type: Number.Type
  ) throws(PickleError) -> Number {
    guard bytes.count - position >= MemoryLayout<Number>.size else {
      throw failure("cut off", at: position)
    }
    defer { position += MemoryLayout<Number>.size }
    return bytes.littleEndian(type, at: position)
  }

  /// Reads an integer of up to eight bytes.
  private mutating func longInteger() throws(PickleError) -> Int {
    let size = Int(try byte())
    guard size <= 8, bytes.count - position >= size else {
      throw failure("expected a whole number of at most 8 bytes, found \(size)")
    }
    defer { position += size }
    guard size > 0 else { return 0 }
    var pattern: UInt64 = bytes[position + size - 1] & 0x80 == 0 ? 0 : .max
    for index in (0..<size).reversed() {
      pattern = pattern << 8 | UInt64(bytes[position + index])
    }
    return Int(Int64(bitPattern: pattern))
  }

  private mutating func text() throws(PickleError) -> String {
    let size = Int(try number(UInt32.self))
    guard size <= Self.maximumText, size <= bytes.count - position else {
      throw failure("expected a text of at most \(Self.maximumText) bytes, found \(size)")
    }
    defer { position += size }
    guard let text = String(utf8: bytes[position..<position + size]) else {
      throw failure("expected a text in UTF-8, found other bytes")
    }
    return text
  }

  /// Reads text up to the end of the line.
  private mutating func line() throws(PickleError) -> String {
    let rest = bytes[position...].prefix(256)
    guard let end = rest.firstIndex(of: 0x0A),
      let text = String(utf8: bytes[position..<end]),
      !text.hasControlCharacter
    else { throw failure("expected a name of Python, found none") }
    position = end + 1
    return text
  }
}
