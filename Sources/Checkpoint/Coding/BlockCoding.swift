import FileCore

/// The coding of one block: a Huffman code for single bytes and lengths of runs.
///
/// A run is a byte followed by a deflate copy with distance 1.
///
/// The loops over bytes go through pointers, and those over tables count themselves: checkpoints are written quickly by debug
/// builds too.
struct BlockCoding {
  /// Symbols 0 to 255 are bytes, 256 ends the block, 257 to 285 are lengths of copies.
  private static let symbolCount = 286
  private static let endOfBlock = 256
  private static let longestCode = 15
  private static let longestCopy = 258
  /// The estimated size of a copy in bits.
  private static let copyCost = 12

  /// A run of bytes that equal the byte before them.
  private struct Copy {
    var start: Int
    var count: Int
  }

  private let code: HuffmanCode
  private let copies: [Copy]
  private let header: [(bits: UInt64, count: Int)]
  /// The size of the block in bits, without the three bits of its header that give its kind.
  let bitCount: Int

  /// A code for the bytes; nil if their values are so evenly distributed that it would save less than 1/30.
  init?(of bytes: UnsafeBufferPointer<UInt8>) {
    var counts = BlockCoding.histogram(of: bytes)
    // The sum of squares bounds the entropy from below: most noise is refused here.
    var (squares, symbol) = (0, 0)
    while symbol < counts.count {
      squares += counts[symbol] * counts[symbol]
      symbol += 1
    }
    guard squares * 216 > bytes.count * bytes.count else { return nil }
    counts[BlockCoding.endOfBlock] = 1
    var code = HuffmanCode(counts: counts, longest: BlockCoding.longestCode)
    guard code.cost(of: counts) * 100 < 8 * bytes.count * 97 else { return nil }

    copies = BlockCoding.copies(in: bytes, costs: code.lengths)
    if !copies.isEmpty {
      for copy in copies {
        counts[Int(bytes[copy.start])] -= copy.count
        counts[LengthSymbol(copy.count).symbol] += 1
      }
      code = HuffmanCode(counts: counts, longest: BlockCoding.longestCode)
    }
    self.code = code
    header = BlockCoding.header(code.lengths)
    let extraBits = copies.reduce(0) { $0 + LengthSymbol($1.count).extraCount + 1 }
    bitCount = header.reduce(0) { $0 + $1.count } + code.cost(of: counts) + extraBits
    guard bitCount * 100 < 8 * bytes.count * 97 else { return nil }
  }

  func write(_ bytes: UnsafeBufferPointer<UInt8>, to writer: inout BitWriter) {
    for field in header { writer.write(field.bits, field.count) }
    let table = code.codes.indices.map { UInt32(code.codes[$0]) | UInt32(code.lengths[$0]) &<< 16 }
    func write(_ symbol: Int) {
      writer.write(UInt64(code.codes[symbol]), Int(code.lengths[symbol]))
    }
    var position = 0
    for copy in copies {
      writer.write(UnsafeBufferPointer(rebasing: bytes[position..<copy.start]), table: table)
      let length = LengthSymbol(copy.count)
      write(length.symbol)
      // One more bit: the code of the distance 1.
      writer.write(UInt64(length.extra), length.extraCount + 1)
      position = copy.start + copy.count
    }
    writer.write(UnsafeBufferPointer(rebasing: bytes[position...]), table: table)
    write(BlockCoding.endOfBlock)
  }

  private static func histogram(of bytes: UnsafeBufferPointer<UInt8>) -> [Int] {
    // Four tables in turns, so that equal neighbours do not wait for each other's increment.
    var tables = [UInt32](repeating: 0, count: 4 * 256)
    var counts = [Int](repeating: 0, count: symbolCount)
    tables.withUnsafeMutableBufferPointer { tables in
      guard let first = bytes.baseAddress, let table = tables.baseAddress else { return }
      var index = 0
      while index &+ 4 <= bytes.count {
        let four = first + index
        table[Int(four[0])] &+= 1
        table[256 &+ Int(four[1])] &+= 1
        table[512 &+ Int(four[2])] &+= 1
        table[768 &+ Int(four[3])] &+= 1
        index &+= 4
      }
      while index < bytes.count {
        table[Int(first[index])] &+= 1
        index &+= 1
      }
      var byte = 0
      while byte < 256 {
        let sum = table[byte] &+ table[256 &+ byte] &+ table[512 &+ byte] &+ table[768 &+ byte]
        counts[byte] = Int(sum)
        byte &+= 1
      }
    }
    return counts
  }

