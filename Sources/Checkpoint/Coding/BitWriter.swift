import FileCore

/// Writes numbers of a few bits into memory, the first at the lowest bits, as deflate has them.
struct BitWriter {
  /// Bytes behind the end of what is written that a write may touch.
  static let slack = 8

  private let start: UnsafeMutableRawPointer
  private var position = 0
  /// Bits that are not in memory yet, fewer than 8 between calls.
  private var pending: UInt64 = 0
  private var pendingCount = 0

  /// A writer into memory that has room for all that will be written, and ``slack`` bytes more.
  init(_ start: UnsafeMutableRawPointer) { self.start = start }

  /// The number of bytes up to the next whole byte.
  var byteCount: Int { position + (pendingCount + 7) / 8 }
  /// The bits in the last byte.
  var bitOffset: Int { pendingCount }

  /// Writes the lowest `count` bits, at most 48; the others must be 0.
  @inline(__always)
  mutating func write(_ bits: UInt64, _ count: Int) {
    pending |= bits << UInt64(truncatingIfNeeded: pendingCount)
    pendingCount &+= count
    start.storeBytes(of: pending.littleEndian, toByteOffset: position, as: UInt64.self)
    position &+= pendingCount >> 3
    pending = pending >> UInt64(truncatingIfNeeded: pendingCount & 56)
    pendingCount &= 7
  }

  /// Writes codes of up to 15 bits for bytes; `table` has each code, and its length above bit 16.
  mutating func write(_ bytes: UnsafeRawBufferPointer, table: UnsafePointer<UInt32>) {
    var index = 0
    // Three codes and seven pending bits are at most 52.
    while index + 3 <= bytes.count {
      let (a, b, c) = (
        UInt64(table[Int(bytes[index])]), UInt64(table[Int(bytes[index &+ 1])]),
        UInt64(table[Int(bytes[index &+ 2])])
      )
      let (first, second) = (a >> 16, a >> 16 &+ b >> 16)
      let bits = (a & 0xFFFF) | (b & 0xFFFF) << first | (c & 0xFFFF) << second
      write(bits, Int(truncatingIfNeeded: second &+ c >> 16))
      index &+= 3
    }
    while index < bytes.count {
      let code = UInt64(table[Int(bytes[index])])
      write(code & 0xFFFF, Int(truncatingIfNeeded: code >> 16))
      index += 1
    }
  }

  /// Goes on at the next whole byte.
  mutating func align() {
    if pendingCount > 0 { write(0, 8 - pendingCount) }
  }

  /// Copies bytes; the writer must be at a whole byte.
  mutating func copy(_ bytes: UnsafeRawBufferPointer) {
    guard let source = bytes.baseAddress else { return }
    (start + position).copyMemory(from: source, byteCount: bytes.count)
    position += bytes.count
  }
}
