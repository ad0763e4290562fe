/// The checked index of a file.
struct Index: Sendable {
  var preamble: Preamble
  /// Sorted by key.
  var entries: [IndexEntry]

  /// Reads the preamble and the index of a file: rules 0 to 20.
  ///
  /// Rules 10 to 19 are checked entry by entry, in the order of the index.
  init(reading source: ByteSource, limits: ReadLimits) throws(CheckpointError) {
    preamble = try Preamble(reading: source, limits: limits)
    let bytes = try source.read(at: Format.preambleSize, count: Int(preamble.indexSize))
    let checksum = crc32(bytes)
    guard checksum == preamble.indexChecksum else {
      throw CheckpointError(
        file: source.name, .indexChecksum(expected: preamble.indexChecksum, found: checksum))
    }
    var parser = try IndexParser(
      bytes, entryCount: Int(preamble.entryCount), file: source.name, limits: limits)
    entries = try parser.entries()
    try checkLayout(file: source.name)
  }

  /// Rule 20: entries follow one another without gaps, and the last ends with the file.
  private func checkLayout(file: String) throws(CheckpointError) {
    var end = UInt64(Format.preambleSize) + UInt64(preamble.indexSize)
    for entry in entries {
      let start = Format.aligned(end)
      // No sum below can overflow: rule 18 bounds every size by 2^32.
      guard entry.offset == start, entry.end <= preamble.fileLength else {
        throw CheckpointError(
          file: file, .payloadLayout(entry.key, expected: start, found: entry.offset))
      }
      end = entry.end
    }
    guard end == preamble.fileLength else {
      throw CheckpointError(
        file: file, .payloadLayout(nil, expected: end, found: preamble.fileLength))
    }
  }

  /// Rule 21 for the padding before an entry.
  func checkPadding(before position: Int, in source: ByteSource) throws(CheckpointError) {
    guard position < entries.count else { return }
    let start =
      position > 0
      ? entries[position - 1].end : UInt64(Format.preambleSize) + UInt64(preamble.indexSize)
    let padding = try source.read(at: Int(start), count: Int(entries[position].offset - start))
    if let index = padding.firstIndex(where: { $0 != 0 }) {
      throw CheckpointError(file: source.name, .paddingNotZero(offset: start + UInt64(index)))
    }
  }

  /// The index of a key's entry, by binary search.
  func position(of key: Checkpoint.Key) -> Int? {
    var (low, high) = (0, entries.count)
    while low < high {
      let middle = (low + high) / 2
      if entries[middle].key < key { low = middle + 1 } else { high = middle }
    }
    return low < entries.count && entries[low].key == key ? low : nil
  }
}
