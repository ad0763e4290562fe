import FileCore
internal import TensorCore

/// The CRC-32 of zlib, PNG and Ethernet (reflected polynomial EDB88320). Where the processor supports it, TensorCore's
/// kernel computes most of it, many times faster: the whole checkpoint is checked whenever it is read.
package func crc32(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
  var checksum: UInt32 = 0
  let done = Checksums.foldCRC32(&checksum, bytes)
  var rest = CRC32(after: checksum)
  rest.update(UnsafeRawBufferPointer(rebasing: bytes[done...]))
  return rest.value
}

/// The CRC-32 of an array.
package func crc32(_ bytes: [UInt8]) -> UInt32 { bytes.withUnsafeBytes { crc32($0) } }

/// The CRC-32 of a part of an array.
func crc32(_ bytes: ArraySlice<UInt8>) -> UInt32 { bytes.withUnsafeBytes { crc32($0) } }
