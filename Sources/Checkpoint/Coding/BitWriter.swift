import FileCore

/// Writes bit fields into memory, lowest bits first, as in deflate.
struct BitWriter {
  /// The number of bytes after the end that a write may touch.
  static let slack = 8

  private let start: UnsafeMutableRawPointer
  private var position = 0
  /// Bits not yet in memory; fewer than 8 between calls.
  private var pending: UInt64 = 0
  private var pendingCount = 0

  /// A writer into memory with room for the whole output and ``slack`` more bytes.
  init(_ start: UnsafeMutableRawPointer) { self.start = start }

  /// The number of bytes written, rounded up.
  var byteCount: Int { position + (pendingCount + 7) / 8 }
  /// The number of bits in the last, incomplete byte.
  var bitOffset: Int { pendingCount }

  /// Writes the lowest `count` bits, at most 48; the higher bits must be 0.
  @inline(__always)
  mutating func write(_ bits: UInt64, _ count: Int) {
    pending |= bits &<< UInt64(truncatingIfNeeded: pendingCount)
    pendingCount &+= count
    start.storeBytes(of: pending.littleEndian, toByteOffset: position, as: UInt64.self)
    position &+= pendingCount &>> 3
    pending = pending &>> UInt64(truncatingIfNeeded: pendingCount & 56)
    pendingCount &= 7
  }

  /// Writes a code of up to 15 bits for each byte; `table` has each code, with its length from bit 16 up.
  mutating func write(_ bytes: UnsafeBufferPointer<UInt8>, table: UnsafePointer<UInt32>) {
    guard let first = bytes.baseAddress else { return }
    var index = 0
    // Three codes and seven pending bits are at most 52 bits.
    while index &+ 3 <= bytes.count {
      let three = first + index
      let (a, b, c) = (
        UInt64(table[Int(three[0])]), UInt64(table[Int(three[1])]), UInt64(table[Int(three[2])])
      )
      let (one, two) = (a &>> 16, a &>> 16 &+ b &>> 16)
      let bits = (a & 0xFFFF) | (b & 0xFFFF) &<< one | (c & 0xFFFF) &<< two
      write(bits, Int(truncatingIfNeeded: two &+ c &>> 16))
      index &+= 3
    }
    while index < bytes.count {
      let code = UInt64(table[Int(first[index])])
      write(code & 0xFFFF, Int(truncatingIfNeeded: code &>> 16))
      index &+= 1
    }
  }

  /// Pads with zero bits to the next whole byte.
  mutating func align() {
    if pendingCount > 0 { write(0, 8 - pendingCount) }
  }

  /// Copies bytes; the writer must be aligned to a byte.
  mutating func copy(_ bytes: UnsafeRawBufferPointer) {
    guard let source = bytes.baseAddress else { return }
    (start + position).copyMemory(from: source, byteCount: bytes.count)
    position += bytes.count
  }
}
