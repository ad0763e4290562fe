internal import CTensorKernels

/// Floats as the bytes of messages: their own 32 bits, or bf16, the upper half of them, with 8 bits of precision.
package enum FloatBytes {
  /// The memory of `count` floats itself, as long as somebody holds it.
  package static func bytes(of x: Floats, count: Int) -> UnsafeMutableRawBufferPointer {
    withPointers(x) { UnsafeMutableRawBufferPointer(start: $0, count: 4 * count) }
  }

  /// Copies `count` floats.
  package static func copy(_ x: Floats, count: Int, to bytes: UnsafeMutableRawPointer) {
    withPointers(x) { bytes.copyMemory(from: $0, byteCount: 4 * count) }
  }

  /// Copies `count` floats back.
  package static func copy(_ bytes: UnsafeRawPointer, count: Int, to x: Floats) {
    withPointers(x) { UnsafeMutableRawPointer($0).copyMemory(from: bytes, byteCount: 4 * count) }
  }

  /// Writes the bf16 numbers nearest to `count` floats, ties to even.
  package static func encodeHalf(_ x: Floats, count: Int, to bytes: UnsafeMutableRawPointer) {
    withPointers(x) { ctk_bf16_encode($0, count, bytes.assumingMemoryBound(to: UInt16.self)) }
  }

  /// Writes the floats of `count` bf16 numbers.
  package static func decodeHalf(_ bytes: UnsafeRawPointer, count: Int, to x: Floats) {
    withPointers(x) { ctk_bf16_decode(bytes.assumingMemoryBound(to: UInt16.self), count, $0) }
  }

  /// Rounds `count` floats to bf16, as 32-bit floats again. The destination may be the same memory.
  package static func roundToHalf(_ x: Floats, count: Int, into y: Floats) {
    withUnsafeTemporaryAllocation(byteCount: 2 * max(1, count), alignment: 64) { bytes in
      guard let base = bytes.baseAddress else { return }
      encodeHalf(x, count: count, to: base)
      decodeHalf(base, count: count, to: y)
    }
  }

  /// Whether the bits of `count` floats are all zero: they are 0 and not -0.
  package static func areZero(_ x: Floats, count: Int) -> Bool {
    withPointers(x) { ctk_is_zero($0, count) }
  }
}
