import CZlib

/// One entry of a crafted file; every field is written as given, correct or not.
struct CraftedEntry {
  var section: UInt8 = 0
  var name = Array("w".utf8)
  var nameOffset: UInt32?
  var nameLength: UInt16?
  var kind: UInt8 = 0
  var dtype: UInt8 = 0
  var rank: UInt8 = 1
  var codec: UInt8 = 0
  var filter: UInt8 = 0
  var flags: UInt32 = 0
  var offset: UInt64?
  var storedLength: UInt64?
  var rawLength: UInt64
  var storedChecksum: UInt32?
  var rawChecksum: UInt32
  var extents: [UInt32]
  var reserved = [UInt8](repeating: 0, count: 16)
  var stored: [UInt8]

  /// Uncompressed bytes: by default a tensor of float32.
  init(_ raw: [UInt8], width: Int = 4) {
    rawLength = UInt64(raw.count)
    rawChecksum = checksum(raw)
    extents = [UInt32(raw.count / width)]
    stored = raw
  }

  /// A JSON text.
  static func json(_ text: [UInt8]) -> CraftedEntry {
    var entry = CraftedEntry(text, width: 1)
    (entry.kind, entry.dtype, entry.section) = (2, 6, 1)
    return entry
  }

  /// Bytes compressed by zlib's own `compress2`.
  static func compressed(_ raw: [UInt8]) -> CraftedEntry {
    var entry = CraftedEntry(raw)
    entry.codec = 1
    var size = compressBound(uLong(raw.count))
    entry.stored = [UInt8](repeating: 0, count: Int(size))
    compress2(&entry.stored, &size, raw, uLong(raw.count), 9)
    entry.stored.removeLast(entry.stored.count - Int(size))
    return entry
  }
}

/// A writer of `.rnnz` files that shares no code with the library's and writes any values: all checksums are correct,
/// unless bytes are edited afterwards.
struct CraftedFile {
  var entries: [CraftedEntry]
  /// Changes the preamble before its checksum is computed.
  var editPreamble: (inout [UInt8]) -> Void = { _ in }
  /// Changes the index before its checksum is computed.
  var editIndex: (inout [UInt8]) -> Void = { _ in }
  /// Changes the finished file, after all checksums.
  var editFile: (inout [UInt8]) -> Void = { _ in }

  init(_ entries: CraftedEntry...) { self.entries = entries }

  var bytes: [UInt8] {
    let poolSize = entries.reduce(0) { $0 + $1.name.count }
    let indexSize = 16 + 96 * entries.count + poolSize
    var index = Array("RIDX".utf8) + little(UInt32(entries.count)) + little(UInt32(poolSize))
    index += little(UInt32(0))
    var (payload, nameOffset): ([UInt8], UInt32) = ([], 0)
    for entry in entries {
      while (64 + indexSize + payload.count) % 64 != 0 { payload.append(0) }
      index += little(entry.nameOffset ?? nameOffset)
      index += little(entry.nameLength ?? UInt16(entry.name.count))
      index += [entry.kind, entry.dtype, entry.rank, entry.codec, entry.filter, entry.section]
      index += little(entry.flags)
      index += little(entry.offset ?? UInt64(64 + indexSize + payload.count))
      index += little(entry.storedLength ?? UInt64(entry.stored.count))
      index += little(entry.rawLength)
      index += little(entry.storedChecksum ?? checksum(entry.stored)) + little(entry.rawChecksum)
      for axis in 0..<8 { index += little(axis < entry.extents.count ? entry.extents[axis] : 0) }
      index += entry.reserved
      payload += entry.stored
      nameOffset += UInt32(entry.name.count)
    }
    index += entries.flatMap(\.name)
    editIndex(&index)
    var preamble: [UInt8] = [
      0x89, 0x52, 0x4E, 0x5A, 0x0D, 0x0A, 0x1A, 0x0A, 1, 0, 0, 0, 0, 0, 0, 0,
    ]
    preamble += little(UInt64(64 + index.count + payload.count)) + little(UInt64(64))
    preamble += little(UInt32(index.count)) + little(UInt32(index.count))
    preamble += little(UInt32(entries.count)) + little(checksum(index))
    preamble += little(UInt64(0)) + little(UInt32(0))
    editPreamble(&preamble)
    var file = preamble + little(checksum(preamble)) + index + payload
    editFile(&file)
    return file
  }
}
