/// Damages `.rnnz` files so that the damage passes their checksums.
///
/// A randomly changed file would fail at the first checksum. Here the checksums, and sometimes the layout, are
/// corrected, so that every later rule is reached.
struct RnnzMutator {
  var random: ByteMutator

  private var maximumSize: Int { random.maximumSize }

  /// One change: of a field of the index, of bytes, of the length.
  mutating func damage(_ bytes: inout [UInt8], with other: [UInt8]) {
    switch random.number(below: 10) {
    case 0...4: damageField(&bytes)
    case 5: copyEntry(&bytes, from: other)
    default: random.damage(&bytes, with: other)
    }
  }

  /// Offset and width of the fields of an entry.
  private static let fields = [
    (0, 4), (4, 2), (6, 1), (7, 1), (8, 1), (9, 1), (10, 1), (11, 1), (12, 4), (16, 8), (24, 8),
    (32, 8), (40, 4), (44, 4), (48, 4), (52, 4), (56, 4), (60, 4), (76, 4), (80, 8), (88, 8),
  ]
  private static let preambleFields = [
    (8, 2), (10, 2), (12, 4), (16, 8), (24, 8), (32, 4), (36, 4), (40, 4), (48, 8), (56, 4),
    (64, 4), (68, 4), (72, 4), (76, 4),
  ]

  private mutating func damageField(_ bytes: inout [UInt8]) {
    let entries = entryCount(bytes)
    var field = Self.preambleFields[Int.random(in: 0..<14, using: &random.generator)]
    if entries > 0, Int.random(in: 0..<8, using: &random.generator) > 0 {
      field = Self.fields[Int.random(in: 0..<21, using: &random.generator)]
      field.0 += 80 + 96 * Int.random(in: 0..<entries, using: &random.generator)
    }
    guard field.0 + field.1 <= bytes.count else { return }
    var value: UInt64 = 0
    for index in 0..<field.1 { value |= UInt64(bytes[field.0 + index]) << UInt64(8 * index) }
    switch Int.random(in: 0..<6, using: &random.generator) {
    case 0: value &+= 1
    case 1: value &-= 1
    case 2: value ^= 1 << UInt64.random(in: 0..<UInt64(8 * field.1), using: &random.generator)
    case 3: value = .random(in: 0...15, using: &random.generator)
    case 4:
      value =
        [0, .max, 0x7FFF_FFFF, 1 << 31, 1 << 32][Int.random(in: 0..<5, using: &random.generator)]
    default: value = value &* 2
    }
    for index in 0..<field.1 {
      bytes[field.0 + index] = UInt8(truncatingIfNeeded: value >> UInt64(8 * index))
    }
  }

  /// Replaces an entry by one of another file or of this file.
  private mutating func copyEntry(_ bytes: inout [UInt8], from other: [UInt8]) {
    let source = Bool.random(using: &random.generator) ? other : bytes
    let (there, here) = (entryCount(source), entryCount(bytes))
    guard there > 0, here > 0 else { return }
    let from = 80 + 96 * Int.random(in: 0..<there, using: &random.generator)
    let to = 80 + 96 * Int.random(in: 0..<here, using: &random.generator)
    bytes.replaceSubrange(to..<to + 96, with: source[from..<from + 96])
  }

  /// The number of entries in the preamble, as far as the file is long enough for them.
  private func entryCount(_ bytes: [UInt8]) -> Int {
    guard bytes.count >= 80 else { return 0 }
    return min(Int(bytes.number(UInt32.self, at: 40)), (bytes.count - 80) / 96)
  }
}

extension RnnzMutator {
  /// Corrects checksums, nearly always all of them; half of the time also the offsets of entries and names.
  mutating func repair(_ bytes: inout [UInt8]) {
    guard bytes.count >= 80, Int.random(in: 0..<32, using: &random.generator) > 0 else { return }
    bytes.replaceSubrange(0..<8, with: [0x89, 0x52, 0x4E, 0x5A, 0x0D, 0x0A, 0x1A, 0x0A])
    let count = entryCount(bytes)
    if Bool.random(using: &random.generator) { layOut(&bytes, count) }
    for entry in 0..<count where Int.random(in: 0..<16, using: &random.generator) > 0 {
      let start = 80 + 96 * entry
      let offset = bytes.number(UInt64.self, at: start + 16)
      let size = bytes.number(UInt64.self, at: start + 24)
      guard offset <= bytes.count, size <= bytes.count - Int(offset) else { continue }
      let stored = checksum(bytes, Int(offset)..<Int(offset) + Int(size))
      bytes.put(stored, at: start + 40)
      if bytes[start + 9] == 0 { bytes.put(stored, at: start + 44) }
    }
    if Int.random(in: 0..<16, using: &random.generator) > 0 {
      bytes.put(UInt64(bytes.count), at: 16)
    }
    let indexSize = Int(bytes.number(UInt32.self, at: 32))
    if indexSize <= bytes.count - 64 { bytes.put(checksum(bytes, 64..<64 + indexSize), at: 44) }
    bytes.put(checksum(bytes, 0..<60), at: 60)
  }

  /// Corrects the offsets of names and entries, and the length of the file.
  private func layOut(_ bytes: inout [UInt8], _ count: Int) {
    var poolSize = 0
    for entry in 0..<count {
      bytes.put(UInt32(poolSize), at: 80 + 96 * entry)
      poolSize += Int(bytes.number(UInt16.self, at: 84 + 96 * entry))
    }
    let indexSize = 16 + 96 * count + poolSize
    guard 64 + indexSize <= maximumSize else { return }
    for (offset, value) in [(32, indexSize), (36, indexSize), (40, count), (68, count)] {
      bytes.put(UInt32(value), at: offset)
    }
    bytes.put(UInt32(poolSize), at: 72)
    var end = 64 + indexSize
    for entry in 0..<count {
      let start = (end + 63) / 64 * 64
      let size = bytes.number(UInt64.self, at: 80 + 96 * entry + 24)
      guard start <= maximumSize, size <= UInt64(maximumSize - start) else { return }
      if end < bytes.count {
        for index in end..<min(start, bytes.count) { bytes[index] = 0 }
      }
      bytes.put(UInt64(start), at: 80 + 96 * entry + 16)
      end = start + Int(size)
    }
    if bytes.count > end { bytes.removeLast(bytes.count - end) }
    bytes += [UInt8](repeating: 0, count: end - bytes.count)
  }
}
