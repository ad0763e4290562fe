/// A fixed array of HDF5: the address of each chunk by its number, in pages if there are many.
///
/// ```
/// header: FAHD, version 0, filtered or not, bytes an entry, page bits, entries, address of the block, checksum
/// block:  FADB, version, kind, address of the header, a bit for each page that was written, checksum; entries
/// ```
///
/// Without pages, one checksum ends the block; else one ends each page.
struct HDF5FixedArray {
  struct Entry {
    var (number, address): (Int, Int)
    /// The size as stored, and the filters that were left out.
    var (size, mask): (Int, Int)
  }

  /// The chunks that were written.
  private(set) var entries: [Entry] = []
  private let entrySize: Int
  /// The bytes of a stored size; 0 if no chunk is filtered.
  private let sizeWidth: Int
  private let chunkBytes: Int

  /// Reads the array of `count` chunks at an address.
  init(
    at address: Int, pageBits: Int, count: Int, chunkBytes: Int, _ metadata: inout HDF5Metadata
  ) throws(FormatError) {
    try metadata.count(at: address)
    let file = metadata.file
    var header = try file.scanner(at: address)
    let start = header.position
    try header.expect("FAHD")
    _ = try header.expect(version: 0...0, of: "fixed array")
    let isFiltered = try header.byte() == 1
    entrySize = try header.byte()
    self.chunkBytes = chunkBytes
    try header.skip(1)
    let found = try header.length()
    let block = try header.address()
    try header.expectChecksum(from: start)
    sizeWidth = isFiltered ? entrySize - file.offsetWidth - 4 : 0
    guard let block else { return }
    guard found == count, isFiltered ? (1...8).contains(sizeWidth) : entrySize == file.offsetWidth,
      (1...30).contains(pageBits)
    else { throw header.failure("expected an array of \(count) chunks, found \(found)") }
    var scanner = try file.scanner(at: block)
    try readBlock(&scanner, count: count, pageSize: 1 << pageBits)
  }

  private mutating func readBlock(
    _ scanner: inout HDF5Scanner, count: Int, pageSize: Int
  ) throws(FormatError) {
    let start = scanner.position
    try scanner.expect("FADB")
    try scanner.skip(2 + scanner.file.offsetWidth)
    guard count > pageSize else {
      return try readPage(0..<count, &scanner, checkedFrom: start)
    }
    let pages = (count + pageSize - 1) / pageSize
    let bitmap = try scanner.range((pages + 7) / 8)
    try scanner.expectChecksum(from: start)
    for page in 0..<pages {
      let numbers = page * pageSize..<min(count, (page + 1) * pageSize)
      let bits = scanner.file.bytes[bitmap.lowerBound + page / 8]
      if bits >> UInt8(7 - page % 8) & 1 == 1 {
        try readPage(numbers, &scanner, checkedFrom: scanner.position)
      } else {
        try scanner.skip(numbers.count * entrySize + 4)
      }
    }
  }

  /// Reads the entries of chunks and the checksum behind them.
  private mutating func readPage(
    _ numbers: Range<Int>, _ scanner: inout HDF5Scanner, checkedFrom start: Int
  ) throws(FormatError) {
    for number in numbers {
      let address = try scanner.address()
      let size = sizeWidth > 0 ? try scanner.number(sizeWidth) : chunkBytes
      let mask = sizeWidth > 0 ? try scanner.number(4) : 0
      guard let address else { continue }
      entries.append(Entry(number: number, address: address, size: size, mask: mask))
    }
    try scanner.expectChecksum(from: start)
  }
}
