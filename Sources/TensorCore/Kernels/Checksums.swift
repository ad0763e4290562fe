internal import CTensorKernels

/// Checksums of bytes, as zlib and PNG have them.
package enum Checksums {
  /// Takes as many of the first bytes into a CRC-32 as the processor can multiply without carries,
  /// and returns their number, which may be 0.
  package static func foldCRC32(_ crc: inout UInt32, _ bytes: UnsafeRawBufferPointer) -> Int {
    guard let start = bytes.baseAddress else { return 0 }
    return ctk_crc32_fold(&crc, start.assumingMemoryBound(to: UInt8.self), bytes.count)
  }

  /// The Adler-32 of some bytes.
  package static func adler32(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    guard let start = bytes.baseAddress else { return 1 }
    return ctk_adler32(1, start.assumingMemoryBound(to: UInt8.self), bytes.count)
  }
}
