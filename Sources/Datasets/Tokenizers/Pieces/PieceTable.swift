/// Different byte strings, numbered in the order in which they came.
///
/// An open-addressed table over one array of bytes: no string and no array is made for a piece, so that
/// cutting up megabytes of text costs little more than reading them.
struct PieceTable {
  /// The number of different pieces.
  private(set) var count = 0
  /// The bytes of all pieces, one after the other.
  private(set) var bytes: [UInt8] = []

  /// Where each piece ends in ``bytes``.
  private var ends: [Int] = []
  private var hashes: [Int] = []
  /// The number of a piece plus one, or 0 for a free slot; a power of two of them, at most half used.
  private var slots = [Int32](repeating: 0, count: 1 << 10)

  /// Where the bytes of a piece stand in ``bytes``.
  func range(of index: Int) -> Range<Int> { (index > 0 ? ends[index - 1] : 0)..<ends[index] }

  /// The bytes of a piece.
  subscript(index: Int) -> ArraySlice<UInt8> { bytes[range(of: index)] }

  /// The number of a piece; where it is new it gets the next one, ``count``.
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

  /// The standard library's hash, whose key is another one in every process: no text can be made that
  /// has all its pieces collide.
  private static func hash(_ piece: UnsafeRawBufferPointer) -> Int {
    var hasher = Hasher()
    hasher.combine(bytes: piece)
    return hasher.finalize()
  }

  /// The slot that holds a piece, or the free one where it belongs.
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

/// Different pieces of texts, and how often each occurs.
struct PieceCounts {
  private(set) var pieces = PieceTable()
  private(set) var counts: [Int] = []

  /// Takes in a piece once more.
  mutating func add(_ piece: UnsafeRawBufferPointer) {
    let index = pieces.insert(piece)
    if index == counts.count { counts.append(0) }
    counts[index] += 1
  }

  /// The pieces by falling number; of equals, the one that came first.
  var byFrequency: [Int] {
    counts.indices.sorted { (counts[$1], $0) < (counts[$0], $1) }
  }
}
