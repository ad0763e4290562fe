/// A set of byte strings, numbered in the order of insertion.
///
/// A hash table with open addressing over one array of bytes. No string or array is allocated for a piece, so that
/// splitting megabytes of text costs little more than reading them.
struct PieceTable {
  /// The number of distinct pieces.
  private(set) var count = 0
  /// The concatenated bytes of all pieces.
  private(set) var bytes: [UInt8] = []

  /// The end of each piece in ``bytes``.
  private var ends: [Int] = []
  private var hashes: [Int] = []
  /// The slots: the number of a piece plus one, or 0 if free. Their count is a power of two; at most half are used.
  private var slots = [Int32](repeating: 0, count: 1 << 10)

  /// The range of a piece in ``bytes``.
  func range(of index: Int) -> Range<Int> { (index > 0 ? ends[index - 1] : 0)..<ends[index] }

  /// The bytes of a piece.
  subscript(index: Int) -> ArraySlice<UInt8> { bytes[range(of: index)] }

  /// The number of a piece; a new piece is inserted with the number ``count``.
  mutating func insert(_ piece: UnsafeRawBufferPointer) -> Int {
    let hash = Self.hash(piece)
    let slot = slot(of: piece, hash: hash)
    if slots[slot] > 0 { return Int(slots[slot]) - 1 }
    bytes.append(contentsOf: piece)
    ends.append(bytes.count)
    hashes.append(hash)
    count += 1
    slots[slot] = Int32(count)
    if count * 2 > slots.count { grow() }
    return count - 1
  }

  /// The number of a piece, or nil.
  func index(of piece: UnsafeRawBufferPointer) -> Int? {
    let found = Int(slots[slot(of: piece, hash: Self.hash(piece))]) - 1
    return found >= 0 ? found : nil
  }

  /// The standard library's hash, which has a random key in every process, so that no text can be made whose pieces
  /// collide.
  private static func hash(_ piece: UnsafeRawBufferPointer) -> Int {
    var hasher = Hasher()
    hasher.combine(bytes: piece)
    return hasher.finalize()
  }

  /// The slot of a piece, or the free slot for it.
  private func slot(of piece: UnsafeRawBufferPointer, hash: Int) -> Int {
    var slot = hash & (slots.count - 1)
    while slots[slot] > 0 {
      let index = Int(slots[slot]) - 1
      if hashes[index] == hash, equals(piece, at: range(of: index)) { return slot }
      slot = (slot + 1) & (slots.count - 1)
    }
    return slot
  }

  private func equals(_ piece: UnsafeRawBufferPointer, at range: Range<Int>) -> Bool {
    guard piece.count == range.count else { return false }
    return bytes.withUnsafeBufferPointer { all in
      for offset in 0..<range.count where all[range.lowerBound + offset] != piece[offset] {
        return false
      }
      return true
    }
  }

  private mutating func grow() {
    slots = [Int32](repeating: 0, count: slots.count * 4)
    for index in 0..<count {
      var slot = hashes[index] & (slots.count - 1)
      while slots[slot] > 0 { slot = (slot + 1) & (slots.count - 1) }
      slots[slot] = Int32(index + 1)
    }
  }
}

/// The distinct pieces of texts, and their counts.
struct PieceCounts {
  private(set) var pieces = PieceTable()
  private(set) var counts: [Int] = []

  /// Counts a piece.
  mutating func add(_ piece: UnsafeRawBufferPointer) {
    let index = pieces.insert(piece)
    if index == counts.count { counts.append(0) }
    counts[index] += 1
  }

  /// The pieces by descending count; equal counts in the order of first occurrence.
  var byFrequency: [Int] {
    counts.indices.sorted { (counts[$1], $0) < (counts[$0], $1) }
  }
}
