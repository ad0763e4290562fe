/// The constants of the `.rnnz` format, version 1.
///
/// A file is a preamble of 64 bytes, the index, and the entries' bytes in the order of the index. Each entry
/// starts at the next multiple of 64 bytes; the bytes between are zero; the file ends with the last entry.
enum Format {
  /// `\x89RNZ\r\n\x1a\n`: any channel that changes line endings or clears the eighth bit damages it.
  static let magic: [UInt8] = [0x89, 0x52, 0x4E, 0x5A, 0x0D, 0x0A, 0x1A, 0x0A]
  static let majorVersion: UInt16 = 1
  static let minorVersion: UInt16 = 0

  static let preambleSize = 64
  /// `RIDX`, the start of the index.
  static let indexMagic: [UInt8] = [0x52, 0x49, 0x44, 0x58]
  static let indexHeaderSize = 16
  static let entrySize = 96
  static let alignment = 64

  static let maximumNameSize = 512
  static let maximumRank = 8
  /// The flag of an entry that a reader must not skip.
  static let mustUnderstand: UInt32 = 1

  /// The most bytes that a zlib stream can expand to: 1032 for each byte, and a small allowance for short streams.
  static func expansionLimit(stored: UInt64) -> UInt64 { 1032 * stored + 64 }

  /// `offset` rounded up to the alignment.
  static func aligned(_ offset: UInt64) -> UInt64 {
    (offset + UInt64(alignment - 1)) / UInt64(alignment) * UInt64(alignment)
  }
}
