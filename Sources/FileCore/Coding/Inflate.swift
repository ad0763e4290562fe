/// Reads a deflate stream (RFC 1951) of unknown length, as in a gzip file.
///
/// `Checkpoint` uses zlib; this decoder lets libraries without zlib read tables and texts packed by gzip. It is written
/// for clarity and takes about twice zlib's time.
struct Inflate {
  /// The bytes given, then those that the stream expands to.
  private(set) var output: [UInt8]

  private let input: [UInt8]
  private let limit: Int
  /// The next byte of the input.
  private var place: Int
  /// Bits read from the input and not yet used, the next one lowest.
  private var bits: UInt64 = 0
  private var bitCount = 0

  /// A stream that begins at offset `place`; its content is appended to `output`, at most up to `limit` bytes.
  init(_ input: [UInt8], at place: Int, appendingTo output: [UInt8], limit: Int) {
    self.input = input
    self.place = place
    self.output = output
    self.limit = limit
  }

  /// Expands the stream and returns the offset of the byte after it.
  mutating func expand() throws(ByteFault) -> Int {
    var isLast = false
    while !isLast {
      isLast = try take(1) == 1
      switch try take(2) {
      case 0: try copyStored()
      case 1: try expand(.fixedLiterals, .fixedDistances)
      case 2:
        let (literals, distances) = try readCodes()
        try expand(literals, distances)
      default: throw fault("a block of type 0, 1 or 2", "type 3")
      }
    }
    return place - bitCount / 8
  }

  private func fault(_ expected: String, _ found: String) -> ByteFault {
    ByteFault(offset: place - bitCount / 8, expected: expected, found: found)
  }

  // MARK: Bits

  /// Reads bytes until there are more than 48 bits or the input ends.
  private mutating func fill() {
    while bitCount <= 48, place < input.count {
      bits |= UInt64(input[place]) << UInt64(bitCount)
      place += 1
      bitCount += 8
    }
  }

  /// The next bits, at most 16, the first one lowest.
  private mutating func take(_ count: Int) throws(ByteFault) -> Int {
    if bitCount < count { fill() }
    guard bitCount >= count else { throw fault("the rest of the stream", "the end") }
    defer { drop(count) }
    return Int(truncatingIfNeeded: bits & ((1 << UInt64(count)) - 1))
  }

  private mutating func drop(_ count: Int) {
    bits >>= UInt64(count)
    bitCount -= count
  }

  /// The next symbol of a code.
  private mutating func symbol(_ code: Code) throws(ByteFault) -> Int {
    if bitCount < 15 { fill() }
    let entry = code.entries[Int(truncatingIfNeeded: bits) & (code.entries.count - 1)]
    let length = Int(entry & 15)
    guard length > 0 else { throw fault("a code of the block", "another one") }
    guard length <= bitCount else { throw fault("the rest of the stream", "the end") }
    drop(length)
    return Int(entry >> 4)
  }

  // MARK: Blocks

  private mutating func copyStored() throws(ByteFault) {
    drop(bitCount % 8)
    let size = try take(16)
    guard try take(16) == size ^ 0xFFFF else { throw fault("a size and its complement", "others") }
    place -= bitCount / 8
    (bits, bitCount) = (0, 0)
    guard place + size <= input.count else { throw fault("\(size) stored bytes", "the end") }
    try checkRoom(size)
    output += input[place..<place + size]
    place += size
  }

  private func checkRoom(_ count: Int) throws(ByteFault) {
    guard count <= limit - output.count else {
      throw fault("at most \(limit.counted("bytes"))", "more")
    }
  }

  private mutating func expand(_ literals: Code, _ distances: Code) throws(ByteFault) {
    while true {
      let symbol = try symbol(literals)
      if symbol < 256 {
        try checkRoom(1)
        output.append(UInt8(symbol))
        continue
      }
      if symbol == 256 { return }
      guard symbol < 286 else { throw fault("a length", "symbol \(symbol)") }
      let length = Self.lengths[symbol - 257]
      let count = length.base + (try take(length.bits))
      let far = try self.symbol(distances)
      guard far < 30 else { throw fault("a distance", "symbol \(far)") }
      let distance = Self.distances[far].base + (try take(Self.distances[far].bits))
      guard distance <= output.count else {
        throw fault("a distance of at most \(output.count)", "\(distance)")
      }
      try checkRoom(count)
      for _ in 0..<count { output.append(output[output.count - distance]) }
    }
  }

