import FileCore

/// Reads a pickle of Python, of protocols 0 to 5, without running anything.
///
/// A pickle is a program for a stack machine: its instructions make values, name classes and functions, and call
/// them. This machine makes the values. It never looks a name up: an object of any class is a list of attributes, and
/// a call is understood for the few functions that `torch.save` and NumPy write (see `PickleMachine+Calls.swift`).
/// A call of any other function is an error that names it.
///
/// Time and memory are proportional to the program's bytes, of which bytes of arrays are not copied.
struct PickleMachine {
  var scanner: PickleScanner
  var contents = PickleContents()
  private var stack: [PickleValue] = []
  private var marks: [Int] = []
  /// Memoized values by number. Python numbers them in order, from 0 or from 1.
  private var memo: [PickleValue?] = []
  /// The index in `contents.storages` of a storage by its key.
  var storagePlaces: [String: Int] = [:]
  /// The nesting depth of each container: tuples are made after their elements, so only these nest without bound.
  private var depths: [Int] = []
  /// The elements of all containers, and the bytes of all strings that were unescaped.
  private var (elementCount, unescapedCount) = (0, 0)
  /// The offset of the current instruction.
  private var start = 0

  /// The most values on the stack: two for each of the thousand members that Python writes at a time, and a reserve.
  private static let maximumStack = 8_192
  /// The most open groups, and the greatest depth of nested tuples.
  private static let maximumDepth = 32
  /// The most values of a pickle.
  private static let maximumValues = 1 << 22

  /// Reads bytes from `position` on.
  init(_ bytes: [UInt8], at position: Int = 0) {
    scanner = PickleScanner(bytes: bytes, position: position)
  }

  /// What a pickle makes that fills all bytes.
  static func contents(of bytes: [UInt8]) throws(FormatError) -> PickleContents {
    var machine = PickleMachine(bytes)
    let contents = try machine.run()
    let end = machine.scanner.position
    guard end == bytes.count else {
      throw FormatError(offset: end, problem: "expected nothing after the end")
    }
    return contents
  }

  /// Runs the instructions to the end of the pickle; returns what they made.
  mutating func run() throws(FormatError) -> PickleContents {
    while try step() {}
    guard stack.count == 1, marks.isEmpty else {
      throw failure("expected one value at the end, found \(stack.count)")
    }
    contents.root = stack[0]
    return contents
  }

  func failure(_ problem: String) -> FormatError {
    FormatError(offset: start, problem: problem)
  }

  /// Executes one instruction; false at the end.
  private mutating func step() throws(FormatError) -> Bool {
    start = scanner.position
    let instruction = try scanner.byte()
    if instruction == UInt8(ascii: ".") { return false }
    if let value = try constant(instruction) {
      try push(value)
      return true
    }
    switch instruction {
    case 0x80:
      let version = try scanner.byte()
      guard version <= 5 else { throw failure("expected protocol 0 to 5, found \(version)") }
    case 0x95: try scanner.skip(8)
    case UInt8(ascii: "("):
      guard marks.count < Self.maximumDepth else { throw failure("too many open groups") }
      marks.append(stack.count)
    case UInt8(ascii: "0"):
      // Python also writes it to drop the mark of an empty group.
      if stack.count == marks.last { marks.removeLast() } else { _ = try pop() }
    case UInt8(ascii: "1"): _ = try popGroup()
    case UInt8(ascii: "2"): try push(try top())
    case UInt8(ascii: "p"): try remember(try scanner.decimal())
    case UInt8(ascii: "q"): try remember(Int(try scanner.byte()))
    case UInt8(ascii: "r"): try remember(Int(try scanner.number(UInt32.self)))
    case 0x94: try remember(memo.count)
    case UInt8(ascii: "g"): try recall(try scanner.decimal())
    case UInt8(ascii: "h"): try recall(Int(try scanner.byte()))
    case UInt8(ascii: "j"): try recall(Int(try scanner.number(UInt32.self)))
    default: try container(instruction)
    }
    return true
  }

