import FileCore

/// The chunks of a dataset: blocks of equal shape, each with its place in the file.
struct HDF5Chunks: Sendable {
  struct Chunk: Sendable {
    /// The index of the first element along each axis.
    var start: [Int]
    var address: Int
    /// The size as stored, and the filters that were left out.
    var (size, mask): (Int, Int)
  }

  private(set) var chunks: [Chunk] = []
  private let shape: [Int]
  private let chunkShape: [Int]
  private let width: Int
  private let filters: HDF5Filters
  /// The bytes of a chunk without filters.
  let chunkBytes: Int

  /// The most chunks of a dataset, and the largest one.
  private static let (mostChunks, mostBytes) = (1 << 18, 1 << 31)

  init(
    _ message: inout HDF5Scanner, version: Int, rank oldRank: Int, shape: [Int], width: Int,
    filters: HDF5Filters, _ metadata: inout HDF5Metadata
  ) throws(FormatError) {
    (self.shape, self.width, self.filters) = (shape, width, filters)
    let flags = version > 3 ? try message.byte() : 0
    let rank = version < 3 ? oldRank : try message.byte()
    let address = version < 4 ? try message.address() : nil
    let extentWidth = version > 3 ? try message.byte() : 4
    guard rank == shape.count + 1, (1...8).contains(extentWidth) else {
      throw message.failure("expected chunks of \(shape.count) axes, found \(rank - 1)")
    }
    var extents: [Int] = []
    for _ in 0..<(rank - 1) { extents.append(try message.number(extentWidth)) }
    guard try message.number(extentWidth) == width else {
      throw message.failure("expected chunks of elements of \(width) bytes")
    }
    chunkShape = extents
    let mostBytes = Self.mostBytes
    guard extents.allSatisfy({ $0 > 0 }),
      let chunkBytes = StoredArray.byteCount(shape: extents + [width], elementType: .uint8),
      chunkBytes <= mostBytes
    else { throw message.failure("expected chunks of at most \(mostBytes) bytes") }
    self.chunkBytes = chunkBytes
    let grid = try grid(in: metadata.file, message)
    if version < 4 {
      if let address { try collect(at: address, level: nil, &metadata) }
    } else {
      try index(&message, flags: flags, grid: grid, &metadata)
    }
    try checkPlaces(message)
  }

  /// The number of chunks that cover the shape, which must be possible in the file.
  private func grid(
    in file: HDF5Bytes, _ message: HDF5Scanner
  ) throws(FormatError) -> Int {
    var grid = 1
    for (extent, chunk) in zip(shape, chunkShape) {
      let (product, overflow) = grid.multipliedReportingOverflow(
        by: extent / chunk + (extent % chunk > 0 ? 1 : 0))
      guard !overflow, product <= Self.mostChunks else { throw message.failure("too many chunks") }
      grid = product
    }
    // Deflated bytes expand by no more than this.
    guard grid * chunkBytes / 1_032 <= file.bytes.count + 4_096 else {
      throw message.failure("\(grid) chunks of \(chunkBytes) bytes cannot be in this file")
    }
    return grid
  }

  /// Checks that each chunk is at a place of its own on the grid.
  private func checkPlaces(_ message: HDF5Scanner) throws(FormatError) {
    var seen: Set<[Int]> = []
    for chunk in chunks {
      guard zip(chunk.start, zip(shape, chunkShape)).allSatisfy({ $0 % $1.1 == 0 && $0 < $1.0 }),
        seen.insert(chunk.start).inserted
      else { throw message.failure("a chunk at \(chunk.start), beside the shape \(shape)") }
    }
  }

  /// The address of a chunk's start by its number in row-major order.
  private func start(ofChunk number: Int) -> [Int] {
    var (rest, start) = (number, [Int](repeating: 0, count: shape.count))
    for axis in shape.indices.reversed() {
      let count = (shape[axis] + chunkShape[axis] - 1) / chunkShape[axis]
      start[axis] = rest % count * chunkShape[axis]
      rest /= count
    }
    return start
  }

