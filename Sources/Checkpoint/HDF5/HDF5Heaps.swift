import FileCore

/// Many links or attributes of one object: messages in a fractal heap, in the order of a tree of version 2.
extension HDF5Metadata {
  /// The messages that the records of a tree lead to. A record has the heap's identifier at `idOffset`.
  mutating func records(
    heap heapAddress: Int, tree: Int, type: Int, idOffset: Int
  ) throws(FormatError) -> [HDF5Scanner] {
    let heap = try HDF5FractalHeap(at: heapAddress, in: file)
    var messages: [HDF5Scanner] = []
    for var record in try treeRecords(at: tree, type: type) {
      try record.skip(idOffset)
      messages.append(try message(try record.part(heap.idSize), in: heap))
    }
    return messages
  }

  // MARK: Trees of version 2

  private mutating func treeRecords(at address: Int, type: Int) throws(FormatError) -> [HDF5Scanner]
  {
    try count(at: address)
    var scanner = try file.scanner(at: address)
    let start = scanner.position
    try scanner.expect("BTHD")
    _ = try scanner.expect(version: 0...0, of: "tree")
    let found = try scanner.byte()
    guard found == type else {
      throw scanner.failure("expected a tree of type \(type), found type \(found)")
    }
    let (nodeSize, recordSize) = (try scanner.number(4), try scanner.number(2))
    let depth = try scanner.number(2)
    try scanner.skip(2)
    let root = try scanner.address()
    let recordCount = try scanner.number(2)
    _ = try scanner.length()
    try scanner.expectChecksum(from: start)
    guard recordSize > 0, nodeSize > 10 + recordSize, depth <= 8 else {
      throw scanner.failure("a tree of impossible nodes")
    }
    guard let root else { return [] }
    let sizes = TreeSizes(
      nodeSize: nodeSize, recordSize: recordSize, depth: depth, offsetWidth: file.offsetWidth)
    var records: [HDF5Scanner] = []
    try collect(at: root, depth: depth, count: recordCount, sizes, &records)
    return records
  }

  private mutating func collect(
    at address: Int, depth: Int, count recordCount: Int, _ sizes: TreeSizes,
    _ records: inout [HDF5Scanner]
  ) throws(FormatError) {
    try count(1 + recordCount, at: address)
    var scanner = try file.scanner(at: address)
    let start = scanner.position
    try scanner.expect(depth == 0 ? "BTLF" : "BTIN")
    try scanner.skip(2)
    var own: [HDF5Scanner] = []
    for _ in 0..<recordCount { own.append(try scanner.part(sizes.recordSize)) }
    var children: [(address: Int, count: Int)] = []
    for _ in 0..<(depth == 0 ? 0 : recordCount + 1) {
      guard let child = try scanner.address() else { throw scanner.failure("a missing node") }
      children.append((child, try scanner.number(sizes.countWidth)))
      try scanner.skip(sizes.totalWidths[depth - 1])
    }
    try scanner.expectChecksum(from: start)
    for (index, child) in children.enumerated() {
      try collect(at: child.address, depth: depth - 1, count: child.count, sizes, &records)
      if index < own.count { records.append(own[index]) }
    }
    if depth == 0 { records += own }
  }

  /// The widths of numbers in the nodes of a tree, which follow from the most records that a node can have.
  private struct TreeSizes {
    let recordSize: Int
    /// The width of a child's number of records.
    let countWidth: Int
    /// The width of the number of records under a node, by its depth; none for leaves.
    private(set) var totalWidths = [0]

    init(nodeSize: Int, recordSize: Int, depth: Int, offsetWidth: Int) {
      self.recordSize = recordSize
      var most = (nodeSize - 10) / recordSize
      countWidth = Self.width(of: most)
      var total = most
      for _ in 0..<depth {
        let pointer = offsetWidth + countWidth + (totalWidths.last ?? 0)
        most = max(0, nodeSize - 10 - pointer) / (recordSize + pointer)
        let (product, overflow) = (most + 1).multipliedReportingOverflow(by: total)
        total = overflow ? Int.max / 2 : min(Int.max / 2, product) + most
        totalWidths.append(Self.width(of: total))
      }
    }

    /// The bytes of a number up to this one.
    private static func width(of number: Int) -> Int { HDF5FractalHeap.width(of: number) }
  }

  // MARK: Messages in a fractal heap

  private mutating func message(
    _ id: HDF5Scanner, in heap: HDF5FractalHeap
  ) throws(FormatError) -> HDF5Scanner {
    var id = id
    let first = try id.byte()
    switch first >> 4 & 3 {
    case 0:
      let offset = try id.number(heap.offsetWidth)
      let size = try id.number(heap.sizeWidth)
      return try object(at: offset, size: size, in: heap)
    case 2: return try id.part((first & 0xF) + 1)
    default: throw id.failure("expected an object of the heap's blocks, found a huge one")
    }
  }

