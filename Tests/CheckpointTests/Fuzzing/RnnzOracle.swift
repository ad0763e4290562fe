import Checkpoint

/// The laws of any `.rnnz` file: either it is refused, or it follows every rule of the format.
///
/// Written from the format's document, independent of the reader: the index is encoded again from the reader's result
/// and must be equal byte for byte.
enum RnnzOracle {
  private static let limits = FuzzedFormat.limits

  static func check(_ bytes: [UInt8]) -> FuzzedFormat.Outcome {
    guard let reader = try? CheckpointReader(bytes: bytes, limits: limits) else { return .refused }
    let entries = reader.entries
    if let violation = violation(of: entries, bytes) { return .violation(violation) }
    let again = try? CheckpointReader(bytes: bytes, limits: limits)
    guard again?.entries == entries else { return .violation("a second reading differs") }

    var checkpoint = Checkpoint()
    for entry in entries {
      guard let content = try? reader.content(entry.key) else { continue }
      let raw = content.rawBytes
      guard raw.count == entry.byteCount, checksum(raw) == entry.checksum else {
        return .violation("\(entry.key): content that is not the one promised")
      }
      checkpoint.set(content, entry.key)
      if let violation = weightViolation(entry, reader) { return .violation(violation) }
    }
    guard (try? reader.verify()) != nil else { return .opened }
    guard checkpoint.contents.count == entries.count else {
      return .violation("verified, but not all entries could be read")
    }
    if let violation = payloadViolation(entries, bytes) { return .violation(violation) }
    return writtenAgain(checkpoint) ?? .verified
  }

  /// Rules 0 to 20, checked on the accepted index.
  private static func violation(
    of entries: [CheckpointReader.Entry], _ bytes: [UInt8]
  ) -> String? {
    var (total, end) = (0, 0)
    var previous: Checkpoint.Key?
    for entry in entries {
      if let previous, !(previous < entry.key) { return "entries are not sorted" }
      previous = entry.key
      let (product, overflow) = entry.shape.reduce((entry.elementType.width, false)) {
        let (next, overflow) = $0.0.multipliedReportingOverflow(by: $1)
        return (next, $0.1 || overflow)
      }
      guard !overflow, product == entry.byteCount else { return "a shape of another size" }
      guard entry.byteCount <= 1032 * entry.storedByteCount + 64 else { return "expands too far" }
      guard entry.isCompressed || entry.byteCount == entry.storedByteCount else {
        return "stored, but of two sizes"
      }
      total += entry.byteCount
      end = entry.offset + entry.storedByteCount
    }
    guard total <= limits.totalBytes else { return "more than the limit" }
    let start = encodedStart(of: entries, like: bytes)
    guard bytes.starts(with: start) else { return "the index encoded again differs" }
    guard max(start.count, end) == bytes.count else { return "the file ends elsewhere" }
    return nil
  }

  /// A weight that is read has its entry's shape, and scales as rule 28 demands.
  private static func weightViolation(
    _ entry: CheckpointReader.Entry, _ reader: CheckpointReader
  ) -> String? {
    guard entry.key.section == .model,
      let tensor = try? reader.tensor(.model, entry.key.name)
    else { return nil }
    guard tensor.shape == entry.shape, tensor.scalars.count == tensor.count else {
      return "\(entry.key): a weight of another shape"
    }
    guard reader.contains(.scales, entry.key.name) else { return nil }
    guard let scales = try? reader.values(Float.self, .scales, entry.key.name),
      scales.count == entry.shape[0], scales.allSatisfy({ $0 >= 0 && $0.isFinite }),
      entry.elementType == .int8
    else { return "\(entry.key): a weight with wrong scales" }
    return nil
  }

  /// Rules 21 and 22 for the whole file.
  private static func payloadViolation(
    _ entries: [CheckpointReader.Entry], _ bytes: [UInt8]
  ) -> String? {
    var end = encodedStart(of: entries, like: bytes).count
    for entry in entries {
      guard bytes[end..<entry.offset].allSatisfy({ $0 == 0 }) else { return "padding is not 0" }
      end = entry.offset + entry.storedByteCount
      guard checksum(bytes, entry.offset..<end) == entry.storedChecksum else {
        return "\(entry.key): verified with a wrong checksum"
      }
    }
    return nil
  }

  /// Content that is read can be written, is read as equal, and is then written as the same bytes.
  private static func writtenAgain(_ checkpoint: Checkpoint) -> FuzzedFormat.Outcome? {
    guard let bytes = try? checkpoint.encoded() else {
      return .violation("cannot be written again")
    }
    guard let reader = try? CheckpointReader(bytes: bytes),
      let read = try? Checkpoint(reading: reader), read == checkpoint
    else { return .violation("written again it is read as something else") }
    guard (try? read.encoded()) == bytes else { return .violation("not written the same twice") }
    return nil
  }

  /// The preamble and the index, encoded again; the minor version and the optional features, which readers skip, are
  /// copied.
  private static func encodedStart(
    of entries: [CheckpointReader.Entry], like bytes: [UInt8]
  ) -> [UInt8] {
    var (records, pool): ([UInt8], [UInt8]) = ([], [])
    for entry in entries {
      let name = Array(entry.key.name.utf8)
      records += little(UInt32(pool.count)) + little(UInt16(name.count))
      records += [
        entry.kind.rawValue, entry.elementType.rawValue, UInt8(entry.shape.count),
        entry.isCompressed ? 1 : 0, entry.isShuffled ? 1 : 0, entry.key.section.rawValue,
      ]
      records += little(UInt32(entry.isRequired ? 1 : 0)) + little(UInt64(entry.offset))
      records += little(UInt64(entry.storedByteCount)) + little(UInt64(entry.byteCount))
      records += little(entry.storedChecksum) + little(entry.checksum)
      for axis in 0..<8 {
        records += little(axis < entry.shape.count ? UInt32(entry.shape[axis]) : 0)
      }
      records += [UInt8](repeating: 0, count: 16)
      pool += name
    }
    let count = little(UInt32(entries.count))
    let index =
      Array("RIDX".utf8) + count + little(UInt32(pool.count)) + [0, 0, 0, 0] + records + pool
    let size = little(UInt32(index.count))
    var start: [UInt8] = [0x89, 0x52, 0x4E, 0x5A, 0x0D, 0x0A, 0x1A, 0x0A, 1, 0]
    start += bytes[10..<12] + [0, 0, 0, 0]
    start += little(UInt64(bytes.count)) + little(UInt64(64)) + size + size + count
    start += little(checksum(index)) + bytes[48..<56] + [0, 0, 0, 0]
    return start + little(checksum(start)) + index
  }
}

extension Checkpoint.Content {
  /// The bytes of the content that was read.
  fileprivate var rawBytes: [UInt8] {
    switch self {
    case .tensor(let array): array.bytes
    case .bytes(let bytes), .json(let bytes): bytes
    }
  }
}