  /// The value of an instruction that makes one out of nothing; nil for other instructions.
  private mutating func constant(_ instruction: UInt8) throws(FormatError) -> PickleValue? {
    switch instruction {
    case UInt8(ascii: "N"): return PickleValue.none
    case 0x88: return .bool(true)
    case 0x89: return .bool(false)
    case UInt8(ascii: "I"), UInt8(ascii: "L"): return try scanner.integerLine()
    case UInt8(ascii: "J"): return .integer(Int(Int32(bitPattern: try scanner.number(UInt32.self))))
    case UInt8(ascii: "K"): return .integer(Int(try scanner.byte()))
    case UInt8(ascii: "M"): return .integer(Int(try scanner.number(UInt16.self)))
    case 0x8A: return try scanner.longInteger(size: Int(try scanner.byte()))
    case 0x8B: return try scanner.longInteger(size: Int(try scanner.number(UInt32.self)))
    case UInt8(ascii: "F"): return .number(try scanner.floatLine())
    case UInt8(ascii: "G"): return .number(try scanner.bigEndianDouble())
    case UInt8(ascii: "S"):
      let bytes = try scanner.quotedLine()
      if let text = scanner.shortText(bytes[...]) { return .text(text) }
      return try kept(bytes)
    case UInt8(ascii: "T"): return try string(size: Int(try scanner.number(UInt32.self)))
    case UInt8(ascii: "U"): return try string(size: Int(try scanner.byte()))
    case UInt8(ascii: "V"): return .text(try scanner.escapedLine())
    case UInt8(ascii: "X"):
      return .text(try scanner.text(size: Int(try scanner.number(UInt32.self))))
    case 0x8C: return .text(try scanner.text(size: Int(try scanner.byte())))
    case 0x8D: return .text(try scanner.text(size: try scanner.wideSize()))
    case UInt8(ascii: "B"):
      return .bytes(try scanner.range(size: Int(try scanner.number(UInt32.self))))
    case UInt8(ascii: "C"): return .bytes(try scanner.range(size: Int(try scanner.byte())))
    case 0x8E, 0x96: return .bytes(try scanner.range(size: try scanner.wideSize()))
    case UInt8(ascii: "c"):
      let module = try scanner.nameLine()
      return try name(module, try scanner.nameLine())
    default: return nil
    }
  }

  /// Executes an instruction that makes or fills a container.
  private mutating func container(_ instruction: UInt8) throws(FormatError) {
    switch instruction {
    case UInt8(ascii: "}"): try push(try made(.dictionary))
    case UInt8(ascii: "]"): try push(try made(.list))
    case UInt8(ascii: ")"): try push(try made(.tuple))
    case 0x8F: try push(try made(.set))
    case UInt8(ascii: "t"): try push(try made(.tuple, try popGroup()))
    case 0x85...0x87: try push(try made(.tuple, try pop(Int(instruction - 0x84))))
    case UInt8(ascii: "l"): try push(try made(.list, try popGroup()))
    case UInt8(ascii: "d"):
      let members = try popGroup()
      guard members.count.isMultiple(of: 2) else { throw failure("expected pairs of values") }
      try push(try made(.dictionary, members))
    case 0x91: try push(try made(.set, try popGroup()))
    case UInt8(ascii: "a"): try extend(with: [try pop()])
    case UInt8(ascii: "e"), 0x90: try extend(with: try popGroup())
    case UInt8(ascii: "s"): try setMembers(try pop(2))
    case UInt8(ascii: "u"): try setMembers(try popGroup())
    default: try object(instruction)
    }
  }

  /// Executes an instruction that names or calls something.
  private mutating func object(_ instruction: UInt8) throws(FormatError) {
    switch instruction {
    case 0x93:
      guard case .text(let name) = try pop(), case .text(let module) = try pop() else {
        throw failure("expected the texts of a name")
      }
      try push(try self.name(module, name))
    case UInt8(ascii: "Q"): try push(try persistentValue(try pop()))
    case UInt8(ascii: "R"):
      let (arguments, function) = (try pop(), try pop())
      try push(try result(of: function, arguments))
    case 0x81, 0x92:
      if instruction == 0x92 { _ = try pop() }
      let (arguments, type) = (try pop(), try pop())
      try push(try object(of: type, arguments))
    case UInt8(ascii: "o"):
      let group = try popGroup()
      guard let type = group.first else { throw failure("expected a class, found nothing") }
      try push(try object(of: type, .none))
    case UInt8(ascii: "i"):
      let module = try scanner.nameLine()
      let type = try name(module, try scanner.nameLine())
      _ = try popGroup()
      try push(try object(of: type, .none))
    case UInt8(ascii: "b"):
      let state = try pop()
      try build(try top(), state)
    default:
      throw failure(
        "expected an instruction of a pickle that makes values, found 0x"
          + String(instruction, radix: 16))
    }
  }
}

/// The stack and the memo.
extension PickleMachine {
  private mutating func push(_ value: PickleValue) throws(FormatError) {
    guard stack.count < Self.maximumStack else { throw failure("too many values at a time") }
    stack.append(value)
  }

