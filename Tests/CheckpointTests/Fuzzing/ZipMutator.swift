/// Damages archives of PyTorch and NumPy: their contents, with corrected checksums, and their headers.
struct ZipMutator {
  var random: ByteMutator

  /// One change.
  mutating func damage(_ bytes: inout [UInt8], with other: [UInt8]) {
    if bytes.first == 0x80, !random.happens(oneIn: 3) {
      // A file of before PyTorch 1.6 begins with a pickle.
      return Pickle.damage(&bytes, with: other, &random)
    }
    guard !random.happens(oneIn: 3), var file = ZipFile(taking: bytes) else {
      random.damage(&bytes, with: other)
      return
    }
    let index = random.number(below: file.entries.count)
    switch random.number(below: 16) {
    case 0: file.entries.remove(at: index)
    case 1: file.entries.swapAt(index, random.number(below: file.entries.count))
    case 2: random.damage(&file.entries[index].name, with: [])
    case 3: file.entries[index].rawSize &+= random.choice([1, .max, 1000])
    default: damageContent(of: &file.entries[index], with: other)
    }
    let result = file.bytes
    if result.count <= random.maximumSize { bytes = result }
  }

  private mutating func damageContent(of entry: inout ZipFile.Entry, with other: [UInt8]) {
    if entry.name.suffix(4).elementsEqual(".pkl".utf8) {
      Pickle.damage(&entry.stored, with: other, &random)
    } else if entry.method == 0, entry.stored.starts(with: [0x93, 0x4E]) {
      damageArray(&entry.stored, with: other)
    } else {
      random.damage(&entry.stored, with: other)
    }
    guard entry.method == 0 else { return }
    entry.checksum = checksum(entry.stored)
    entry.rawSize = UInt32(entry.stored.count)
  }

  /// A changed text header with a corrected length, and numbers.
  private mutating func damageArray(_ bytes: inout [UInt8], with other: [UInt8]) {
    guard bytes.count >= 10, !random.happens(oneIn: 8) else {
      random.damage(&bytes, with: other)
      return
    }
    let end = min(bytes.count, 10 + Int(bytes.number(UInt16.self, at: 8)))
    var header = Array(bytes[10..<end])
    var text = TextMutator(random: random, words: TextMutator.numPy)
    text.damage(&header, with: [])
    random = text.random
    bytes.replaceSubrange(10..<end, with: header)
    bytes.put(UInt16(header.count), at: 8)
  }
}
