import CZlib
import FileCore
import Testing

/// FileCore's reader of gzip against zlib's writer.
@Suite struct GzipTests {
  /// A gzip member compressed by zlib with a level and a strategy.
  private func packed(_ bytes: [UInt8], level: Int32, strategy: Int32) throws -> [UInt8] {
    let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    stream.initialize(to: z_stream())
    defer { stream.deallocate() }
    // 15 bits of window, and 16 for the wrapper of gzip.
    let start = deflateInit2_(
      stream, level, Z_DEFLATED, 31, 8, strategy, ZLIB_VERSION,
      Int32(MemoryLayout<z_stream>.size))
    try #require(start == Z_OK)
    defer { deflateEnd(stream) }
    var (input, output) = (bytes, [UInt8](repeating: 0, count: bytes.count * 2 + 1024))
    let size = output.count
    let left = input.withUnsafeMutableBufferPointer { input in
      output.withUnsafeMutableBufferPointer { output in
        stream.pointee.next_in = input.baseAddress
        stream.pointee.avail_in = UInt32(input.count)
        stream.pointee.next_out = output.baseAddress
        stream.pointee.avail_out = UInt32(size)
        return deflate(stream, Z_FINISH) == Z_STREAM_END ? Int(stream.pointee.avail_out) : -1
      }
    }
    try #require(left >= 0)
    return Array(output[..<(size - left)])
  }

  private func bytes(_ count: Int, _ seed: UInt64) -> [UInt8] {
    var state = seed
    return (0..<count).map { index in
      state = state &* 6_364_136_223_846_793_005 &+ 1
      // Repeated words, runs, and noise.
      switch index / 500 % 3 {
      case 0: return UInt8(truncatingIfNeeded: 97 + (index % 13) * (index % 7))
      case 1: return 32
      default: return UInt8(truncatingIfNeeded: state >> 56)
      }
    }
  }

  @Test func everyStreamOfZlibComesBack() throws {
    for (seed, count) in [0, 1, 2, 300, 5000, 70_000].enumerated() {
      let content = bytes(count, UInt64(seed))
      for level: Int32 in [0, 1, 6, 9] {
        for strategy in [Z_DEFAULT_STRATEGY, Z_FIXED, Z_HUFFMAN_ONLY, Z_RLE] {
          let member = try packed(content, level: level, strategy: strategy)
          #expect(try Gzip.unpack(member, limit: count) == content)
          #expect(try Gzip.unpack(member + member, limit: 2 * count) == content + content)
        }
      }
    }
  }

  @Test func aLimitEndsAStreamBeforeItIsHeld() throws {
    let member = try packed([UInt8](repeating: 0, count: 100_000), level: 9, strategy: 0)
    #expect(throws: ByteFault.self) { try Gzip.unpack(member, limit: 99_999) }
  }

  @Test func damagedAndShortFilesAreRefusedOrTheSame() throws {
    let content = bytes(3000, 7)
    let member = try packed(content, level: 6, strategy: Z_DEFAULT_STRATEGY)
    for end in 0..<member.count {
      #expect(throws: ByteFault.self) { try Gzip.unpack(Array(member[..<end]), limit: 1 << 20) }
    }
    for place in member.indices {
      for bit in 0..<8 {
        var damaged = member
        damaged[place] ^= 1 << UInt8(bit)
        let found = try? Gzip.unpack(damaged, limit: 1 << 20)
        // The time, the system and unused flags of a header do not affect the content.
        #expect(found == nil || found == content, "byte \(place), bit \(bit)")
      }
    }
  }
}