  private func top() throws(FormatError) -> PickleValue {
    guard let value = stack.last, stack.count > marks.last ?? 0 else {
      throw failure("expected a value on the stack, found none")
    }
    return value
  }

  private mutating func pop() throws(FormatError) -> PickleValue {
    let value = try top()
    stack.removeLast()
    return value
  }

  private mutating func pop(_ count: Int) throws(FormatError) -> [PickleValue] {
    guard stack.count - (marks.last ?? 0) >= count else {
      throw failure("expected \(count) values on the stack, found fewer")
    }
    defer { stack.removeLast(count) }
    return Array(stack.suffix(count))
  }

  private mutating func popGroup() throws(FormatError) -> [PickleValue] {
    guard let mark = marks.popLast() else { throw failure("expected an open group, found none") }
    defer { stack.removeSubrange(mark...) }
    return Array(stack[mark...])
  }

  private mutating func remember(_ index: Int) throws(FormatError) {
    let value = try top()
    guard index >= 0, index <= memo.count + 1 else {
      throw failure("expected value \(memo.count) to be remembered next, found \(index)")
    }
    while memo.count <= index { memo.append(nil) }
    memo[index] = value
  }

  private mutating func recall(_ index: Int) throws(FormatError) {
    guard memo.indices.contains(index), let value = memo[index] else {
      throw failure("value \(index) was never remembered")
    }
    try push(value)
  }
}

/// Containers.
extension PickleMachine {
  /// A new container.
  mutating func made(
    _ kind: PickleContainer.Kind, _ elements: [PickleValue] = []
  ) throws(FormatError) -> PickleValue {
    var depth = 1
    if kind == .tuple {
      for case .container(let index) in elements { depth = max(depth, depths[index] + 1) }
      guard depth <= Self.maximumDepth else {
        throw failure("a tuple of too many or too deep elements")
      }
    }
    try count(elements.count + 1)
    contents.containers.append(PickleContainer(kind: kind, elements: elements))
    depths.append(depth)
    return .container(contents.containers.count - 1)
  }

  /// Counts values that a container gets: a value can be added many times by its number.
  mutating func count(_ values: Int) throws(FormatError) {
    elementCount += values
    guard elementCount <= Self.maximumValues else { throw failure("too many values") }
  }

  /// Keeps bytes that do not stand in the file. All together are no more than the file has.
  mutating func kept(_ bytes: [UInt8]) throws(FormatError) -> PickleValue {
    unescapedCount += bytes.count
    guard unescapedCount <= scanner.bytes.count else { throw failure("too many bytes of strings") }
    contents.strings.append(bytes)
    return .unescapedBytes(contents.strings.count - 1)
  }

  private mutating func string(size: Int) throws(FormatError) -> PickleValue {
    let range = try scanner.range(size: size)
    if let text = scanner.shortText(scanner.bytes[range]) { return .text(text) }
    return .bytes(range)
  }

  private mutating func name(
    _ module: String, _ name: String
  ) throws(FormatError) -> PickleValue {
    guard !module.hasControlCharacter, !name.hasControlCharacter, module.utf8.count <= 256,
      name.utf8.count <= 256
    else { throw failure("expected a name of Python, found other text") }
    contents.names.append(PickleName(module: module, name: name))
    return .name(contents.names.count - 1)
  }

  private mutating func extend(with elements: [PickleValue]) throws(FormatError) {
    guard case .container(let index) = try top() else {
      throw failure("expected a list, found \(contents.summary(try top()))")
    }
    try count(elements.count)
    switch contents.containers[index].kind {
    case .list, .set: contents.containers[index].elements += elements
    // An object of a class that is derived from list: its elements are no attributes.
    case .object: return
    default: throw failure("expected a list, found \(contents.summary(try top()))")
    }
  }

  private mutating func setMembers(_ members: [PickleValue]) throws(FormatError) {
    guard members.count.isMultiple(of: 2), case .container(let index) = try top() else {
      throw failure("expected pairs for a dictionary, found \(contents.summary(try top()))")
    }
    try count(members.count)
    switch contents.containers[index].kind {
    case .dictionary, .object: contents.containers[index].elements += members
    default: throw failure("expected a dictionary, found \(contents.summary(try top()))")
    }
  }

  /// The index of a class's name.
  func classIndex(_ value: PickleValue) throws(FormatError) -> Int {
    guard case .name(let index) = value else {
      throw failure("expected a class, found \(contents.summary(value))")
    }
    return index
  }
}
