import CZlib
internal import TensorCore

/// The CRC-32 of zlib, PNG and Ethernet (reflected polynomial EDB88320).
func crc32(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
  var checksum: UInt32 = 0
  let done = Checksums.foldCRC32(&checksum, bytes)
  let rest = UnsafeRawBufferPointer(rebasing: bytes[done...]).bindMemory(to: UInt8.self)
  guard let start = rest.baseAddress else { return checksum }
  return UInt32(truncatingIfNeeded: crc32_z(uLong(checksum), start, z_size_t(rest.count)))
}

/// The CRC-32 of an array.
package func crc32(_ bytes: [UInt8]) -> UInt32 { bytes.withUnsafeBytes { crc32($0) } }

/// The CRC-32 of a part of an array.
func crc32(_ bytes: ArraySlice<UInt8>) -> UInt32 { bytes.withUnsafeBytes { crc32($0) } }
