import CZlib

/// The CRC-32 of zlib, PNG and Ethernet (reflected polynomial EDB88320).
func crc32(_ bytes: some Sequence<UInt8>) -> UInt32 {
  let checksum = bytes.withContiguousStorageIfAvailable { buffer in
    UInt32(truncatingIfNeeded: crc32_z(0, buffer.baseAddress, z_size_t(buffer.count)))
  }
  return checksum ?? crc32(Array(bytes))
}
