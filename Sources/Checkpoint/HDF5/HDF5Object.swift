import FileCore

/// An object of an HDF5 file: the messages of its header.
///
/// ```
/// version 1: version, 0, u16 messages, u32 references, u32 size, 4 bytes; messages of u16 type, u16 size, flags, 3 bytes
/// version 2: "OHDR", 2, flags, times, attribute limits, size; messages of u8 type, u16 size, flags, creation order; checksum
/// ```
///
/// A continuation message adds a block of further messages.
struct HDF5Object {
  /// The types of messages that are read.
  enum Kind: Int {
    case dataspace = 0x1
    case linkInfo = 0x2
    case datatype = 0x3
    case fillValue = 0x5
    case link = 0x6
    case layout = 0x8
    case filters = 0xB
    case attribute = 0xC
    case continuation = 0x10
    case symbolTable = 0x11
    case attributeInfo = 0x15
  }

  /// The messages of known types, in the file's order.
  private(set) var messages: [(kind: Kind, content: HDF5Scanner)] = []

  /// The most messages and blocks of one object.
  private static let (mostMessages, mostBlocks) = (65_536, 1_024)

  init(at address: Int, in file: HDF5Bytes) throws(FormatError) {
    var scanner = try file.scanner(at: address)
    var blocks: [HDF5Scanner] = []
    let isSecond = scanner.remaining >= 4 && file.bytes[scanner.position] == UInt8(ascii: "O")
    var hasOrder = false
    if isSecond {
      let start = scanner.position
      try scanner.expect("OHDR")
      _ = try scanner.expect(version: 2...2, of: "object header")
      let flags = try scanner.byte()
      hasOrder = flags & 4 != 0
      if flags & 0x20 != 0 { try scanner.skip(16) }
      if flags & 0x10 != 0 { try scanner.skip(4) }
      let size = try scanner.number(1 << (flags & 3))
      blocks.append(try scanner.part(size))
      try scanner.expectChecksum(from: start)
    } else {
      _ = try scanner.expect(version: 1...1, of: "object header")
      try scanner.skip(7)
      let size = try scanner.number(4)
      try scanner.skip(4)
      blocks.append(try scanner.part(size))
    }
    var index = 0
    while index < blocks.count {
      var block = blocks[index]
      index += 1
      while let message = try Self.message(&block, isSecond: isSecond, hasOrder: hasOrder) {
        guard messages.count < Self.mostMessages, blocks.count < Self.mostBlocks else {
          throw block.failure("an object of too many messages")
        }
        if message.kind == .continuation {
          blocks.append(try Self.continuation(message.content, isSecond: isSecond, in: file))
        } else {
          messages.append(message)
        }
      }
    }
  }

  /// The next message of a known type; nil at the end of the block.
  private static func message(
    _ block: inout HDF5Scanner, isSecond: Bool, hasOrder: Bool
  ) throws(FormatError) -> (kind: Kind, content: HDF5Scanner)? {
    let headerSize = isSecond ? (hasOrder ? 6 : 4) : 8
    while block.remaining >= headerSize {
      let type = try block.number(isSecond ? 1 : 2)
      let size = try block.number(2)
      let flags = try block.byte()
      try block.skip(isSecond ? (hasOrder ? 2 : 0) : 3)
      let content = try block.part(size)
      guard let kind = Kind(rawValue: type) else { continue }
      // A shared message stands elsewhere.
      guard flags & 2 == 0 else {
        if kind == .attribute || kind == .fillValue { continue }
        throw content.failure("expected a message of its own, found a shared one")
      }
      return (kind, content)
    }
    return nil
  }

  private static func continuation(
    _ message: HDF5Scanner, isSecond: Bool, in file: HDF5Bytes
  ) throws(FormatError) -> HDF5Scanner {
    var message = message
    guard let address = try message.address() else {
      throw message.failure("expected the address of further messages, found none")
    }
    let size = try message.length()
    var block = try file.scanner(at: address, count: size)
    guard isSecond else { return block }
    let start = block.position
    try block.expect("OCHK")
    guard block.remaining >= 4 else { throw block.failure("cut off") }
    let content = try block.part(block.remaining - 4)
    try block.expectChecksum(from: start)
    return content
  }

  /// The first message of a type.
  func first(_ kind: Kind) -> HDF5Scanner? { messages.first { $0.kind == kind }?.content }

  /// All messages of a type.
  func all(_ kind: Kind) -> [HDF5Scanner] {
    messages.filter { $0.kind == kind }.map(\.content)
  }
}
