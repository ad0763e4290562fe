/// Damages Protocol Buffers messages at any depth; the lengths around a change are corrected.
struct ProtobufMutator {
  var random: ByteMutator

  /// One field: its key with the wire type, and its value's bytes, without a length.
  private struct Field {
    var key: UInt64
    var value: [UInt8]
    var isMessage: Bool { key & 7 == 2 }
  }

  /// One change.
  mutating func damage(_ bytes: inout [UInt8], with other: [UInt8]) {
    bytes = damaged(bytes, with: other, depth: 0)
  }

  private mutating func damaged(_ bytes: [UInt8], with other: [UInt8], depth: Int) -> [UInt8] {
    var bytes = bytes
    guard !random.happens(oneIn: 8), var fields = Self.fields(of: bytes), !fields.isEmpty else {
      random.damage(&bytes, with: other)
      return bytes
    }
    let index = random.number(below: fields.count)
    switch random.number(below: 16) {
    case 0: fields.remove(at: index)
    case 1: fields.append(fields[index])
    case 2: fields.swapAt(index, random.number(below: fields.count))
    case 3: fields[index].key = UInt64(random.number(below: 32)) << 3 | fields[index].key & 7
    case 4: fields[index].key ^= UInt64(random.number(below: 8))
    default:
      if fields[index].isMessage, depth < 12 {
        fields[index].value = damaged(fields[index].value, with: other, depth: depth + 1)
      } else if fields[index].key & 7 == 0 {
        fields[index].value = Self.encoded(
          random.choice([0, 1, 2, 3, 7, 11, .max, 1 << 31, 1 << 32, 1 << 63]))
      } else {
        random.damage(&fields[index].value, with: other)
      }
    }
    return fields.flatMap { field in
      Self.encoded(field.key)
        + (field.isMessage ? Self.encoded(UInt64(field.value.count)) : []) + field.value
    }
  }

  /// The fields of a message; nil if the bytes are not a message.
  private static func fields(of bytes: [UInt8]) -> [Field]? {
    var (fields, position): ([Field], Int) = ([], 0)
    while position < bytes.count {
      guard let key = number(bytes, at: &position) else { return nil }
      let start = position
      switch key & 7 {
      case 0: guard number(bytes, at: &position) != nil else { return nil }
      case 1: position += 8
      case 5: position += 4
      case 2:
        guard let count = number(bytes, at: &position), count <= bytes.count - position else {
          return nil
        }
        fields.append(Field(key: key, value: Array(bytes[position..<position + Int(count)])))
        position += Int(count)
        continue
      default: return nil
      }
      guard position <= bytes.count else { return nil }
      fields.append(Field(key: key, value: Array(bytes[start..<position])))
    }
    return fields
  }

  private static func number(_ bytes: [UInt8], at position: inout Int) -> UInt64? {
    var (value, shift): (UInt64, UInt64) = (0, 0)
    while position < bytes.count, shift < 64 {
      let byte = bytes[position]
      position += 1
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return value }
      shift += 7
    }
    return nil
  }

  private static func encoded(_ number: UInt64) -> [UInt8] {
    var (bytes, rest): ([UInt8], UInt64) = ([], number)
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    return bytes + [UInt8(rest)]
  }
}