  /// An object inside the heap's blocks, which double in size from row to row.
  private mutating func object(
    at offset: Int, size: Int, in heap: HDF5FractalHeap
  ) throws(FormatError) -> HDF5Scanner {
    guard var address = heap.root else {
      throw FormatError(offset: 0, problem: "expected the blocks of a heap, found none")
    }
    var (start, rows) = (0, heap.rootRows)
    while rows > 0 {
      try count(at: address)
      let (inner, blockSize) = try heap.child(of: address, rows: rows, at: offset - start)
      start += inner.start
      address = inner.address
      rows = blockSize > heap.mostDirectSize ? heap.rows(ofSize: blockSize) : 0
    }
    var block = try file.scanner(at: address)
    try block.expect("FHDB")
    let inside = offset - start
    guard inside >= 0, inside <= block.remaining else {
      throw block.failure("expected an object inside its block, found it beyond")
    }
    // The offset counts from the block's start, of which the signature was passed.
    guard inside >= 4 else { throw block.failure("expected an object after the block's header") }
    try block.skip(inside - 4)
    return try block.part(size)
  }
}

/// The header of a fractal heap.
struct HDF5FractalHeap {
  let idSize: Int
  /// The widths of an object's offset and size in its identifier.
  let (offsetWidth, sizeWidth): (Int, Int)
  /// The number of blocks in a row, and the size of those of the first two rows.
  let (tableWidth, startSize): (Int, Int)
  /// The largest size of a block of objects; larger ones are tables of blocks.
  let mostDirectSize: Int
  let root: Int?
  /// The rows of the root's table; 0 if the root is a block of objects.
  let rootRows: Int
  private let file: HDF5Bytes

  init(at address: Int, in file: HDF5Bytes) throws(FormatError) {
    self.file = file
    var scanner = try file.scanner(at: address)
    let start = scanner.position
    try scanner.expect("FRHP")
    _ = try scanner.expect(version: 0...0, of: "fractal heap")
    idSize = try scanner.number(2)
    let filterSize = try scanner.number(2)
    try scanner.skip(1)
    let mostManaged = try scanner.number(4)
    try scanner.skip(2 * file.offsetWidth + 2 * file.lengthWidth)
    try scanner.skip(8 * file.lengthWidth)
    tableWidth = try scanner.number(2)
    startSize = try scanner.length()
    mostDirectSize = try scanner.length()
    let bits = try scanner.number(2)
    try scanner.skip(2)
    root = try scanner.address()
    rootRows = try scanner.number(2)
    try scanner.expectChecksum(from: start)
    guard filterSize == 0 else { throw scanner.failure("expected a heap without filters") }
    guard (1...4_096).contains(tableWidth), (1...(1 << 30)).contains(startSize),
      (startSize...(1 << 40)).contains(mostDirectSize), (1...62).contains(bits), rootRows <= 64
    else { throw scanner.failure("a heap of impossible blocks") }
    offsetWidth = (bits + 7) / 8
    sizeWidth = min(Self.width(of: mostDirectSize), Self.width(of: mostManaged))
  }

  /// The bytes of a number up to this one.
  static func width(of number: Int) -> Int {
    number <= 1 ? 1 : (Int.bitWidth - 1 - number.leadingZeroBitCount) / 8 + 1
  }

  /// The size of the blocks of a row; nil if it is beyond any file.
  private func blockSize(row: Int) -> Int? {
    let size = row > 40 ? Int.max : startSize << max(0, row - 1)
    return size <= 1 << 46 && size >= startSize ? size : nil
  }

  /// The rows of the table that stands for a block of this size.
  func rows(ofSize size: Int) -> Int {
    var (rows, covered) = (0, 0)
    while covered < size, let next = blockSize(row: rows) {
      covered += next * tableWidth
      rows += 1
    }
    return rows
  }

  /// The block in a table that has the byte at an offset: its start in the table, its address, and its size.
  func child(
    of address: Int, rows: Int, at offset: Int
  ) throws(FormatError) -> (block: (start: Int, address: Int), size: Int) {
    var scanner = try file.scanner(at: address)
    try scanner.expect("FHIB")
    try scanner.skip(1 + file.offsetWidth + offsetWidth)
    var start = 0
    for row in 0..<rows {
      guard offset >= start, let size = blockSize(row: row) else { break }
      let column = (offset - start) / size
      guard column >= tableWidth else {
        try scanner.skip((row * tableWidth + column) * file.offsetWidth)
        guard let child = try scanner.address() else { throw scanner.failure("a missing block") }
        return ((start + column * size, child), size)
      }
      start += size * tableWidth
    }
    throw scanner.failure("expected an object inside the heap, found it beyond")
  }
}

/// The texts of variable length in global heaps.
struct HDF5GlobalHeap {
  let file: HDF5Bytes

  /// The bytes of an object: a scanner of them.
  func object(collection address: Int, index wanted: Int) throws(FormatError) -> HDF5Scanner {
    var scanner = try file.scanner(at: address)
    let start = scanner.position
    try scanner.expect("GCOL")
    _ = try scanner.expect(version: 1...1, of: "global heap")
    try scanner.skip(3)
    let size = try scanner.length()
    var body = try file.scanner(at: address, count: size)
    try body.skip(scanner.position - start)
    while body.remaining >= 8 + file.lengthWidth {
      let index = try body.number(2)
      try body.skip(6)
      let objectSize = try body.length()
      if index == wanted, index > 0 { return try body.part(objectSize) }
      // Index 0 is the free space at the end.
      guard index > 0 else { break }
      let (padded, overflow) = objectSize.addingReportingOverflow(7)
      guard !overflow else { break }
      try body.skip(padded / 8 * 8)
    }
    throw scanner.failure("expected object \(wanted) in the global heap, found none")
  }
}
