/// How much a checkpoint is compressed. Readers read files of every mode.
public enum Compression: String, Sendable, Hashable, CaseIterable, Codable {
  /// No compression; entries are 64-byte aligned, so that the file can be mapped.
  case none
  /// The default: compresses the high bytes of weights and copies the low ones, which are noise. Trained weights take
  /// about 84% of their size; a tensor gives the same bytes on every machine.
  case fast
  /// The smallest result of several methods. Helps pruned weights and optimizer state; takes about twenty times as
  /// long.
  case small
}

/// An entry's bytes as stored in a file.
struct StoredPayload: Sendable {
  var codec = Codec.stored
  var filter = Filter.none
  var bytes: [UInt8]
  /// The checksums of `bytes` and of the uncompressed array.
  var storedChecksum: UInt32
  var rawChecksum: UInt32

  /// The compression of an entry's bytes.
  enum Codec: UInt8 {
    case stored = 0
    case zlib = 1
  }

  /// The transformation of an array before compression.
  enum Filter: UInt8 {
    case none = 0
    case byteShuffle = 1
  }

  /// Smaller arrays are not compressed.
  private static let minimumSize = 64

  /// Compresses an array of elements of `width` bytes; `isText` is true for JSON and for bytes of unknown structure.
  init(_ raw: [UInt8], width: Int, isText: Bool, compression: Compression) {
    rawChecksum = crc32(raw)
    (bytes, storedChecksum) = (raw, rawChecksum)
    guard compression != .none, raw.count >= StoredPayload.minimumSize else { return }
    if isText {
      keep(Deflate.compressed(raw), .none)
    } else {
      let filter = width > 1 ? Filter.byteShuffle : .none
      let filtered = width > 1 ? ByteShuffle.shuffled(raw, width: width) : raw
      keep(RunLengthDeflate.compressed(filtered, planes: width), filter)
      if compression == .small {
        keep(Deflate.compressed(filtered), filter)
        if width > 1 { keep(Deflate.compressed(raw), .none) }
      }
    }
    if codec == .zlib { storedChecksum = crc32(bytes) }
  }

  /// Replaces the bytes by `stream` if it is shorter.
  private mutating func keep(_ stream: [UInt8]?, _ filter: Filter) {
    guard let stream, stream.count < bytes.count else { return }
    (codec, self.filter, bytes) = (.zlib, filter, stream)
  }
}
