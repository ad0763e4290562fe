import FileCore

/// Writes messages in the wire format of Protocol Buffers: a sequence of fields, each a number and a value.
package struct ProtobufWriter {
  package private(set) var bytes: [UInt8] = []

  package init(_ fields: (inout ProtobufWriter) -> Void = { _ in }) { fields(&self) }

  private mutating func append(_ number: UInt64) {
    var rest = number
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  private mutating func tag(_ field: Int, _ kind: UInt64) { append(UInt64(field) << 3 | kind) }

  package mutating func integer(_ field: Int, _ value: Int) {
    tag(field, 0)
    append(UInt64(bitPattern: Int64(value)))
  }

  package mutating func float(_ field: Int, _ value: Float) {
    tag(field, 5)
    bytes.append(littleEndian: value.bitPattern)
  }

  package mutating func double(_ field: Int, _ value: Double) {
    tag(field, 1)
    bytes.append(littleEndian: value.bitPattern)
  }

  mutating func data(_ field: Int, _ value: some Collection<UInt8>) {
    tag(field, 2)
    append(UInt64(value.count))
    bytes += value
  }

  package mutating func text(_ field: Int, _ value: String) { data(field, value.utf8) }

  /// Writes a nested message.
  package mutating func message(_ field: Int, _ fields: (inout ProtobufWriter) -> Void) {
    data(field, ProtobufWriter(fields).bytes)
  }
}

/// Reads a message field by field, within its bytes.
struct ProtobufReader {
  /// A field's value as encoded.
  enum Value {
    case integer(UInt64)
    case four(UInt32)
    case data(ArraySlice<UInt8>)
  }

  private let bytes: ArraySlice<UInt8>
  private var position: Int
  /// The offset of the field that was read last.
  private(set) var start: Int

  init(_ bytes: ArraySlice<UInt8>) {
    self.bytes = bytes
    position = bytes.startIndex
    start = position
  }

  func failure(_ problem: String) -> FormatError {
    FormatError(offset: start, problem: problem)
  }

  /// The next field; nil at the end.
  mutating func next() throws(FormatError) -> (field: Int, value: Value)? {
    start = position
    guard position < bytes.endIndex else { return nil }
    let tag = try number()
    guard tag >> 3 > 0, tag >> 3 < 1 << 29 else { throw failure("expected a field") }
    let field = Int(tag >> 3)
    switch tag & 7 {
    case 0: return (field, .integer(try number()))
    case 2: return (field, .data(try take(Int(clamping: try number()))))
    case 5: return (field, .four(Array(try take(4)).littleEndian(UInt32.self, at: 0)))
    default: throw failure("expected a number or bytes in field \(field), found kind \(tag & 7)")
    }
  }

  /// The packed varints that fill `bytes`.
  static func numbers(_ bytes: ArraySlice<UInt8>) throws(FormatError) -> [UInt64] {
    var reader = ProtobufReader(bytes)
    var numbers: [UInt64] = []
    while reader.position < bytes.endIndex {
      reader.start = reader.position
      numbers.append(try reader.number())
    }
    return numbers
  }

  private mutating func take(_ count: Int) throws(FormatError) -> ArraySlice<UInt8> {
    guard count <= bytes.endIndex - position else {
      throw failure("cut off: expected \(count) bytes, found \(bytes.endIndex - position)")
    }
    defer { position += count }
    return bytes[position..<position + count]
  }

  /// Reads a varint: seven bits a byte, the lowest first; the eighth bit is clear in the last byte.
  private mutating func number() throws(FormatError) -> UInt64 {
    var result: UInt64 = 0
    for shift in stride(from: 0, to: 64, by: 7) {
      guard position < bytes.endIndex else { throw failure("cut off inside a number") }
      let byte = bytes[position]
      position += 1
      guard shift < 63 || byte < 2 else { break }
      result |= UInt64(byte & 0x7F) << UInt64(shift)
      if byte < 0x80 { return result }
    }
    throw failure("expected a number of 64 bits, found a longer one")
  }
}

extension ProtobufReader.Value {
  /// The bytes of a field; nil for a number.
  var data: ArraySlice<UInt8>? { if case .data(let data) = self { data } else { nil } }
}
