import CTensorKernels
import Testing

/// The fast checksums are those that are taken byte by byte.
@Suite struct ChecksumTests {
  private static let bytes: [UInt8] = {
    var state: UInt32 = 7
    return (0..<12_000).map { index in
      state = state &* 1_664_525 &+ 1_013_904_223
      // The second half has the largest sums.
      return index < 6_000 ? UInt8(truncatingIfNeeded: state >> 24) : 255
    }
  }()

  private func check(_ start: Int, _ count: Int) {
    Self.bytes.withUnsafeBufferPointer { buffer in
      guard let bytes = buffer.baseAddress.map({ $0 + start }) else { return }
      let seed: UInt32 = 0x1234_5678
      var crc = seed
      let done = ctk_crc32_fold(&crc, bytes, count)
      #expect(done >= 0 && done <= count && done.isMultiple(of: 16))
      #expect(crc == ctk_crc32_reference(seed, bytes, done), "CRC-32 of \(count) bytes at \(start)")
      let adler = ctk_adler32(0x0123_4567, bytes, count)
      #expect(
        adler == ctk_adler32_reference(0x0123_4567, bytes, count),
        "Adler-32 of \(count) bytes at \(start)")
    }
  }

  @Test func everyLengthAndAlignment() {
    for count in 0..<700 { check(count % 67, count) }
    for count in [5_535, 5_536, 5_537, 11_072, 11_999] { check(1, count) }
    check(6_000, 6_000)
  }

  /// The check values of the polynomials' catalogues, for the text 123456789.
  @Test func knownValues() {
    let text = Array("123456789".utf8)
    #expect(ctk_crc32_reference(0, text, 9) == 0xCBF4_3926)
    #expect(ctk_adler32_reference(1, text, 9) == 0x091E_01DE)
  }
}