  /// The runs that are shorter as copies than byte by byte.
  private static func copies(in bytes: UnsafeBufferPointer<UInt8>, costs: [UInt8]) -> [Copy] {
    guard let first = bytes.baseAddress else { return [] }
    let count = bytes.count
    var copies: [Copy] = []
    var index = 0
    while index &+ 4 <= count {
      let byte = first[index]
      let four = UnsafeRawPointer(first + index).loadUnaligned(as: UInt32.self).littleEndian
      let changes = (four ^ four &>> 8) & 0xFF_FFFF
      if changes != 0 {
        // No run of four starts before the last change in these four bytes.
        index &+= 4 &- changes.leadingZeroBitCount &>> 3
        continue
      }
      var end = index &+ 4
      while end < count, first[end] == byte { end &+= 1 }
      if (end - index - 1) * Int(costs[Int(byte)]) > copyCost {
        append(Copy(start: index + 1, count: end - index - 1), to: &copies)
      }
      index = end
    }
    return copies
  }

  /// Appends a copy, in parts of at most the longest length of deflate.
  private static func append(_ copy: Copy, to copies: inout [Copy]) {
    var rest = copy
    while rest.count > longestCopy {
      // The rest must not be shorter than the shortest copy.
      let count = min(longestCopy, rest.count - LengthSymbol.shortestCopy)
      copies.append(Copy(start: rest.start, count: count))
      rest = Copy(start: rest.start + count, count: rest.count - count)
    }
    copies.append(rest)
  }
}

/// The deflate symbol and extra bits of a copy's length, from 3 to 258.
private struct LengthSymbol {
  static let shortestCopy = 3
  var symbol: Int
  var extra = 0
  var extraCount = 0

  init(_ count: Int) {
    let rest = count - LengthSymbol.shortestCopy
    guard count < 258 else {
      symbol = 285
      return
    }
    guard rest >= 8 else {
      symbol = 257 + rest
      return
    }
    extraCount = Int.bitWidth - rest.leadingZeroBitCount - 3
    symbol = 257 + 4 * extraCount + rest >> extraCount
    extra = rest & (1 << extraCount - 1)
  }
}

extension BlockCoding {
  /// The header of a block that describes its code; it is itself run-length and Huffman coded.
  private static func header(_ lengths: [UInt8]) -> [(bits: UInt64, count: Int)] {
    let used = (lengths.lastIndex { $0 > 0 } ?? endOfBlock) + 1
    // The only distance code, 1, has one bit.
    let items = items(of: lengths[..<used] + [1])
    var counts = [Int](repeating: 0, count: 19)
    for item in items { counts[item.symbol] += 1 }
    let code = HuffmanCode(counts: counts, longest: 7)
    let order = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]
    let orderedCount = max(4, (order.lastIndex { code.lengths[$0] > 0 } ?? 0) + 1)
    var fields: [(bits: UInt64, count: Int)] = [
      (UInt64(used - 257), 5), (0, 5), (UInt64(orderedCount - 4), 4),
    ]
    fields += order[..<orderedCount].map { (UInt64(code.lengths[$0]), 3) }
    for item in items {
      fields.append((UInt64(code.codes[item.symbol]), Int(code.lengths[item.symbol])))
      if item.extraCount > 0 { fields.append((UInt64(item.extra), item.extraCount)) }
    }
    return fields
  }

  /// One symbol of the header: a code length, or a repetition of one.
  private struct Item {
    var symbol: Int
    var extra = 0
    var extraCount = 0
  }

  private static func items(of lengths: ArraySlice<UInt8>) -> [Item] {
    var items: [Item] = []
    var rest = lengths
    while let length = rest.first {
      var end = rest.startIndex + 1
      while end < rest.endIndex, rest[end] == length { end += 1 }
      let run = end - rest.startIndex
      let item: Item
      let count: Int
      if length == 0, run >= 11 {
        count = min(run, 138)
        item = Item(symbol: 18, extra: count - 11, extraCount: 7)
      } else if length == 0, run >= 3 {
        count = run
        item = Item(symbol: 17, extra: count - 3, extraCount: 3)
      } else if run >= 3, items.last != nil, rest.startIndex > lengths.startIndex,
        lengths[rest.startIndex - 1] == length
      {
        count = min(run, 6)
        item = Item(symbol: 16, extra: count - 3, extraCount: 2)
      } else {
        count = 1
        item = Item(symbol: Int(length))
      }
      items.append(item)
      rest = rest.dropFirst(count)
    }
    return items
  }
}
