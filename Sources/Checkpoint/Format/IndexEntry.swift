import FileCore

/// One entry of the index: a record of 96 bytes, and a name.
///
/// ```
/// offset  type   field
///      0  u32    offset of the name in the pool of names
///      4  u16    bytes of the name
///      6  u8     kind
///      7  u8     element type
///      8  u8     rank
///      9  u8     codec
///     10  u8     filter
///     11  u8     section
///     12  u32    flags
///     16  u64    offset in the file
///     24  u64    bytes as stored
///     32  u64    bytes of the array
///     40  u32    CRC-32 of the stored bytes
///     44  u32    CRC-32 of the array's bytes
///     48  u32*8  sizes of the axes, 0 beyond the rank
///     80  u8*16  0
/// ```
struct IndexEntry: Hashable, Sendable {
  var key: Checkpoint.Key
  var kind: Checkpoint.Kind
  var elementType: ElementType
  var shape: [Int]
  var codec: StoredPayload.Codec
  var filter: StoredPayload.Filter
  var flags: UInt32 = 0
  var offset: UInt64
  var storedSize: UInt64
  var rawSize: UInt64
  var storedChecksum: UInt32
  var rawChecksum: UInt32

  /// The offset of the entry's end in the file.
  var end: UInt64 { offset + storedSize }

  /// The record of 96 bytes, for a name at `nameOffset` in the pool.
  func bytes(nameOffset: UInt32) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(littleEndian: nameOffset)
    bytes.append(littleEndian: UInt16(key.name.utf8.count))
    bytes += [
      kind.rawValue, elementType.rawValue, UInt8(shape.count), codec.rawValue, filter.rawValue,
      key.section.rawValue,
    ]
    bytes.append(littleEndian: flags)
    bytes.append(littleEndian: offset)
    bytes.append(littleEndian: storedSize)
    bytes.append(littleEndian: rawSize)
    bytes.append(littleEndian: storedChecksum)
    bytes.append(littleEndian: rawChecksum)
    for axis in 0..<Format.maximumRank {
      bytes.append(littleEndian: axis < shape.count ? UInt32(shape[axis]) : 0)
    }
    return bytes + [UInt8](repeating: 0, count: 16)
  }

  /// The whole index: `RIDX`, the counts, the entries, the pool of names.
  static func index(of entries: [IndexEntry]) -> [UInt8] {
    var (records, pool): ([UInt8], [UInt8]) = ([], [])
    for entry in entries {
      records += entry.bytes(nameOffset: UInt32(pool.count))
      pool += Array(entry.key.name.utf8)
    }
    var bytes = Format.indexMagic
    bytes.append(littleEndian: UInt32(entries.count))
    bytes.append(littleEndian: UInt32(pool.count))
    bytes.append(littleEndian: 0 as UInt32)
    return bytes + records + pool
  }
}