  /// Reads a tree of version 1.
  private mutating func collect(
    at address: Int, level: Int?, _ metadata: inout HDF5Metadata
  ) throws(FormatError) {
    try metadata.count(at: address)
    var scanner = try metadata.file.scanner(at: address)
    try scanner.expect("TREE")
    guard try scanner.byte() == 1 else { throw scanner.failure("expected a tree of chunks") }
    let found = try scanner.byte()
    guard level.map({ $0 == found }) ?? (found <= 16) else {
      throw scanner.failure("expected a node of level \(level ?? 16), found level \(found)")
    }
    let entries = try scanner.number(2)
    try scanner.skip(2 * metadata.file.offsetWidth)
    for _ in 0..<entries {
      let (size, mask) = (try scanner.number(4), try scanner.number(4))
      var start: [Int] = []
      for _ in shape { start.append(try scanner.number(8)) }
      try scanner.skip(8)
      guard let child = try scanner.address() else { throw scanner.failure("a missing chunk") }
      if found > 0 {
        try collect(at: child, level: found - 1, &metadata)
      } else {
        try add(Chunk(start: start, address: child, size: size, mask: mask), &metadata)
      }
    }
  }

  private mutating func add(
    _ chunk: Chunk, _ metadata: inout HDF5Metadata
  ) throws(FormatError) {
    try metadata.count(at: chunk.address)
    _ = try metadata.file.scanner(at: chunk.address, count: chunk.size)
    chunks.append(chunk)
  }

  /// Reads the index of layout version 4: one chunk, chunks one after the other, or a fixed array.
  private mutating func index(
    _ message: inout HDF5Scanner, flags: Int, grid: Int, _ metadata: inout HDF5Metadata
  ) throws(FormatError) {
    let type = try message.byte()
    switch type {
    case 1:
      var (size, mask) = (chunkBytes, 0)
      if flags & 2 != 0 {
        size = try message.length()
        mask = try message.number(4)
      }
      guard let address = try message.address(), grid > 0 else { return }
      try add(
        Chunk(start: shape.map { _ in 0 }, address: address, size: size, mask: mask), &metadata)
    case 2:
      guard let address = try message.address() else { return }
      _ = try metadata.file.scanner(at: address, count: grid * chunkBytes)
      for number in 0..<grid {
        try add(
          Chunk(
            start: start(ofChunk: number), address: address + number * chunkBytes, size: chunkBytes,
            mask: 0), &metadata)
      }
    case 3:
      let pageBits = try message.byte()
      guard let address = try message.address() else { return }
      for entry in try HDF5FixedArray(
        at: address, pageBits: pageBits, count: grid, chunkBytes: chunkBytes, &metadata
      ).entries {
        try add(
          Chunk(
            start: start(ofChunk: entry.number), address: entry.address, size: entry.size,
            mask: entry.mask), &metadata)
      }
    default:
      throw message.failure(
        "expected an index of chunks for a fixed shape, found one of kind \(type) for axes without limit"
      )
    }
  }

  /// Copies the elements of all chunks to their places in the array's bytes.
  func copy(to bytes: inout [UInt8], in file: HDF5Bytes) throws(FormatError) {
    for chunk in chunks {
      var scanner = try file.scanner(at: chunk.address)
      let range = try scanner.range(chunk.size)
      let content = try filters.unfiltered(
        file.bytes[range], skipping: chunk.mask, size: chunkBytes, at: range.lowerBound)
      copy(content, at: chunk.start, to: &bytes)
    }
  }

  /// Copies the rows of a chunk; at the edges it is larger than the array.
  private func copy(_ content: [UInt8], at start: [Int], to bytes: inout [UInt8]) {
    guard let lastExtent = shape.last, let lastChunk = chunkShape.last, let lastStart = start.last
    else {
      bytes = content
      return
    }
    let rowBytes = min(lastChunk, lastExtent - lastStart) * width
    var index = [Int](repeating: 0, count: shape.count - 1)
    while true {
      var (from, to) = (0, 0)
      for axis in index.indices {
        from = (from + index[axis]) * chunkShape[axis + 1]
        to = (to + start[axis] + index[axis]) * shape[axis + 1]
      }
      let target = (to + lastStart) * width
      bytes.replaceSubrange(
        target..<target + rowBytes, with: content[from * width..<from * width + rowBytes])
      var axis = index.count - 1
      while axis >= 0 {
        index[axis] += 1
        if index[axis] < min(chunkShape[axis], shape[axis] - start[axis]) { break }
        index[axis] = 0
        axis -= 1
      }
      if axis < 0 { return }
    }
  }
}