  /// The two codes of a block with dynamic Huffman codes.
  private mutating func readCodes() throws(ByteFault) -> (literals: Code, distances: Code) {
    let (literals, distances) = (try take(5) + 257, try take(5) + 1)
    var orders = [UInt8](repeating: 0, count: 19)
    for index in 0..<(try take(4) + 4) { orders[Self.order[index]] = UInt8(try take(3)) }
    let code = try code(orders)
    var lengths: [UInt8] = []
    while lengths.count < literals + distances {
      switch try symbol(code) {
      case 16:
        guard let last = lengths.last else { throw fault("a length to repeat", "none") }
        lengths += [UInt8](repeating: last, count: try take(2) + 3)
      case 17: lengths += [UInt8](repeating: 0, count: try take(3) + 3)
      case 18: lengths += [UInt8](repeating: 0, count: try take(7) + 11)
      case let length: lengths.append(UInt8(length))
      }
    }
    guard lengths.count == literals + distances, lengths[256] > 0 else {
      throw fault("lengths of \(literals + distances) codes, one of them the end's", "others")
    }
    return (try self.code(Array(lengths[..<literals])), try self.code(Array(lengths[literals...])))
  }

  private func code(_ lengths: [UInt8]) throws(ByteFault) -> Code {
    guard let code = Code(lengths: lengths) else {
      throw fault("lengths of a whole code", "others")
    }
    return code
  }

  // MARK: Tables

  /// A lookup table from bits to symbols.
  private struct Code {
    /// For each pattern of as many bits as the longest code has: the symbol and, in the lowest four bits, the length of
    /// its code; 0 if no code is a prefix of the pattern.
    let entries: [UInt16]

    /// The canonical code of the given lengths (RFC 1951); nil if it is over- or undersubscribed. A code of a single
    /// symbol may be incomplete.
    init?(lengths: [UInt8]) {
      let longest = max(1, Int(lengths.max() ?? 0))
      guard longest <= 15 else { return nil }
      var counts = [Int](repeating: 0, count: longest + 1)
      for length in lengths where length > 0 { counts[Int(length)] += 1 }
      var next = [Int](repeating: 0, count: longest + 2)
      var used = 0
      for length in 1...longest {
        next[length + 1] = (next[length] + counts[length]) << 1
        used += counts[length] << (longest - length)
      }
      let total = 1 << longest
      guard used <= total, used == total || counts.reduce(0, +) <= 1 else { return nil }
      var entries = [UInt16](repeating: 0, count: total)
      for (symbol, length) in lengths.enumerated() where length > 0 {
        let length = Int(length)
        let code = next[length]
        next[length] += 1
        let reversed = (0..<length).reduce(0) { $0 | (code >> $1 & 1) << (length - 1 - $1) }
        for index in stride(from: reversed, to: total, by: 1 << length) {
          entries[index] = UInt16(symbol << 4 | length)
        }
      }
      self.entries = entries
    }

    private init(fixed lengths: [UInt8]) { entries = Code(lengths: lengths)?.entries ?? [0] }

    static let fixedLiterals = Code(
      fixed: (0..<288).map { $0 < 144 ? 8 : $0 < 256 ? 9 : $0 < 280 ? 7 : 8 })
    static let fixedDistances = Code(fixed: [UInt8](repeating: 5, count: 32))
  }

  /// The order in which the code length code's lengths are stored.
  private static let order = [
    16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15,
  ]

  /// The base length or distance of each symbol, and the number of its extra bits.
  private static func ranges(
    _ count: Int, from first: Int, whole: Int, step: Int
  ) -> [(base: Int, bits: Int)] {
    var base = first
    return (0..<count).map { index in
      let bits = max(0, index / step - whole)
      defer { base += 1 << bits }
      return (base, bits)
    }
  }

  private static let lengths =
    ranges(28, from: 3, whole: 1, step: 4) + [(base: 258, bits: 0)]
  private static let distances = ranges(30, from: 1, whole: 1, step: 2)
}
