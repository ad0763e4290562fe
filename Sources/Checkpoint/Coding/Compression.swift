/// How much a checkpoint is compressed. Whatever the mode, any reader reads the file.
public enum Compression: String, Sendable, Hashable, CaseIterable, Codable {
  /// Every entry as it is in memory, 64-byte aligned, so that the file can be mapped.
  case none
  /// The high bytes of the weights are compressed, the low ones, which are noise, copied. The default: about 84% of
  /// the size for trained weights, and the same bytes of a tensor on every machine.
  case fast
  /// The smallest of several tries; helps pruned weights and optimizer state, takes some twenty times as long.
  case small
}

/// An entry's bytes as they stand in a file.
struct StoredPayload: Sendable {
  var codec = Codec.stored
  var filter = Filter.none
  var bytes: [UInt8]
  /// The checksum of `bytes`, and of the array that they stand for.
  var storedChecksum: UInt32
  var rawChecksum: UInt32

  /// How an entry's bytes are compressed.
  enum Codec: UInt8 {
    case stored = 0
    case zlib = 1
  }

  /// What is done to an array before compression.
  enum Filter: UInt8 {
    case none = 0
    case byteShuffle = 1
  }

  /// Smaller arrays are stored as they are.
  private static let minimumSize = 64

  /// Compresses an array of elements of `width` bytes; `isText` where it is JSON or of unknown structure.
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

  /// Takes a stream in place of what there is if it is shorter.
  private mutating func keep(_ stream: [UInt8]?, _ filter: Filter) {
    guard let stream, stream.count < bytes.count else { return }
    (codec, self.filter, bytes) = (.zlib, filter, stream)
  }
}
